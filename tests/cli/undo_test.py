"""An apply that keeps what it replaces can be taken back, to the nanosecond.

SYNC_TEST_PAIRS sets the number of random pairs of trees, SYNC_TEST_SEED where the seeds start.
"""
import os
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.disks import DiskTest
from tests.support.program import (DONE, NOBODY, REFUSED, STALE, USAGE, ProgramTest,
                                   as_root, parse_plan, with_acls, with_mounts, with_xattrs)
from tests.support.random_tree import RandomTree
from tests.support.trees import file, folder, same_inode_as, symlink
from tests.sweep import pair_of_trees

PAIRS = int(os.environ.get('SYNC_TEST_PAIRS', '20'))
SEED = int(os.environ.get('SYNC_TEST_SEED', '1'))
SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 't': {'inside': 'x'}}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 't': 'file', 'gone': {'x': {'y': 'y'}}}


class UndoTest(ProgramTest):
    """Tests with a backup folder, and a copy of the replica as it was."""

    def setUp(self):
        super().setUp()
        self.backups = self.at('backups')
        self.before = self.at('before')

    def given(self, source, replica=None):
        super().given(source, replica)
        if replica is not None:
            self.remember()

    def remember(self):
        subprocess.run(['cp', '-a', self.replica, self.before], check=True)

    def backup_folders(self):
        return sorted(os.listdir(self.backups)) if os.path.isdir(self.backups) else []

    def undo_file(self):
        """That of the newest backup."""
        folders = [os.path.join(self.backups, name) for name in self.backup_folders()]
        newest = max(folders, key=lambda name: os.stat(f'{name}/undo.json').st_mtime_ns)
        return os.path.join(newest, 'undo.json')

    def run_with_backup(self, *args, **options):
        return self.sync('run', '--backup-dir', self.backups, *args, **options)

    def undo(self, *args, expect=DONE, **options):
        return self.execute('apply', self.undo_file(), *args, expect=expect, **options)

    def assert_as_before(self, **options):
        self.assertEqual([], compare.differences(self.before, self.replica, **options))

    def there_and_back(self, *args, **options):
        self.run_with_backup(*args, **options)
        self.assert_mirrored()
        self.undo(**options)
        self.assert_as_before()


class ThereAndBackTest(UndoTest):
    def test_what_was_created_replaced_and_deleted_is_taken_back(self):
        self.given(SOURCE, REPLICA)
        self.there_and_back()

    def test_every_kind_of_action_is_taken_back(self):
        replica, source = pair_of_trees.replica_and_source(os.geteuid() == 0)
        self.given(source, replica)
        self.there_and_back('--xattrs')

    def test_the_document_says_what_it_is_and_keeps_the_rules_of_plans(self):
        self.given(SOURCE, REPLICA)
        self.run_with_backup()
        undo = parse_plan(trees.read(self.undo_file()).decode())
        self.assertEqual('undo', undo['kind'])
        self.assertEqual(self.replica, undo['replica']['path'])
        self.assertTrue(all('undo' in action['reason'] for action in undo['actions']))
        self.assertEqual(0o700, os.stat(os.path.dirname(self.undo_file())).st_mode & 0o777)

    def test_an_undo_can_be_taken_back_too(self):
        self.given(SOURCE, REPLICA)
        self.run_with_backup()
        self.undo('--backup-dir', self.backups)
        self.assert_as_before()
        self.undo()
        self.assert_mirrored()

    def test_what_would_be_moved_into_a_directory_in_the_place_of_a_file_is_taken_back(self):
        self.given({'d': {'new': file('content', mtime=5)}},
                   {'d': 'a file', 'old': file('content', mtime=5)})
        self.there_and_back()

    def test_a_second_undo_finds_nothing_to_do(self):
        self.given(SOURCE, REPLICA)
        self.there_and_back()
        with self.untouched():
            self.undo()

    def test_a_dry_run_of_an_undo_changes_nothing(self):
        self.given(SOURCE, REPLICA)
        self.run_with_backup()
        with self.untouched():
            self.assertIn('would delete d/b', self.undo('--dry-run').out)

    def test_a_reviewed_plan_keeps_the_old_as_well(self):
        self.given(SOURCE, REPLICA)
        plan = self.plan_file()
        self.execute('apply', plan, '--backup-dir', self.backups, expect=DONE)
        [name] = self.backup_folders()
        self.assertRegex(name, r'^\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{3}Z-[0-9a-f]{8}$')
        self.undo()
        self.assert_as_before()

    def test_the_same_plan_applied_again_gets_a_backup_of_its_own(self):
        self.given(SOURCE, REPLICA)
        plan = self.plan_file()
        for _ in range(2):
            self.execute('apply', plan, '--backup-dir', self.backups, expect=DONE)
            self.undo()
            self.assert_as_before()
        self.assertEqual(2, len(self.backup_folders()))

    def test_a_backup_that_was_moved_elsewhere_still_works(self):
        self.given(SOURCE, REPLICA)
        self.run_with_backup()
        os.rename(self.backups, self.at('elsewhere'))
        self.backups = self.at('elsewhere')
        self.undo()
        self.assert_as_before()

    def test_where_nothing_is_done_nothing_is_kept(self):
        self.given(SOURCE, {})
        self.mirror()
        self.run_with_backup()
        self.run_with_backup('--dry-run')
        self.assertEqual([], self.backup_folders())

    def test_where_all_is_stale_nothing_is_kept_and_nothing_is_dated(self):
        self.given({'a': 'new', 'b': 'new'}, {'a': 'old!', 'b': 'old!'})
        plan = self.plan_file()
        for name in ('a', 'b'):
            trees.write(self.in_replica(name), 'of somebody else')
        trees.set_mtime(self.source, trees.SECOND)
        before = os.stat(self.replica).st_mtime_ns
        self.execute('apply', plan, '--backup-dir', self.backups, expect=STALE)
        self.assertEqual([], self.backup_folders())
        self.assertEqual(before, os.stat(self.replica).st_mtime_ns)

    def test_an_atomic_apply_is_taken_back_too(self):
        self.given(SOURCE, REPLICA)
        self.there_and_back('--atomic')

    def test_an_atomic_apply_that_does_nothing_keeps_nothing(self):
        self.given(SOURCE, REPLICA)
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'mine!')
        self.execute('apply', plan, '--atomic', '--backup-dir', self.backups, expect=STALE)
        self.assertEqual([], self.backup_folders())

    def test_without_durability_it_works_the_same(self):
        self.given(SOURCE, REPLICA)
        self.there_and_back('--durability', 'none')

    @as_root
    def test_a_plain_user_takes_back_what_was_closed_to_him(self):
        self.given({'d': {'new': 'x'}, 'f': file('new', mode=0o400)},
                   {'d': folder({'sub': folder({'x': file('x', mode=0)}, mode=0o500)}, mode=0o500),
                    'f': file('old', mode=0)})
        self.live_as(NOBODY, self.replica, self.before, self.source)
        os.mkdir(self.backups)
        os.chown(self.backups, NOBODY, NOBODY)
        self.run_with_backup(uid=NOBODY)
        self.undo(uid=NOBODY)
        self.assert_as_before()

    @with_acls
    def test_acls_and_default_acls_of_what_was_deleted_come_back(self):
        acl = {'system.posix_acl_access': trees.access_acl(12, 7)}
        self.given({}, {'d': folder({'f': file('x', xattrs=acl), 'plain': 'x'}, xattrs={
            **acl, 'system.posix_acl_default': trees.access_acl(13, 5)})})
        self.there_and_back()

    @with_xattrs
    def test_attributes_that_were_changed_in_place_come_back(self):
        self.given({'f': file('x', mtime=5, xattrs={'user.a': b'1'}),
                    'd': folder({}, mtime=5, xattrs={'user.b': b'1'})},
                   {'f': file('x', mtime=5, xattrs={'user.c': b'2'}),
                    'd': folder({}, mtime=5, xattrs={'user.b': b'2'})})
        self.there_and_back('--xattrs')


class LinksTest(UndoTest):
    def test_names_that_left_their_group_return_to_it(self):
        self.given({'a': file('1', mtime=1), 'b': file('2', mtime=2), 'c': file('1', mtime=1)},
                   {'a': file('1', mtime=1), 'b': same_inode_as('a'), 'c': same_inode_as('a')})
        self.there_and_back()

    def test_names_that_joined_a_group_leave_it(self):
        self.given({'a': file('1', mtime=1), 'b': same_inode_as('a')},
                   {'a': file('1', mtime=1), 'b': file('1', mtime=1)})
        self.there_and_back()

    def test_a_deleted_name_is_linked_again_to_one_that_stayed_wherever_that_is(self):
        self.given({'deep': {'er': {'stays': file('1', mtime=1)}}},
                   {'deep': {'er': {'stays': file('1', mtime=1)}},
                    'a': same_inode_as('deep/er/stays'), 'z': same_inode_as('deep/er/stays')})
        self.there_and_back()

    @with_mounts
    def test_a_group_is_put_together_again_from_copies_as_well(self):
        self.mount_tmpfs(self.backups)
        self.given({}, {'a': file('1', mtime=1), 'd': {'b': same_inode_as('a')},
                        'c': same_inode_as('a')})
        self.there_and_back()


class DepthTest(UndoTest):
    def test_two_thousand_levels_come_back_with_64_descriptors(self):
        self.given({})
        trees.deep(self.in_replica('extra'), 2000)
        self.remember()
        self.there_and_back(descriptors=64)

    def test_paths_of_ten_thousand_bytes_come_back(self):
        self.given({})
        trees.deep(self.in_replica('extra'), 40, name='n' * 250)
        def seen():
            return {path: (entry.kind, entry.content, entry.mode, entry.mtime_ns)
                    for path, entry in compare.listing(self.replica).items()}
        before = seen()
        self.run_with_backup()
        self.assertEqual([], self.replica_paths())
        self.undo()
        self.assertEqual(before, seen())


@with_mounts
class SubvolumeTest(DiskTest, UndoTest):
    """Renames do not reach from the replica's root into a subvolume, nor do links."""

    def test_what_lay_in_subvolumes_comes_back(self):
        self.disk(self.at('disk'), 'mkfs.btrfs', '-q', mib=128)
        self.replica = self.at('disk', 'replica')
        for path in ((), ('sub',), ('sub', 'deeper'), ('gone',)):
            self.btrfs('subvolume', 'create', self.in_replica(*path))
        trees.build(self.in_replica('gone'), {'f': 'x', 'd': {'e': 'y'}})
        trees.build(self.in_replica('sub'), {
            'updated': file('old', mtime=5), 'deleted': 'x', 'becomes-file': {'f': 'x'},
            'becomes-dir': 'x', 'goes': {'f': 'x'}, 'a': file('1'),
            'b': same_inode_as('a')})
        trees.build(self.in_replica('sub', 'deeper'), {'updated': 'old'})
        self.remember()
        self.given({'sub': {'updated': 'new', 'created': 'x', 'becomes-file': 'x',
                            'becomes-dir': {'f': 'x'}, 'link': symlink('created'),
                            'deeper': {'updated': 'newer', 'd': {'e': {'f': 'x'}}}}})
        self.there_and_back()


@with_mounts
class OtherFileSystemTest(UndoTest):
    def setUp(self):
        super().setUp()
        self.mount_tmpfs(self.backups, 'size=64m')

    def test_every_kind_of_action_is_taken_back_from_copies(self):
        replica, source = pair_of_trees.replica_and_source(os.geteuid() == 0)
        self.given(source, replica)
        self.there_and_back('--xattrs')

    def test_a_backup_without_room_leaves_the_old_where_the_next_run_finds_it(self):
        self.mount('-o', 'remount,size=1m', self.backups)
        self.given({'big': 'new', 'gone2': 'x'}, {'big': b'o' * 3_000_000, 'gone': 'x'})
        result = self.run_with_backup(expect=REFUSED)
        self.assertIn('not enough space', result.err)
        self.assert_as_before()
        result = self.run_with_backup('--no-space-check', expect=1)
        self.assertIn(self.backups, result.err)
        result = self.run_with_backup('--no-space-check', expect=1)
        self.assertIn('recover --rollback', result.err)
        self.mount('-o', 'remount,size=16m', self.backups)
        self.run_with_backup('--no-space-check')
        self.assert_mirrored()
        self.undo()
        self.assert_as_before()

    def test_a_backup_without_room_can_be_given_up(self):
        self.mount('-o', 'remount,size=1m', self.backups)
        self.given({'big': 'new'}, {'big': b'o' * 3_000_000, 'gone': 'x'})
        self.run_with_backup('--no-space-check', expect=1)
        self.execute('recover', '-r', self.replica, '--rollback', expect=DONE)
        self.assert_as_before()


class StaleTest(UndoTest):
    def test_what_others_changed_since_is_left_alone(self):
        self.given(SOURCE, REPLICA)
        self.run_with_backup()
        trees.write(self.in_replica('a'), 'of somebody else')
        trees.write(self.in_replica('d', 'b'), 'longer')
        trees.write(self.in_replica('d', 'theirs'), 'x')
        result = self.undo(expect=STALE)
        self.assertIn('stale update a', result.err)
        self.assertEqual(b'of somebody else', self.content('a'))
        self.assertEqual(b'longer', self.content('d', 'b'))
        self.assertEqual(b'x', self.content('d', 'theirs'))
        self.assertEqual(b'y', self.content('gone', 'x', 'y'))

    def test_what_is_missing_in_the_backup_is_left_as_it_is(self):
        self.given(SOURCE, REPLICA)
        self.run_with_backup()
        kept = os.path.join(os.path.dirname(self.undo_file()), 'tree', 'a')
        os.unlink(kept)
        self.undo(expect=STALE)
        self.assertEqual(b'new content', self.content('a'))


class TrustTest(UndoTest):
    """An undo takes its words from a folder, so the folder has to be the caller's own."""

    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)
        self.run_with_backup()

    def assert_refused(self, *args, expect=REFUSED, **options):
        with self.untouched():
            self.execute('apply', *args, expect=expect, **options)

    def test_a_document_that_others_can_write_is_refused(self):
        os.chmod(self.undo_file(), 0o666)
        self.assert_refused(self.undo_file())

    def test_a_folder_that_others_can_write_is_refused(self):
        os.chmod(os.path.dirname(self.undo_file()), 0o770)
        self.assert_refused(self.undo_file())

    def test_a_tree_that_others_can_write_is_refused(self):
        os.chmod(os.path.join(os.path.dirname(self.undo_file()), 'tree'), 0o777)
        self.assert_refused(self.undo_file())

    def test_a_tree_that_lies_elsewhere_is_refused(self):
        tree = os.path.join(os.path.dirname(self.undo_file()), 'tree')
        os.rename(tree, self.at('elsewhere'))
        os.symlink(self.at('elsewhere'), tree)
        self.assert_refused(self.undo_file())

    @as_root
    def test_a_tree_of_somebody_else_is_refused(self):
        os.chown(os.path.join(os.path.dirname(self.undo_file()), 'tree'), NOBODY, NOBODY)
        self.assert_refused(self.undo_file())

    @as_root
    def test_a_document_of_somebody_else_is_refused(self):
        os.chown(self.undo_file(), NOBODY, NOBODY)
        self.assert_refused(self.undo_file())

    def test_an_undo_does_not_come_by_standard_input(self):
        self.assert_refused('-', input=trees.read(self.undo_file()))

    def test_an_undo_has_no_other_source(self):
        self.assert_refused(self.undo_file(), '-s', self.source, '-r', self.replica, expect=USAGE)

    def test_a_replica_that_is_another_one_has_to_be_named(self):
        os.rename(self.replica, self.at('moved'))
        subprocess.run(['cp', '-a', self.at('moved'), self.replica], check=True)
        self.assert_refused(self.undo_file())
        self.execute('apply', self.undo_file(), '-r', self.replica, expect=DONE)
        self.assert_as_before()

    def test_an_edited_document_is_none(self):
        text = trees.read(self.undo_file()).replace(b'"gone/x/y"', b'"gone/x/z"')
        with open(self.undo_file(), 'wb') as out:
            out.write(text)
        self.assert_refused(self.undo_file(), expect=65)

    def test_a_backup_inside_the_replica_is_refused(self):
        for folder_ in (self.replica, self.in_replica('backups'), self.in_replica('d', 'deeper')):
            with self.untouched():
                self.sync('run', '--backup-dir', folder_, expect=REFUSED)

    def test_a_backup_inside_the_source_is_left_out(self):
        self.backups = self.in_source('backups')
        trees.write(self.in_source('a'), 'newer still')
        self.run_with_backup(source_may_change=True)
        self.assertFalse(os.path.lexists(self.in_replica('backups')))
        self.undo(source_may_change=True)
        self.assertEqual(b'new content', self.content('a'))

    def test_a_backup_folder_that_can_not_be_made_is_refused(self):
        trees.write(self.in_source('a'), 'newer still')
        with self.untouched():
            self.sync('run', '--backup-dir', self.at('no', 'where'), expect=REFUSED)
        self.execute('run', '-s', self.source, '-r', self.at('new'), '--backup-dir',
                     self.at('no', 'where'), expect=REFUSED)
        self.assertFalse(os.path.exists(self.at('new')), 'refused, and a replica was made')


class KeepTest(UndoTest):
    def backups_after(self, keep, runs=5):
        for number in range(runs):
            trees.write(self.in_source('f'), f'content {number}')
            self.sync('run', '--backup-dir', self.backups, '--backup-keep', keep)
        return len(self.backup_folders())

    def test_only_so_many_backups_stay(self):
        self.given({}, {})
        os.mkdir(self.backups)
        trees.deep(os.path.join(self.backups, 'not a backup'), 3)
        self.assertEqual(3 + 1, self.backups_after('3'))

    def test_days_keep_what_is_younger(self):
        self.given({}, {})
        self.assertEqual(5, self.backups_after('1d'))
        # An id begins with its time: one of long ago.
        old = os.path.join(self.backups, '00000000-0000-7000-8000-000000000000')
        newer = os.path.dirname(self.undo_file())
        os.rename(newer, old)
        undo = trees.read(os.path.join(old, 'undo.json'))
        trees.write(os.path.join(old, 'undo.json'), undo.replace(
            os.path.basename(newer).encode(), os.path.basename(old).encode()))
        trees.deep(os.path.join(old, 'tree'), 1500)
        self.assertEqual(5, self.backups_after('1d', runs=1))
        self.assertFalse(os.path.exists(old))

    def test_backups_of_another_replica_do_not_count_and_stay(self):
        self.given({}, {})
        self.assertEqual(2, self.backups_after('2'))
        own = set(self.backup_folders())
        self.replica = self.at('another')
        self.assertEqual(2 + 1, self.backups_after('1'))
        self.assertLess(own, set(self.backup_folders()))

    def test_what_is_no_number_is_wrong_usage(self):
        self.given({}, {})
        for keep in ('0', '-1', 'x', '5y', ''):
            self.sync('run', '--backup-dir', self.backups, '--backup-keep', keep, expect=USAGE)
        self.sync('run', '--backup-keep', '3', expect=USAGE)


class RandomUndoTest(UndoTest):
    def test_any_run_can_be_taken_back(self):
        for seed in range(SEED, SEED + PAIRS):
            with self.subTest(seed=seed):
                self.source, self.replica = self.at(f's{seed}'), self.at(f'r{seed}')
                self.before = self.at(f'b{seed}')
                RandomTree(self.source, 2 * seed, xattrs=True).grow(60)
                RandomTree(self.replica, 2 * seed + 1, xattrs=True).grow(60)
                self.remember()
                self.there_and_back('--xattrs')

    def test_any_edits_can_be_taken_back(self):
        for seed in range(SEED, SEED + PAIRS):
            with self.subTest(seed=seed):
                self.source, self.replica = self.at(f's{seed}'), self.at(f'r{seed}')
                self.before = self.at(f'b{seed}')
                tree = RandomTree(self.source, seed)
                tree.grow(60)
                subprocess.run(['cp', '-a', self.source, self.replica], check=True)
                self.remember()
                said = [tree.edit() for _ in range(40)]
                self.run_with_backup()
                self.undo()
                self.assertEqual([], compare.differences(self.before, self.replica), said)


if __name__ == '__main__':
    unittest.main()
