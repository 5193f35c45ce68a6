"""A disk that is full of what the plan deletes: room is made first, where nothing else helps."""
import errno
import os
import subprocess
import unittest

from tests.support import report, trees
from tests.support.disks import MIB, DiskTest
from tests.support.program import DONE, FAILED, PARTIAL, REFUSED, USAGE, with_mounts
from tests.support.trees import file, same_inode_as

TOLD = 'deletions go first, to make room'


def megabytes(count, word='x', **attributes):
    return file(f'{word:7}\n' * (count * MIB // 8), **attributes)


class RoomTest(DiskTest):
    """The replica is a tmpfs of 8 MiB."""

    def setUp(self):
        super().setUp()
        self.mount_tmpfs(self.replica, 'size=8m')

    def first(self, plan):
        return [action['path'] for action in plan['actions'] if action['phase'] == 'clear']

    def refuse(self, *args):
        with self.untouched():
            return self.sync('run', *args, expect=REFUSED).err

    def fill(self, path):
        """Until not another byte is taken."""
        with open(path, 'wb', buffering=0) as out:
            for size in (MIB, 4096, 1):
                try:
                    while out.write(b'x' * size):
                        pass
                except OSError as full:
                    self.assertEqual(errno.ENOSPC, full.errno)


@with_mounts
class FullDiskTest(RoomTest):
    def setUp(self):
        super().setUp()
        self.given({'new': megabytes(4)}, {'old': {'a': megabytes(3), 'b': megabytes(3)}})

    def test_room_is_made_and_told(self):
        self.assertIn(TOLD, self.mirror().out)
        self.assertIn('deletions first', self.log_text().splitlines()[-1])

    def test_a_plan_says_so_and_is_applied_so(self):
        plan = self.plan_file()
        document = self.plan()
        self.assertEqual(['options.delete_first'], document['needs'])
        self.assertTrue(document['options']['delete_first'])
        self.assertEqual(['old/b', 'old/a', 'old'], self.first(document))
        [guard] = [guard for guard in document['guards'] if guard['rule'] == 'delete-first']
        self.assertEqual(('bytes', 'ok'), (guard['limit'], guard['verdict']))
        self.assertGreater(guard['value']['count'], guard['value']['of'])
        self.assertIn('guard delete-first: 4.1 MiB at a time if deletions came last',
                      self.execute('show', '--list', plan, expect=DONE).out)
        self.execute('apply', plan, expect=DONE)
        self.assert_mirrored()
        self.execute('apply', plan, expect=DONE)

    def test_it_is_refused_where_that_is_forbidden_or_frees_nothing_in_time(self):
        plan = self.plan_file()
        self.assertIn('not enough space', self.refuse('--no-delete-first'))
        self.sync('plan', '--no-delete-first', expect=REFUSED)
        self.assertIn('not enough space', self.refuse('--atomic'))
        with self.untouched():
            self.execute('apply', '--atomic', plan, expect=REFUSED)

    def test_room_is_judged_again_when_the_plan_is_applied(self):
        plan = self.plan_file()
        os.remove(self.in_replica('old', 'b'))
        self.fill(self.in_replica('others'))
        with self.untouched():
            self.execute('apply', plan, expect=REFUSED)
        os.truncate(self.in_replica('others'), 0)
        ordered = self.plan_file('--no-delete-first')
        self.fill(self.in_replica('others'))
        with self.untouched():
            self.execute('apply', ordered, expect=REFUSED)

    def test_a_backup_elsewhere_takes_it_back(self):
        os.mkdir(self.at('backup'))
        self.sync('run', '--backup-dir', self.at('backup'))
        self.assert_mirrored()
        [name] = os.listdir(self.at('backup'))
        self.execute('apply', self.at('backup', name, 'undo.json'), expect=DONE)
        self.assertEqual(['old', 'old/a', 'old/b'], self.replica_paths())

    def test_a_backup_on_the_same_disk_frees_nothing(self):
        disk, self.replica = self.replica, self.in_replica('replica')
        os.mkdir(self.replica)
        os.rename(os.path.join(disk, 'old'), self.in_replica('old'))
        os.mkdir(os.path.join(disk, 'backup'))
        self.assertIn('not enough space',
                      self.refuse('--backup-dir', os.path.join(disk, 'backup')))
        plan = self.plan_file()
        with self.untouched():
            self.execute('apply', '--backup-dir', os.path.join(disk, 'backup'), plan,
                         expect=REFUSED)
        self.mirror()

    def test_where_it_fits_so_too_it_is_refused_no_more_than_before(self):
        trees.write(self.in_source('large'), b'x' * (9 * MIB))
        self.assertIn('not enough space', self.refuse())

    def test_files_that_are_replaced_have_the_room_of_those_before_them(self):
        for number in range(3):
            trees.write(self.in_source(f'u{number}'), b'y' * MIB)
            trees.write(self.in_replica(f'u{number}'), b'x' * (MIB * 6 // 10))
        self.assertIn(TOLD, self.mirror().out)


@with_mounts
class NeededTest(RoomTest):
    """What something else needs does not go first."""

    def test_what_has_size_and_time_of_something_that_is_written_stays_until_that_is_there(self):
        self.given({'new': megabytes(2, 'new', mtime=1_000_000_000)},
                   {'same': megabytes(2, 'old', mtime=1_000_000_000), 'old': megabytes(5)})
        plan = self.plan()
        self.assertEqual(['old'], self.first(plan))
        self.mirror()

    def test_where_only_that_would_make_room_it_is_refused(self):
        self.given({'new': megabytes(4, 'new', mtime=1_000_000_000)},
                   {'same': megabytes(4, 'old', mtime=1_000_000_000), 'old': megabytes(2)})
        self.assertIn('not enough space', self.refuse())

    def test_what_is_moved_or_taken_over_stays(self):
        self.given({'m': {'a': megabytes(1, 'a', mtime=1_000_000_000)}, 'new': megabytes(4)},
                   {'d': {'a': megabytes(1, 'a', mtime=1_000_000_000), 'z': megabytes(5)}})
        plan = self.plan()
        self.assertEqual(['d/z'], self.first(plan))
        self.assertIn(('move', 'm/a'), [(a['op'], a['path']) for a in plan['actions']])
        inode = trees.inode(self.in_replica('d', 'a'))
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('m', 'a')))

    def test_one_of_several_names_frees_nothing_and_the_last_one_all(self):
        self.given({'keep': 'x', 'new': megabytes(4)},
                   {'a': megabytes(5), 'b': same_inode_as('a'), 'keep': 'x'})
        os.link(self.in_replica('a'), self.in_replica('other'))
        self.assertIn('not enough space', self.refuse('--exclude', 'other'))
        self.mirror()

    def test_holes_free_nothing(self):
        self.given({'new': megabytes(4)}, {'full': megabytes(2)})
        with open(self.in_replica('holes'), 'wb') as out:
            out.truncate(100 * MIB)
        self.fill(self.in_replica('kept'))
        self.assertIn('not enough space', self.refuse('--exclude', 'kept'))

    def test_what_lies_on_another_disk_frees_nothing(self):
        self.given({'m': {}, 'new': megabytes(4)}, {'kept': megabytes(6), 'm': {}})
        self.mount_tmpfs(self.in_replica('m'), 'size=8m')
        trees.write(self.in_replica('m', 'old'), b'x' * (6 * MIB))
        self.assertIn('not enough space', self.refuse('--cross-mounts', '--exclude', 'kept'))


@with_mounts
class UpdatesTest(RoomTest):
    """Where nothing is deleted, windows become smaller."""

    def test_one_after_another_has_the_room_of_the_one_before(self):
        names = [f'u{number}' for number in range(6)]
        self.given({name: megabytes(1, 'new') for name in names},
                   {name: file('old' * (MIB // 3)) for name in names})
        plan = self.plan()
        self.assertNotIn('needs', plan)
        self.mirror()

    def test_a_file_gives_its_room_to_the_directory_in_its_place_and_the_reverse(self):
        self.given({'d': {'x': megabytes(5)}}, {'d': megabytes(5, 'old')})
        self.mirror()
        os.remove(self.in_source('d', 'x'))
        os.rmdir(self.in_source('d'))
        trees.write(self.in_source('d'), b'z' * (5 * MIB))
        self.mirror()

    def test_many_small_files_take_the_room_of_others(self):
        self.given({'new': {f'n{number}': f'new {number}' for number in range(900)},
                    'large': megabytes(3)},
                   {'old': {f'o{number}': str(number) for number in range(900)},
                    'larger': megabytes(4)})
        self.assertIn(TOLD, self.mirror().out)

    def test_what_has_no_room_beside_its_own_old_is_refused(self):
        self.given({'a': megabytes(3, 'new'), 'b': megabytes(3, 'new')},
                   {'a': megabytes(3, 'old!'), 'b': megabytes(3, 'old!')})
        self.assertIn('not enough space', self.refuse())


@with_mounts
class AskedTest(RoomTest):
    def test_who_asks_for_it_has_it_where_there_is_room(self):
        self.given({'new': 'x'}, {'old': 'y'})
        self.assertEqual([], self.first(self.plan()))
        plan = self.plan('--delete-first')
        self.assertEqual(['old'], self.first(plan))
        self.assertEqual([], [g for g in plan['guards'] if g['rule'] == 'delete-first'])
        self.assertIn('deletions first', self.mirror('--delete-first').out)
        self.assertEqual(['options.delete_first'], self.plan('--delete-first')['needs'])

    def test_options_that_exclude_each_other(self):
        self.given({}, {})
        self.sync('run', '--delete-first', '--atomic', expect=USAGE)
        self.sync('run', '--delete-first', '--no-delete-first', expect=USAGE)


@with_mounts
class QuotaTest(RoomTest):
    """Of a Btrfs subvolume: calls fail with EDQUOT, and the figures say that there is room."""

    def setUp(self):
        super().setUp()
        self.unmount(self.replica)
        self.disk(self.at('btrfs'), 'mkfs.btrfs', '-q', mib=512)
        self.replica = self.at('btrfs', 'replica')
        try:
            self.btrfs('quota', 'enable', self.at('btrfs'))
            self.btrfs('subvolume', 'create', self.replica)
        except subprocess.CalledProcessError as refused:
            self.skipTest(f'no quotas here: {refused.stderr}')

    def limit(self, size):
        self.btrfs('filesystem', 'sync', self.at('btrfs'))
        self.btrfs('qgroup', 'limit', size, self.replica)

    def given_half(self):
        self.given({'new': megabytes(12)})
        trees.write(self.in_replica('old'), b'x' * (12 * MIB))
        self.limit('16M')

    def test_it_is_kept_in_one_run_by_who_asks_for_it(self):
        self.given_half()
        self.assertNotIn('another plan', self.mirror('--delete-first', '--threads', '2').err)

    def test_it_is_kept_in_one_run_by_a_second_plan(self):
        self.given_half()
        said = self.sync('run', '--adopt', '--backup-dir', self.at('backup'), '--report',
                         self.at('report'))
        self.assertIn('another plan is made', said.err)
        self.assertIn('deletions first', said.out)
        self.assert_mirrored()
        with open(self.at('report'), encoding='utf-8') as written:
            lines, _ = report.parse(written.read())
        events = [line['event'] for line in lines]
        self.assertEqual((1, 1, 1), tuple(map(events.count, ('start', 'plan', 'summary'))))
        self.assertEqual(DONE, lines[-1]['exit_code'])
        [name] = os.listdir(self.at('backup'))
        self.btrfs('qgroup', 'limit', 'none', self.replica)
        self.execute('apply', self.at('backup', name, 'undo.json'), expect=DONE)
        self.assertEqual(['old'], self.replica_paths())

    def test_files_that_are_replaced_make_room_for_each_other(self):
        names = [f'u{number}' for number in range(5)]
        self.given({name: megabytes(3, 'new') for name in names})
        for name in names:
            trees.write(self.in_replica(name), b'x' * (3 * MIB + 1))
        self.limit('21M')
        self.mirror('--no-delete-first')

    def test_where_it_is_forbidden_nothing_is_lost_and_it_is_told(self):
        self.given({'u': megabytes(12, 'new')})
        trees.write(self.in_replica('u'), b'x' * (12 * MIB))
        self.limit('16M')
        said = self.sync('run', '--no-delete-first', expect=PARTIAL)
        self.assertRegex(said.err, 'update u 12.0 MiB: .*EDQUOT.*quota')
        self.assertEqual(b'x' * 8, self.content('u')[:8])
        self.assertEqual(['u'], self.replica_paths())

    def test_not_even_the_staging_folder_can_be_made(self):
        self.given({'new': megabytes(2)})
        trees.write(self.in_replica('old'), b'x' * (6 * MIB))
        self.limit('8M')
        with open(self.in_replica('rest'), 'wb', buffering=0) as out:
            for size in (MIB, 4096, 1):
                try:
                    while out.write(b'x' * size):
                        os.fsync(out.fileno())
                except OSError as full:
                    self.assertEqual(errno.EDQUOT, full.errno)
        self.btrfs('filesystem', 'sync', self.at('btrfs'))
        self.mirror('--adopt')


@with_mounts
class NotEvenRoomForTheStagingFolderTest(RoomTest):
    def full(self, source):
        self.given(source, {'old': megabytes(5), 'small': 'x'})
        self.fill(self.in_replica('rest'))
        left = 0
        try:
            while True:
                trees.write(self.in_replica(f'f{left}'), 'x' * 100)
                left += 1
        except OSError:
            pass
        os.sync()

    def test_on_a_tmpfs(self):
        self.full({'new': megabytes(5)})
        self.mirror()

    def test_on_ext4(self):
        self.unmount(self.replica)
        self.disk(self.replica, 'mkfs.ext4', '-q', '-m', '0', mib=16)
        self.full({'new': megabytes(5)})
        said = self.sync('run')
        self.assertIn('even for the staging folder', said.err)
        deleted = [line for line in said.out.splitlines() if ' delete ' in line]
        self.assertIn('delete old 5.0 MiB', '\n'.join(deleted))
        self.assertEqual([], self.differences(ignore=('lost+found',)))

    def full_disk(self, source):
        self.unmount(self.replica)
        self.disk(self.replica, 'mkfs.ext4', '-q', '-m', '0', mib=16)
        self.full(source)
        os.mkdir(self.at('backup'))

    def state_of_replica(self):
        return {path: (self.content(*path.split('/')), os.stat(self.in_replica(path)).st_mtime_ns)
                for path in self.replica_paths() if path != 'lost+found'}

    def test_what_a_backup_on_another_disk_wants_is_kept_there_first(self):
        self.full_disk({'new': megabytes(4)})
        before = self.state_of_replica()
        said = self.sync('run', '--backup-dir', self.at('backup'), '--exclude', 'rest')
        [name] = os.listdir(self.at('backup'))
        self.assertIn(f"kept in '{self.at('backup', name)}'", said.err)
        self.assertEqual([], self.differences(ignore=('lost+found', 'rest')))
        # What it takes for the files alone is not enough for what is beside them.
        os.remove(self.in_replica('rest'))
        self.execute('apply', self.at('backup', name, 'undo.json'), expect=DONE)
        del before['rest']
        self.assertEqual(before, self.state_of_replica())

    def test_what_a_backup_on_the_same_disk_wants_is_not_removed_so(self):
        self.unmount(self.replica)
        disk = self.at('disk')
        self.disk(disk, 'mkfs.ext4', '-q', '-m', '0', mib=16)
        self.replica = os.path.join(disk, 'replica')
        os.mkdir(os.path.join(disk, 'backup'))
        self.full({'new': megabytes(5)})
        self.sync('run', '--backup-dir', os.path.join(disk, 'backup'), '--no-space-check',
                  '--delete-first', expect=FAILED)
        self.assertEqual(5 * MIB, os.path.getsize(self.in_replica('old')))

    def test_nothing_is_removed_where_the_backup_has_no_room_for_it(self):
        self.full_disk({'new': megabytes(5)})
        self.mount_tmpfs(self.at('backup'), 'size=1m')
        self.sync('run', '--backup-dir', self.at('backup'), '--no-space-check', '--delete-first',
                  expect=FAILED)
        self.assertEqual(5 * MIB, os.path.getsize(self.in_replica('old')))
        self.assertEqual([], os.listdir(self.at('backup')))

    def test_on_ext4_where_nothing_is_written(self):
        self.unmount(self.replica)
        self.disk(self.replica, 'mkfs.ext4', '-q', '-m', '0', mib=16)
        self.full({'small': 'x'})
        trees.set_mtime(self.in_source('small'),
                        os.stat(self.in_replica('small')).st_mtime_ns)
        self.sync('run')
        self.assertEqual(['lost+found', 'small'], self.replica_paths())

    def test_without_inodes(self):
        self.unmount(self.replica)
        self.mount_tmpfs(self.replica, 'nr_inodes=200')
        self.given({f'n{number}': str(number) for number in range(100)}, {})
        try:
            for number in range(1000):
                trees.write(self.in_replica(f'o{number}'), '')
        except OSError as full:
            self.assertEqual(errno.ENOSPC, full.errno)
        [guard] = [g for g in self.plan()['guards'] if g['rule'] == 'delete-first']
        self.assertEqual('inodes', guard['limit'])
        self.mirror()


del RoomTest


if __name__ == '__main__':
    unittest.main()
