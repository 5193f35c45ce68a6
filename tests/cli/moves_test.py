"""What only has another name in the source gets it in the replica, and not a byte is copied."""
import os
import unittest

from tests.support import trees
from tests.support.program import DONE, NOBODY, STALE, ProgramTest, as_root, with_xattrs
from tests.support.trees import SECOND, file, folder, symlink

THEN = 1_000_000_000 * SECOND
TREE = {'a': file('content a', mtime=THEN), 'b': file('content b!', mtime=THEN + 1),
        'empty': file('', mtime=THEN), 'stays': 'stays',
        'd': folder({'x': file('in d', mtime=THEN), 'deep': {'y': file('deeper in d', mtime=THEN)},
                     'l': symlink('x', mtime=THEN), 'none': file('', mtime=THEN)}, mtime=THEN),
        'e': {'z': 'in e'}}


class RenamedTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.given(TREE)
        self.sync('run')

    def rename(self, *renames):
        for old, new in renames:
            os.makedirs(os.path.dirname(self.in_source(new)), exist_ok=True)
            os.rename(self.in_source(old), self.in_source(new))

    def inode(self, *names):
        return os.lstat(self.in_replica(*names)).st_ino

    def moves(self, plan=None):
        return [(action['from'], action['path'])
                for action in (plan or self.plan())['actions'] if action['op'] == 'move']


class MovesTest(RenamedTest):
    def test_a_file_keeps_its_inode_and_nothing_is_written(self):
        inode = self.inode('a')
        self.rename(('a', 'e/new'))
        plan = self.plan()
        self.assertEqual([('a', 'e/new')], self.moves(plan))
        self.assertEqual((0, 0, 1), tuple(plan['summary'][name] for name in
                                          ('bytes_to_write', 'bytes_to_delete', 'move')))
        self.sync('run')
        self.assertEqual(inode, self.inode('e/new'))
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_directory_keeps_all_its_inodes(self):
        inodes = [self.inode('d', name) for name in ('.', 'x', 'deep', 'deep/y', 'l')]
        self.rename(('d', 'new/er/d'))
        self.assertEqual([('d', 'new/er/d')], self.moves())
        self.sync('run')
        self.assertEqual(inodes, [self.inode('new/er/d', name)
                                  for name in ('.', 'x', 'deep', 'deep/y', 'l')])
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_directory_with_another_entry_is_moved_file_by_file(self):
        self.rename(('d', 'new'))
        trees.write(self.in_source('new/more'), 'more')
        self.assertEqual([('d/deep', 'new/deep'), ('d/x', 'new/x')], self.moves())
        self.mirror()

    def test_metadata_that_changed_with_the_name_is_put_right(self):
        inode = self.inode('a')
        self.rename(('a', 'A'), ('d', 'D'))
        os.chmod(self.in_source('A'), 0o600)
        os.chmod(self.in_source('D'), 0o700)
        self.assertEqual([('d', 'D'), ('a', 'A')], self.moves())
        self.sync('run')
        self.assertEqual(inode, self.inode('A'))
        self.assert_mirrored()
        self.assert_quiet()

    def test_files_without_content_and_others_with_other_content_are_no_moves(self):
        self.rename(('empty', 'void'), ('b', 'B'))
        trees.write(self.in_source('B'), 'another b!'[:10])
        os.utime(self.in_source('B'), ns=(THEN + 1, THEN + 1))
        self.assertEqual([], self.moves())
        self.mirror()

    def test_names_of_hard_linked_files_are_linked_as_ever(self):
        os.link(self.in_source('a'), self.in_source('a2'))
        self.sync('run')
        self.rename(('a2', 'e/a3'))
        self.assertEqual([], self.moves())
        self.mirror()

    def test_what_is_excluded_keeps_its_directory_and_the_rest_moves(self):
        self.rename(('d', 'new'))
        exclude = ('--exclude', 'x')
        self.assertEqual([('d/deep', 'new/deep')], self.moves(self.plan(*exclude)))
        self.sync('run', *exclude)
        self.assertEqual(b'in d', self.content('d/x'))

    def test_a_move_is_no_deletion_and_without_deletions_there_is_none(self):
        self.rename(('d', 'D'), ('a', 'A'))
        self.assertEqual([], self.moves(self.plan('--no-delete')))
        self.sync('run', '--max-delete', '0')
        self.assert_mirrored()

    @with_xattrs
    def test_attributes_that_differ_and_count_keep_a_file_from_being_moved(self):
        self.rename(('a', 'A'), ('b', 'B'))
        os.setxattr(self.in_source('A'), 'user.note', b'new')
        self.assertEqual([('b', 'B')], self.moves(self.plan('--xattrs')))
        self.mirror('--xattrs')

    def test_all_or_nothing_moves_as_well(self):
        self.rename(('d', 'D'), ('a', 'e/A'))
        self.sync('run', '--atomic')
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_dry_run_checks_moves_and_changes_nothing(self):
        self.rename(('d', 'new/D'), ('a', 'e/A'))
        plan = self.plan_file()
        with self.untouched():
            self.execute('apply', plan, '--dry-run', expect=DONE)
            self.sync('run', '--dry-run')

    def test_a_plan_that_was_applied_is_already_done(self):
        self.rename(('d', 'new/D'), ('a', 'e/A'))
        plan = self.plan_file()
        self.execute('apply', plan, expect=DONE)
        self.assert_mirrored()
        with self.untouched():
            self.execute('apply', plan, expect=DONE)

    @as_root
    def test_a_user_moves_out_of_and_into_read_only_directories(self):
        self.live_as(NOBODY, self.source, self.replica, self.state, self.cwd, self.home)
        self.rename(('d', 'e/D'), ('a', 'e/A'))
        for path in ('e/D', 'e/D/deep', 'e'):
            os.chmod(self.in_source(path), 0o555)
        for path in ('d', 'e'):
            os.chmod(self.in_replica(path), 0o555)
        self.sync('run', uid=NOBODY)
        self.assert_mirrored(owners=False)
        self.assert_quiet(uid=NOBODY)


class StaleMovesTest(RenamedTest):
    """Between plan and apply somebody was there."""

    def setUp(self):
        super().setUp()
        self.rename(('d', 'new'), ('a', 'e/A'))
        self.file = self.plan_file()

    def assert_stale(self, *there):
        self.execute('apply', self.file, expect=STALE)
        for path in there:
            self.assertTrue(os.path.lexists(self.in_replica(path)), path)

    def test_the_source_has_the_old_path_again(self):
        trees.write(self.in_source('a'), 'content a')
        os.mkdir(self.in_source('d'))
        self.assert_stale('a', 'd/x')

    def test_the_source_has_something_else_at_the_new_path(self):
        for path, content in (('e/A', 'content ?'), ('new/x', 'IN d')):
            trees.write(self.in_source(path), content)
            os.utime(self.in_source(path), ns=(THEN, THEN))
        self.assert_stale('a', 'd/x')

    def test_the_replica_was_changed(self):
        for path, content in (('a', 'content ?'), ('d/deep/y', 'deeper in ?')):
            trees.write(self.in_replica(path), content)
            os.utime(self.in_replica(path), ns=(THEN, THEN))
        self.assert_stale('a', 'd/x')

    def test_the_replica_has_more_in_the_directory(self):
        trees.write(self.in_replica('d/deep/more'), 'more')
        self.assert_stale('d/x', 'd/deep/more')

    def test_the_replica_has_something_at_the_new_path(self):
        trees.write(self.in_replica('e/A'), 'mine')
        trees.write(self.in_replica('new'), 'mine')
        self.assert_stale('a', 'd/x')
        self.assertEqual(b'mine', self.content('new'))

    def test_the_file_of_the_replica_has_another_name(self):
        os.link(self.in_replica('a'), self.at('other'))
        os.link(self.in_replica('d/x'), self.at('another'))
        self.assert_stale('a', 'd/x')


if __name__ == '__main__':
    unittest.main()
