"""What a person names is opened as they meant it, whoever else may write on the way there."""
import os

from tests.support import trees
from tests.support.program import DONE, REFUSED, ProgramTest, as_root

OTHER = 1001


class OthersTest(ProgramTest):
    """Root works where the user 1001 may write."""

    def setUp(self):
        super().setUp()
        self.theirs = self.at('home of 1001')
        os.mkdir(self.theirs)
        trees.give_to(OTHER, self.theirs)

    def in_theirs(self, *names):
        return os.path.join(self.theirs, *names)

    def plant(self, target, name='planted'):
        """A link of theirs."""
        path = self.in_theirs(name)
        os.symlink(target, path)
        os.chown(path, OTHER, OTHER, follow_symlinks=False)
        return path

    def assert_names_the_link(self, said, link, leads_to):
        for words in (link, f'uid {OTHER}', f"name '{leads_to}'"):
            self.assertIn(words, said)


@as_root
class RootsTest(OthersTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new', 'd': {'b': 'x'}}, {'a': 'old'})
        trees.build(self.at('private'), {'source': {'secret': 'x'}, 'replica': {'kept': 'x'}})

    def test_a_link_of_somebody_else_in_the_middle_of_a_path_is_refused_and_named(self):
        link = self.plant(self.at('private'))
        for command in ('run', 'plan'):
            with self.untouched(self.at('private'), self.replica):
                said = self.execute(command, '-s', self.source, '-r', os.path.join(link, 'replica'),
                                    expect=REFUSED)
                self.assert_names_the_link(said.err + said.out, link, self.at('private'))
                said = self.execute(command, '-s', os.path.join(link, 'source'), '-r', self.replica,
                                    expect=REFUSED)
                self.assert_names_the_link(said.err + said.out, link, self.at('private'))
        self.execute('scan', '-s', os.path.join(link, 'source'), expect=REFUSED)
        self.execute('recover', '-r', os.path.join(link, 'replica'), expect=REFUSED)

    def test_a_link_of_somebody_else_that_is_the_source_is_refused(self):
        link = self.plant(self.at('private', 'source'))
        for end in ('', '/', '/.'):
            with self.untouched():
                self.execute('run', '-s', link + end, '-r', self.replica, expect=REFUSED)

    def test_a_replica_is_not_made_through_a_link_of_somebody_else(self):
        link = self.plant(self.at('private'))
        with self.untouched(self.at('private')):
            self.execute('run', '-s', self.source, '-r', os.path.join(link, 'new'), expect=REFUSED)

    def test_what_a_user_links_to_of_their_own_is_mirrored(self):
        trees.build(self.in_theirs('releases'), {'5': {'page': 'x'}})
        trees.give_to(OTHER, self.in_theirs('releases'))
        current = self.plant('releases/5', 'current')
        self.execute('run', '-s', current, '-r', self.replica, expect=DONE)
        self.assertEqual(b'x', self.content('page'))

    def test_links_of_roots_and_of_the_caller_are_followed(self):
        self.live_as(OTHER, self.source, self.replica)
        for name, owner in (('of root', 0), ('of the caller', OTHER)):
            os.symlink(self.top, self.at(name))
            os.chown(self.at(name), owner, owner, follow_symlinks=False)
            self.execute('run', '-s', self.at(name, 'source'), '-r', self.at(name, 'replica'),
                         uid=OTHER, expect=DONE)
        self.assertEqual(b'new', self.content('a'))

    def test_folders_that_the_caller_has_open_are_taken_as_they_are_open(self):
        descriptors = [os.open(path, os.O_RDONLY | os.O_DIRECTORY)
                       for path in (self.source, self.replica)]
        try:
            names = [f'/dev/fd/{descriptors[0]}', f'/proc/self/fd/{descriptors[1]}']
            self.execute('run', '-s', names[0], '-r', names[1], pass_fds=descriptors, expect=DONE)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.assert_mirrored()


if __name__ == '__main__':
    import unittest
    unittest.main()
