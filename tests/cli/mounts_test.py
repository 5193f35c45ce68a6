"""Mounts inside the source are part of it; mounts inside the replica are not ours."""
import os
import subprocess
import unittest

from tests.support import trees
from tests.support.program import PARTIAL, REFUSED, ProgramTest, with_mounts
from tests.support.trees import folder, same_inode_as


@with_mounts
class SourceMountTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'x', 'd': {'m': {}}})
        self.mount_tmpfs(self.in_source('d', 'm'))
        trees.build(self.in_source('d', 'm'), {'inside': 'x', 'e': {'f': 'y'}})

    def test_a_mount_is_part_of_the_source(self):
        self.mirror()
        self.assertIn('d/m/e/f', self.replica_paths())

    def test_one_file_system_leaves_it_out(self):
        self.sync('run', '--one-file-system')
        self.assertNotIn('d/m/inside', self.replica_paths())
        self.assertIn('a', self.replica_paths())
        self.assert_quiet('--one-file-system')

    def test_a_bind_mount_is_part_of_the_source(self):
        trees.build(self.at('elsewhere'), {'b': 'bound'})
        self.mount_bind(self.at('elsewhere'), self.in_source('bound'))
        self.mirror()
        self.assertEqual(b'bound', self.content('bound', 'b'))

    def test_the_content_of_a_mount_is_mirrored_when_it_changes(self):
        self.mirror()
        trees.write(self.in_source('d', 'm', 'inside'), 'changed')
        trees.remove(self.in_source('d', 'm', 'e'))
        self.mirror()


@with_mounts
class ReplicaMountTest(ProgramTest):
    def given_mount(self, source, *names):
        """A replica with a tmpfs at `names`, which holds a file and a folder of its own."""
        self.given(source, {})
        self.mounted = self.in_replica(*names)
        self.mount_tmpfs(self.mounted)
        trees.build(self.mounted, {'precious': 'x', 'e': {'f': 'y'}})

    def test_a_mount_is_not_entered_by_default(self):
        self.given_mount({'a': 'x', 'm': {'new': 'x'}}, 'm')
        with self.untouched(self.mounted):
            result = self.sync('run', expect=PARTIAL)
        self.assertEqual(b'x', self.content('a'))
        self.assertIn('--cross-mounts', result.out + result.err + self.log_text())

    def test_a_mount_is_entered_when_asked_for(self):
        self.given_mount({'a': 'x', 'm': {'new': 'x', 'e': 'a file now'}}, 'm')
        self.mirror('--cross-mounts')
        self.assertTrue(self.is_mounted(self.mounted))

    def assert_linked_on_each_side(self, *options):
        self.sync('run', *options)
        inodes = [trees.inode(self.in_replica(*name.split('/')))
                  for name in ('a', 'b', 'm/c', 'm/new/d')]
        self.assertEqual((inodes[0], inodes[2]), (inodes[1], inodes[3]))
        self.assertEqual([b'x'] * 2, [self.content('a'), self.content('m', 'c')])
        self.assert_quiet(*options)

    def given_links_across(self):
        self.given({'a': 'x', 'b': same_inode_as('a'), 'm': {
            'c': same_inode_as('a'), 'new': {'d': same_inode_as('a')}}}, {})

    def test_linked_files_on_both_sides_of_a_mount_are_one_file_on_each(self):
        self.given_links_across()
        self.mount_tmpfs(self.in_replica('m'))
        self.assert_linked_on_each_side('--cross-mounts')

    def test_linked_files_on_both_sides_of_a_bind_mount_are_one_file_on_each(self):
        self.given_links_across()
        os.mkdir(self.at('elsewhere'))
        self.mount_bind(self.at('elsewhere'), self.in_replica('m'))
        self.assert_linked_on_each_side('--cross-mounts')

    def test_linked_files_inside_and_outside_of_a_subvolume_are_one_file_on_each(self):
        self.given_links_across()
        self.mount_image(self.replica, 'mkfs.btrfs', '-q', '--mixed')
        made = subprocess.run(['btrfs', 'subvolume', 'create', self.in_replica('m')], check=False,
                              capture_output=True)
        if made.returncode != 0:
            self.skipTest('no subvolume can be made here')
        self.assert_linked_on_each_side()

    def test_a_mount_that_the_source_lacks_is_not_emptied(self):
        self.given_mount({'a': 'x'}, 'm')
        with self.untouched(self.mounted):
            self.sync('run', expect=PARTIAL)
        self.assertEqual(b'x', self.content('a'))
        self.assertTrue(self.is_mounted(self.mounted))

    def test_a_mount_below_a_directory_that_is_deleted_is_not_emptied(self):
        self.given_mount({'a': 'x'}, 'gone', 'deeper', 'm')
        trees.build(self.in_replica('gone'), {'extra': {'z': 'z'}})
        with self.untouched(self.mounted):
            self.sync('run', expect=PARTIAL)
        self.assertTrue(self.is_mounted(self.mounted))

    def test_a_mount_below_a_directory_that_becomes_a_file_is_not_emptied(self):
        self.given_mount({'d': 'a file now', 'a': 'x'}, 'd', 'm')
        with self.untouched(self.mounted):
            self.sync('run', expect=PARTIAL)
        self.assertTrue(self.is_mounted(self.mounted))
        self.assertEqual(b'x', self.content('a'))

    def test_a_mount_below_a_directory_that_moves_stays_where_it_is(self):
        self.given({'old': {'x': 'x' * 1000, 'm': {}}})
        self.mirror()
        self.mount_tmpfs(self.in_replica('old', 'm'))
        trees.write(self.in_replica('old', 'm', 'precious'), 'x')
        os.rename(self.in_source('old'), self.in_source('new'))
        with self.untouched(self.in_replica('old', 'm')):
            self.sync('run', expect=PARTIAL)
        self.assertTrue(self.is_mounted(self.in_replica('old', 'm')))
        self.assertEqual(b'x' * 1000, self.content('new', 'x'))

    def test_a_bind_mount_of_the_same_disk_below_a_deleted_directory_is_not_emptied(self):
        trees.build(self.at('elsewhere'), {'precious': 'x', 'e': {'f': 'y'}})
        self.given({'a': 'x'}, {'gone': {'x': 'x'}})
        self.mount_bind(self.at('elsewhere'), self.in_replica('gone', 'm'))
        with self.untouched(self.at('elsewhere')):
            self.sync('run', expect=PARTIAL)
        self.assertTrue(self.is_mounted(self.in_replica('gone', 'm')))

    def test_a_mount_in_a_folder_that_is_to_be_discarded_is_not_emptied_and_keeps_no_other(self):
        trees.build(self.at('elsewhere'), {'precious': 'x', 'd': {'more': 'x'}})
        self.given({'a': 'new'}, {'a': 'older', '.sync-txn': folder({'0': {'1': {}}}, mode=0o700),
                                  'd': {'.sync-txn': {'x': 'theirs'}}})
        self.mount_bind(self.at('elsewhere'), self.in_replica('.sync-txn', '0', '1'))
        discard = ('recover', '-r', self.replica, '--discard')
        with self.untouched(self.at('elsewhere')):
            self.assertIn('mounted', self.execute(*discard, expect=PARTIAL).err)
        self.assertEqual([], os.listdir(self.in_replica('d')))
        self.unmount(self.in_replica('.sync-txn', '0', '1'))
        self.execute(*discard)
        self.mirror()

    def test_a_file_mounted_over_a_file_is_not_written_through(self):
        trees.write(self.at('outside'), 'precious')
        self.given({'a': 'new', 'b': 'x'}, {'a': 'old'})
        self.mount_bind(self.at('outside'), self.in_replica('a'))
        self.sync('run', expect=PARTIAL)
        self.assertEqual(b'precious', trees.read(self.at('outside')))
        self.assertEqual(b'x', self.content('b'))

    def test_a_replica_that_is_a_mount_itself_is_mirrored_to(self):
        self.given({'a': 'x', 'd': {'b': 'y'}})
        self.mount_tmpfs(self.replica)
        self.mirror()

    def test_a_read_only_source_is_mirrored(self):
        self.given({'a': 'x', 'd': {'b': 'y'}})
        self.mount_bind(self.source, self.source)
        self.mount('-o', 'remount,ro,bind', self.source)
        self.mirror()

    def test_a_read_only_replica_ends_with_a_clean_code(self):
        self.given({'a': 'x'}, {'old': 'x'})
        self.mount_bind(self.replica, self.at('bound'))
        self.mount('-o', 'remount,ro,bind', self.at('bound'))
        with self.untouched():
            result = self.execute('run', '-s', self.source, '-r', self.at('bound'))
        self.assertIn(result.code, (1, PARTIAL, REFUSED))


@with_mounts
class FileSystemTest(ProgramTest):
    def test_lost_and_found_of_a_disk_is_skipped_and_said_so(self):
        self.mount_image(self.replica, 'mkfs.ext4', '-q')
        self.given({'a': 'x'})
        self.sync('run')
        self.assertEqual(['a', 'lost+found'], self.replica_paths())
        self.assertEqual(['lost+found'], [entry['path'] for entry in self.plan()['skipped']])

    def test_a_full_disk_keeps_the_old_content(self):
        self.mount_tmpfs(self.replica, 'size=2m')
        self.given({'big': b'n' * 4_000_000, 'small': 'new'})
        trees.write(self.in_replica('big'), b'o' * 500_000)
        result = self.sync('run', expect=None)
        self.assertIn(result.code, (1, PARTIAL, REFUSED))
        self.assertEqual(b'o' * 500_000, self.content('big'))
        self.assertNotIn('.sync-txn', self.replica_paths())

    def test_a_disk_without_inodes_keeps_the_old_content(self):
        self.mount_tmpfs(self.replica, 'nr_inodes=20')
        self.given({**{str(number): 'x' for number in range(50)}, 'a': 'new'})
        trees.write(self.in_replica('a'), 'older')
        result = self.sync('run', expect=None)
        self.assertIn(result.code, (1, PARTIAL, REFUSED))
        self.assertIn(self.content('a'), (b'older', b'new'))

    def test_immutable_entries_are_recorded_and_the_rest_goes_on(self):
        self.given({'locked': 'new', 'd': {'new': 'x'}, 'a': 'x'}, {'locked': 'old', 'd': {}})
        for name in ('locked', 'd'):
            if os.system(f'chattr +i {self.in_replica(name)} 2>/dev/null') != 0:
                self.skipTest('nothing can be made immutable here')
            self.addCleanup(os.system, f'chattr -i {self.in_replica(name)}')
        self.sync('run', expect=PARTIAL)
        self.assertEqual(b'old', self.content('locked'))
        self.assertEqual(['a', 'd', 'locked'], self.replica_paths())


if __name__ == '__main__':
    unittest.main()
