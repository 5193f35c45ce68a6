"""A file of more names than its file system takes, and names that part on an overlay."""
import collections
import os
import subprocess
import unittest

from tests.support import compare, report, trees
from tests.support.disks import DiskTest
from tests.support.program import DONE, PARTIAL, as_root
from tests.support.trees import same_inode_as
from tests.sweep.sweep import KILLED, StoppedTest

EXT4_NAMES = 65_000


@as_root
class TooManyNamesTest(DiskTest):
    def test_the_rest_are_names_of_a_second_file(self):
        self.mount_tmpfs(self.at('memory'), 'size=64m')
        self.source = self.at('memory', 'source')
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-O', '^has_journal')
        self.replica = self.at('disk', 'replica')
        self.given({'a': 'one of many'}, {})
        names = EXT4_NAMES + 10
        folder = os.open(self.source, os.O_RDONLY)
        for name in range(1, names):
            os.link('a', f'n{name:05}', src_dir_fd=folder, dst_dir_fd=folder)
        os.close(folder)
        result = self.sync('run')
        self.assertNotIn('ERROR', result.err)
        self.assertIn('65,000', result.err)
        inodes = {}
        for entry in os.scandir(self.replica):
            inodes.setdefault(entry.inode(), []).append(entry.name)
        self.assertEqual([10, EXT4_NAMES], sorted(map(len, inodes.values())))
        self.assertEqual(b'one of many', self.content('n65009'))
        self.assert_quiet()
        # They fit into one when others are gone.
        for name in range(100, 200):
            os.remove(self.in_source(f'n{name:05}'))
        self.sync('run')
        self.assertEqual(1, len({entry.inode() for entry in os.scandir(self.replica)}))
        self.assert_quiet()


    def test_so_they_are_where_a_folder_takes_a_few_hundred_of_one_file(self):
        self.disk(self.at('disk'), 'mkfs.btrfs', '-q', '-O', '^extref', mib=256)
        self.replica = self.at('disk', 'replica')
        self.given({'a': 'one of many', 'd': {}, 'e': {}}, {})
        for name in range(1100):
            os.link(self.in_source('a'), self.in_source('de'[name % 10 == 0], f'n{name:05}'))
        result = self.sync('run')
        self.assertNotIn('ERROR', result.err)
        self.assert_quiet()
        self.assertEqual([], self.differences(links=False))


class GivenOverlay(DiskTest):
    def given_overlay(self, index, names=('a', 'b', 'c')):
        first, *others = names
        tree = {first: 'hello'} | {name: same_inode_as(first) for name in others}
        trees.build(self.at('lower'), tree)
        subprocess.run(['cp', '-a', self.at('lower'), self.source], check=True)
        self.overlay(self.replica, self.at('lower'), f'index={index}')


@as_root
class OverlayTest(GivenOverlay):
    def assert_one_run_is_enough(self):
        result = self.sync('run')
        self.assertNotIn('stale', result.err)
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_change_in_place_comes_under_all_names(self):
        for index in ('off', 'on'):
            with self.subTest(index):
                self.setUp()
                self.given_overlay(index)
                os.chmod(self.in_source('a'), 0o600)
                self.assert_one_run_is_enough()

    def test_another_name_comes_to_those_that_are_there(self):
        self.given_overlay('off')
        os.link(self.in_source('a'), self.in_source('d'))
        self.assert_one_run_is_enough()

    def test_names_that_are_replaced_or_go_are_taken_for_what_they_are(self):
        self.given_overlay('off')
        for name in ('b', 'c'):
            os.remove(self.in_source(name))
        trees.write(self.in_source('b'), 'new!!')
        self.assert_one_run_is_enough()

    def test_names_that_are_replaced_or_go_are_kept_by_a_backup(self):
        self.given_overlay('off')
        for name in ('b', 'c'):
            os.remove(self.in_source(name))
        trees.write(self.in_source('b'), 'new!!')
        before = self.at('before')
        subprocess.run(['cp', '-a', self.replica, before], check=True)
        self.sync('run', '--adopt', '--backup-dir', self.at('backups'))
        self.assert_mirrored()
        folder, = os.scandir(self.at('backups'))
        self.assertEqual(['b', 'c'], sorted(os.listdir(f'{folder.path}/tree')))
        self.execute('apply', f'{folder.path}/undo.json')
        self.assertEqual([], compare.differences(before, self.replica))

    def run_with_all(self):
        """One cycle: one group of the report, one backup; the group."""
        before = self.at('before')
        subprocess.run(['cp', '-a', self.replica, before], check=True)
        self.sync('run', '--adopt', '--backup-dir', self.at('backups'), '--report', self.at('r'))
        self.assert_mirrored()
        with open(self.at('r'), encoding='utf-8') as written:
            lines, _ = report.parse(written.read())
        [group] = report.groups(lines)
        self.assertEqual([], report.invalid(lines))
        events = [line['event'] for line in group]
        self.assertEqual((1, 1), (events.count('plan'), events.count('summary')))
        counted = collections.Counter(
            line['outcome'] for line in group if line['event'] == 'action')
        self.assertEqual(counted, +collections.Counter(group[-1]['outcomes']))
        self.assertEqual(0, group[-1]['exit_code'])
        [folder] = os.listdir(self.at('backups'))
        self.assertEqual(self.at('backups', folder, 'undo.json'), group[-1]['undo'])
        self.execute('apply', group[-1]['undo'])
        # Names that parted stay so.
        self.assertEqual([], compare.differences(before, self.replica, links=False))
        return group

    def test_a_cycle_that_plans_twice_is_one_to_report_and_to_undo(self):
        self.given_overlay('off')
        os.chmod(self.in_source('a'), 0o600)
        trees.write(self.in_source('new'), 'new')
        os.link(self.in_source('new'), self.in_source('newer'))
        trees.write(self.in_replica('new'), 'old, and longer')
        self.run_with_all()

    def test_what_both_plans_change_comes_back_as_it_was_before_the_first(self):
        self.given_overlay('off', names=('a', 'b'))
        trees.write(self.in_replica('x'), 'of the replica alone')
        os.chmod(self.in_source('a'), 0o600)
        os.link(self.in_source('a'), self.in_source('c'))
        os.link(self.in_source('a'), self.in_source('x'))
        self.run_with_all()

    def test_the_apply_of_a_plan_says_that_another_one_is_needed(self):
        self.given_overlay('off')
        os.chmod(self.in_source('a'), 0o600)
        plan = self.plan_text()
        self.execute('apply', '-', input=plan, expect=PARTIAL)
        self.assert_one_run_is_enough()


@as_root
class KilledOnOverlayTest(GivenOverlay, StoppedTest):
    def test_what_is_all_or_nothing_is_all_or_nothing_when_it_was_killed(self):
        for renames in range(1, 50):
            for back in ((), ('--rollback',)):
                with self.subTest(renames, back=back):
                    self.setUp()
                    self.given_overlay('off')
                    for name in ('p', 'q'):
                        trees.write(self.in_replica(name), 'old')
                    os.remove(self.in_source('a'))
                    os.remove(self.in_source('b'))
                    for name in ('a', 'p', 'q'):
                        trees.write(self.in_source(name), 'new!!')
                    os.link(self.in_source('c'), self.in_source('d'))
                    before = self.at('before')
                    subprocess.run(['cp', '-a', self.replica, before], check=True)
                    wrapper = self.stopper('--only', 'renameat2', '--kill-after', str(renames))
                    killed = self.sync('run', '--adopt', '--atomic', wrapper=wrapper, expect=None)
                    if killed.code != KILLED:
                        self.assertGreater(renames, 5)
                        return
                    result = self.sync_recover(*back)
                    self.assertNotIn('left as they are', result.err)
                    self.assertNotIn('conflict', result.err)
                    is_old = not compare.differences(before, self.replica, links=False)
                    self.assertTrue(is_old or not self.differences(links=False))

    def sync_recover(self, *args):
        return self.execute('recover', '-r', self.replica, *args, expect=DONE)


@as_root
class WholeSecondsTest(DiskTest):
    def given_disk(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-I', '128')
        self.source = self.at('disk', 'source')

    def assert_only_changed_is_read(self):
        self.assert_mirrored()
        with self.untouched():
            self.sync('run')
        self.assert_quiet()

    def test_a_change_in_the_second_of_the_run_is_seen(self):
        self.given_disk()
        self.given({'a': 'old', 'b': 'old', 'c': 'same'}, {})
        self.sync('run')
        second = os.stat(self.in_source('a')).st_mtime_ns
        self.assertEqual(0, second % 10**9)
        for name in ('a', 'b'):
            trees.write(self.in_source(name), 'new', mtime=second)
        self.sync('run')
        self.assertEqual(b'new', self.content('b'))
        self.assert_only_changed_is_read()

    def test_a_change_of_the_replica_is_seen(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-I', '128')
        self.replica = self.at('disk', 'replica')
        self.given({'a': 'old'}, {})
        trees.set_mtime(self.in_source('a'), os.stat(self.in_source('a')).st_mtime_ns // 10**9 * 10**9)
        self.sync('run')
        trees.write(self.in_replica('a'), 'bad', mtime=os.stat(self.in_source('a')).st_mtime_ns)
        self.sync('run')
        self.assertEqual(b'old', self.content('a'))
        with self.untouched():
            self.sync('run')


if __name__ == '__main__':
    unittest.main()
