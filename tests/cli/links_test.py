"""Hard links: groups are compared from both sides, and nothing outside the replica is touched."""
import os
import unittest

from tests.support import compare, trees
from tests.support.program import NOBODY, STALE, ProgramTest, as_root
from tests.support.trees import SECOND, file, folder, same_inode_as


class LinksTest(ProgramTest):
    def test_groups_arrive_as_groups(self):
        self.given({'a': 'one', 'b': same_inode_as('a'), 'd': {'c': same_inode_as('a')},
                    'x': 'two', 'y': same_inode_as('x'), 'alone': 'three'})
        self.mirror()

    def test_a_new_name_joins_its_group_without_a_copy(self):
        self.given({'a': 'content'})
        self.mirror()
        inode = trees.inode(self.in_replica('a'))
        os.link(self.in_source('a'), self.in_source('b'))
        self.assertEqual([('link', 'b')], self.operations())
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('b')))

    def test_a_name_that_left_its_group_gets_a_file_of_its_own(self):
        self.given({'a': file('x', mtime=SECOND), 'b': file('x', mtime=SECOND)},
                   {'a': file('x', mtime=SECOND), 'b': same_inode_as('a')})
        self.mirror()

    def test_separate_files_become_one_group(self):
        self.given({'a': file('x', mtime=SECOND), 'b': same_inode_as('a')},
                   {'a': file('x', mtime=SECOND), 'b': file('x', mtime=SECOND)})
        self.mirror()

    def test_names_that_change_their_groups_are_settled_in_one_run(self):
        pairs = {'a': file('x', mtime=1), 'c': file('x', mtime=1)}
        self.given({**pairs, 'b': same_inode_as('a'), 'd': same_inode_as('c')},
                   {**pairs, 'b': same_inode_as('c'), 'd': same_inode_as('a')})
        self.mirror()

    def test_a_linked_group_whose_content_changed_is_written_once_and_stays_a_group(self):
        self.given({'a': 'new content', 'b': same_inode_as('a'), 'c': same_inode_as('a')},
                   {'a': 'old', 'b': same_inode_as('a'), 'c': same_inode_as('a')})
        self.mirror()

    def test_metadata_of_a_group_is_put_right_in_place(self):
        self.given({'a': file('x', mode=0o600, mtime=7), 'b': same_inode_as('a')},
                   {'a': file('x', mode=0o644, mtime=3), 'b': same_inode_as('a')})
        inode = trees.inode(self.in_replica('a'))
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('b')))

    def test_a_group_loses_a_name(self):
        self.given({'a': 'x', 'b': same_inode_as('a'), 'd': {'c': same_inode_as('a')}})
        self.mirror()
        os.unlink(self.in_source('a'))
        self.mirror()

    def test_a_name_of_a_group_is_renamed(self):
        self.given({'a': 'x' * 100, 'b': same_inode_as('a')})
        self.mirror()
        os.rename(self.in_source('b'), self.in_source('c'))
        self.mirror()

    def test_a_group_moves_into_a_new_directory(self):
        self.given({'a': 'x' * 100, 'b': same_inode_as('a')})
        self.mirror()
        os.mkdir(self.in_source('d'))
        for name in 'ab':
            os.rename(self.in_source(name), self.in_source('d', name))
        self.mirror()

    def test_names_linked_across_what_becomes_a_directory_are_settled(self):
        self.given({'a': {'inside': 'x'}, 'b': 'y'}, {'a': 'x', 'b': same_inode_as('a')})
        self.mirror()

    def test_a_group_gets_another_name_and_another_mode_in_one_run(self):
        self.given({'a': file('x', mode=0o600, mtime=5), 'b': same_inode_as('a'),
                    'c': same_inode_as('a')},
                   {'a': file('x', mode=0o644, mtime=5), 'b': same_inode_as('a')})
        self.mirror()

    def test_a_group_across_directories_is_quiet_after_one_run(self):
        self.given({'a': 'x', 'd': {'b': same_inode_as('a')}})
        self.mirror()

    def test_a_group_of_empty_files_is_a_group(self):
        self.given({'a': '', 'b': same_inode_as('a')}, {'a': '', 'b': ''})
        self.mirror()

    def test_a_group_with_names_outside_the_source_is_mirrored(self):
        trees.build(self.at('outside'), {'a': 'x'})
        self.given({'b': 'y'})
        os.link(self.at('outside', 'a'), self.in_source('a'))
        self.mirror()

    def test_links_settle_in_an_apply_of_a_reviewed_plan(self):
        self.given({'a': file('x', mtime=1), 'b': same_inode_as('a'), 'c': 'new',
                    'd': same_inode_as('c')}, {'a': file('x', mtime=1), 'b': file('x', mtime=1)})
        self.execute('apply', '-', input=self.plan_text(), expect=0)
        self.assert_mirrored()
        self.assert_quiet()


@as_root
class OthersTest(ProgramTest):
    """In the replica's `A` a user may write, in `B` he may not."""

    def setUp(self):
        super().setUp()
        self.given({'A': folder({'x': 'GOOD!'}, owner=(NOBODY, NOBODY)), 'B': {'y': same_inode_as('A/x')}},
                   {'A': folder({'x': 'GOOD!'}, owner=(NOBODY, NOBODY)), 'B': {}})

    def exchange(self):
        os.remove(self.in_replica('A/x'))
        trees.write(self.in_replica('A/x'), 'EVIL!')
        os.chown(self.in_replica('A/x'), NOBODY, NOBODY)

    def test_what_a_user_put_there_after_the_plan_gets_no_name_elsewhere(self):
        plan = self.plan_text()
        self.exchange()
        self.execute('apply', '-', input=plan, expect=STALE)
        self.assertFalse(os.path.lexists(self.in_replica('B/y')))
        self.mirror()

    def test_nor_does_it_with_the_time_of_the_file(self):
        stamp = os.stat(self.in_replica('A/x')).st_mtime_ns
        plan = self.plan_text()
        self.exchange()
        trees.set_mtime(self.in_replica('A/x'), stamp)
        self.execute('apply', '-', input=plan, expect=STALE)
        self.assertFalse(os.path.lexists(self.in_replica('B/y')))


class OutsideTest(ProgramTest):
    """The replica's file is also a name outside of it, as in backups made by `cp -al`."""

    def given_outside_link(self, source, outside):
        self.given({'a': source}, {})
        trees.build(self.at('outside'), {'a': outside})
        os.link(self.at('outside', 'a'), self.in_replica('a'))

    def mirror_with_outside_untouched(self, *options):
        path = self.at('outside', 'a')
        before = (trees.read(path), os.lstat(path).st_mode, os.lstat(path).st_mtime_ns,
                  os.lstat(path).st_uid, os.lstat(path).st_ino)
        self.mirror(*options)
        self.assertEqual(before, (trees.read(path), os.lstat(path).st_mode,
                                  os.lstat(path).st_mtime_ns, os.lstat(path).st_uid,
                                  os.lstat(path).st_ino))

    def test_new_content_does_not_reach_the_outside_name(self):
        self.given_outside_link('new content', 'old')
        self.mirror_with_outside_untouched()

    def test_other_content_of_the_same_size_does_not_reach_the_outside_name(self):
        self.given_outside_link(file('new', mtime=5), file('old', mtime=5))
        self.mirror_with_outside_untouched('--checksum')

    def test_a_new_time_does_not_reach_the_outside_name(self):
        self.given_outside_link(file('x', mtime=5), file('x', mtime=7))
        self.mirror_with_outside_untouched()

    def test_a_new_mode_does_not_reach_the_outside_name(self):
        self.given_outside_link(file('x', mtime=5, mode=0o600), file('x', mtime=5, mode=0o644))
        self.mirror_with_outside_untouched()

    def test_a_removed_name_does_not_reach_the_outside_name(self):
        self.given_outside_link('x', 'x')
        os.unlink(self.in_source('a'))
        before = compare.fingerprint(self.at('outside'))[b'a']
        self.mirror()
        after = compare.fingerprint(self.at('outside'))[b'a']
        self.assertEqual(before[:3] + before[4:8], after[:3] + after[4:8])

    def test_a_whole_replica_of_outside_links_leaves_the_outside_alone(self):
        names = [str(number) for number in range(40)]
        self.given({name: file(f'new {name}', mode=0o600) for name in names}, {})
        trees.build(self.at('outside'), {name: f'old content of {name}' for name in names})
        for name in names:
            os.link(self.at('outside', name), self.in_replica(name))
        self.mirror()
        self.assertEqual([f'old content of {name}'.encode() for name in names],
                         [trees.read(self.at('outside', name)) for name in names])


if __name__ == '__main__':
    unittest.main()
