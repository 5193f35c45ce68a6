"""Names that change places, move up a chain, or take another file's place: nothing is copied."""
import os
import unittest

from tests.cli.undo_test import UndoTest
from tests.support import trees
from tests.support.program import DONE, STALE, with_xattrs
from tests.support.trees import SECOND, file, folder

THEN = 1_000_000_000 * SECOND
TREE = {'a': file('content a', mtime=THEN), 'b': file('content b!', mtime=THEN + 1),
        'c': file('content c!!', mtime=THEN + 2), 'stays': 'stays',
        'log': file('newest log', mtime=THEN + 3), 'log.1': file('older log', mtime=THEN + 4),
        'log.2': file('the oldest log', mtime=THEN + 5),
        'd': {'x': file('in d', mtime=THEN), 'deep': {'y': file('deeper in d', mtime=THEN)}},
        'e': {'x': file('x in e', mtime=THEN), 'deep': {'y': file('deep in e', mtime=THEN)}}}
SWAP = [('a', 't'), ('b', 'a'), ('t', 'b')]
SHAPES = {
    'two names change places': (SWAP, ['a', 'b']),
    'three names change places': ([('c', 't'), ('b', 'c'), ('a', 'b'), ('t', 'a')],
                                  ['a', 'b', 'c']),
    'a rotation': ([('log.2', 'log.3'), ('log.1', 'log.2'), ('log', 'log.1')],
                   ['log.1', 'log.2', 'log.3']),
    'a rotation that drops the oldest': ([('log.1', 'log.2'), ('log', 'log.1')],
                                         ['log.1', 'log.2']),
    'over what was there': ([('a', 'b')], ['b']),
    'two directories change places': ([('d', 't'), ('e', 'd'), ('t', 'e')],
                                      ['d/x', 'd/deep/y', 'e/x', 'e/deep/y']),
}


class ChainsTest(UndoTest):
    in_memory = True

    def start(self, shape='two names change places', again=False):
        """Renames in the source; the inodes that the replica is to have then, by path."""
        for name in (self.source, self.replica, self.state, self.backups, self.before):
            if os.path.lexists(name):
                trees.remove(name)
        os.mkdir(self.state)
        os.mkdir(self.backups)
        self.given(TREE)
        self.sync('run')
        self.remember()
        renames, names = SHAPES[shape]
        by_source = {self.inode_in_source(path): self.inode(path) for path in self.files()}
        for old, new in renames:
            os.rename(self.in_source(old), self.in_source(new))
        first = renames[-1][0]
        if again and not os.path.lexists(self.in_source(first)):
            trees.write(self.in_source(first), 'a new file under the old name')
        return {path: by_source[self.inode_in_source(path)] for path in names}

    def files(self):
        return [os.path.relpath(os.path.join(top, name), self.source)
                for top, _, names in os.walk(self.source) for name in names]

    def inode(self, path):
        return os.lstat(self.in_replica(path)).st_ino

    def inode_in_source(self, path):
        return os.lstat(self.in_source(path)).st_ino

    def origins(self, *args):
        return {action['path']: action['from'] for action in self.plan(*args)['actions']
                if 'from' in action}

    def assert_taken_over(self, inodes):
        self.assertEqual(inodes, {path: self.inode(path) for path in inodes})
        self.assert_mirrored()
        for path in self.files():
            self.assertEqual(1, os.lstat(self.in_replica(path)).st_nlink, path)
        self.assert_quiet()

    def assert_copied(self, inodes, *paths):
        for path in paths:
            self.assertNotEqual(inodes[path], self.inode(path), path)
        self.assert_mirrored()
        self.assert_quiet()

    def in_every_shape(self, test):
        for shape in SHAPES:
            for again in (False, True):
                with self.subTest(shape=shape, again=again):
                    test(self.start(shape, again))


class NothingIsCopiedTest(ChainsTest):
    def test_inodes_change_places_and_nothing_is_written(self):
        def test(inodes):
            new = 'a new file under the old name'
            size = sum(len(new) for path in self.files() if self.in_source(path) and
                       trees.read(self.in_source(path)) == new.encode())
            self.assertEqual(size, self.plan()['summary']['bytes_to_write'])
            self.sync('run')
            self.assert_taken_over(inodes)
        self.in_every_shape(test)

    def test_a_reviewed_plan_does_the_same(self):
        def test(inodes):
            plan = self.plan_file()
            self.execute('apply', plan, '--dry-run', expect=DONE)
            self.execute('apply', plan, expect=DONE)
            self.assert_taken_over(inodes)
            with self.untouched():
                self.execute('apply', plan, expect=DONE)
        self.in_every_shape(test)

    def test_all_or_nothing_does_the_same(self):
        def test(inodes):
            self.sync('run', '--atomic')
            self.assert_taken_over(inodes)
        self.in_every_shape(test)

    def test_it_can_be_taken_back_and_what_is_kept_is_no_part_of_the_replica(self):
        def test(inodes):
            self.run_with_backup()
            self.assert_taken_over(inodes)
            self.undo()
            self.assert_as_before()
        self.in_every_shape(test)

    def test_without_deletions_what_is_rewritten_is_taken_over_still(self):
        inodes = self.start('a rotation', again=True)
        self.sync('run', '--no-delete')
        self.assert_taken_over(inodes)

    def test_content_that_is_named_is_compared_and_taken_over(self):
        inodes = self.start()
        self.sync('run', '--pin')
        self.assert_taken_over(inodes)

    def test_a_file_goes_where_a_directory_is_and_its_content_into_it(self):
        self.start()
        self.sync('run')
        inode = self.inode('c')
        os.rename(self.in_source('c'), self.in_source('t'))
        os.mkdir(self.in_source('c'))
        os.rename(self.in_source('t'), self.in_source('c/old'))
        self.assertEqual({'c/old': 'c'}, self.origins())
        self.sync('run')
        self.assert_taken_over({'c/old': inode})

    def test_the_lines_say_where_a_file_comes_from_and_no_size(self):
        self.start()
        plan = self.plan_file()
        for view in ((), ('--list',), ('--tree',)):
            text = self.execute('show', plan, *view, expect=DONE).out
            self.assertRegex(text, r'a from b\n')
        self.assertIn('INFO update a from b\n', self.sync('run').out)

    def test_of_many_alike_each_is_taken_over_once(self):
        tree = {f'{name}{i}': file('same size', mtime=THEN) for name in 'ab' for i in range(5)}
        self.given({'d': folder(tree), 'e': {'x': file('other', mtime=THEN)}})
        self.sync('run')
        for i in range(5):
            trees.write(self.in_source(f'd/a{i}'), f'changed, {i}')
        os.rename(self.in_source('d/b0'), self.in_source('e/x'))
        os.rename(self.in_source('d/b1'), self.in_source('e/y'))
        before = {self.inode(f'd/{name}') for name in tree}
        self.sync('run')
        self.assertEqual(2, len(before & {self.inode('e/x'), self.inode('e/y')}))
        self.assert_taken_over({})


class CopiedTest(ChainsTest):
    """What is not the very same file is no file to take over."""

    def test_other_metadata_or_content(self):
        inodes = self.start()
        os.chmod(self.in_source('a'), 0o600)
        trees.write(self.in_source('b'), 'content ?')
        os.utime(self.in_source('b'), ns=(THEN, THEN))
        self.assertEqual({}, self.origins())
        self.sync('run')
        self.assert_copied(inodes, 'a', 'b')

    @with_xattrs
    def test_other_attributes(self):
        inodes = self.start()
        os.setxattr(self.in_source('a'), 'user.note', b'new')
        self.assertEqual({'b': 'a'}, self.origins())
        self.sync('run')
        self.assert_copied(inodes, 'a')
        self.assertEqual(b'new', os.getxattr(self.in_replica('a'), 'user.note'))

    def test_a_file_with_more_names(self):
        self.start()
        os.link(self.in_source('a'), self.in_source('a2'))
        os.link(self.in_replica('a'), self.at('elsewhere'))
        self.assertEqual({}, self.origins())
        self.mirror()
        self.assertEqual(b'content a', trees.read(self.at('elsewhere')))

    def test_a_file_that_stays_where_it_is(self):
        self.start()
        self.sync('run')
        trees.write(self.in_source('c'), trees.read(self.in_source('a')))
        status = os.stat(self.in_source('a'))
        os.utime(self.in_source('c'), ns=(status.st_mtime_ns, status.st_mtime_ns))
        self.assertEqual({}, self.origins())
        self.mirror()

    def test_what_is_excluded_gives_nothing_up(self):
        self.start('over what was there')
        exclude = ('--exclude', '/a')
        self.assertEqual({}, self.origins(*exclude))
        self.sync('run', *exclude)
        self.assertEqual(b'content a', self.content('a'))
        self.assertEqual(b'content a', self.content('b'))
        self.assertNotEqual(self.inode('a'), self.inode('b'))


class BetweenPlanAndApplyTest(ChainsTest):
    def setUp(self):
        super().setUp()
        self.inodes = self.start()
        self.file = self.plan_file()

    def test_a_file_that_is_another_one_by_now_is_not_taken_over(self):
        trees.write(self.in_replica('b'), 'content ?!')
        os.utime(self.in_replica('b'), ns=(THEN + 1, THEN + 1))
        self.execute('apply', self.file, expect=DONE)
        self.assert_copied(self.inodes, 'a')

    def test_a_file_whose_metadata_has_changed_is_not_taken_over(self):
        os.chmod(self.in_replica('b'), 0o600)
        self.execute('apply', self.file, expect=STALE)
        self.assertEqual(trees.read(self.in_source('a')), self.content('a'))
        self.assertNotEqual(self.inodes['a'], self.inode('a'))
        self.mirror()

    def test_a_file_that_has_another_name_by_now_is_not_taken_over(self):
        os.link(self.in_replica('b'), self.at('other'))
        self.execute('apply', self.file, expect=DONE)
        self.assert_copied(self.inodes, 'a')

    def test_a_file_that_has_gone_is_not_taken_over(self):
        os.unlink(self.in_replica('b'))
        self.execute('apply', self.file, expect=STALE)
        self.assertEqual(trees.read(self.in_source('a')), self.content('a'))
        self.mirror()

    def test_a_source_that_has_changed_is_not_mirrored_by_a_file_like_it_was(self):
        trees.write(self.in_source('a'), 'content ?!')
        os.utime(self.in_source('a'), ns=(THEN + 1, THEN + 1))
        self.execute('apply', self.file, expect=DONE)
        self.assertEqual(b'content ?!', self.content('a'))
        self.assert_copied(self.inodes, 'a')


if __name__ == '__main__':
    unittest.main()
