"""Disks that are full, turn read-only, or hold entries that may not be changed."""
import errno
import fcntl
import os
import unittest

from tests.support import compare, trees
from tests.support.disks import MIB, DiskTest
from tests.support.program import DONE, FAILED, PARTIAL, REFUSED, Result, with_mounts
from tests.support.trees import symlink


class FullTest(DiskTest):
    """A replica without room: everything there stays old or becomes new, and nothing is torn."""

    def contents(self, root):
        return {path: trees.read(os.path.join(root, path)) for path in compare.paths(root)
                if os.path.isfile(os.path.join(root, path))}

    def run_out_of(self, what, expect=PARTIAL):
        """A run that wants room and gets none; returns the names that still are old."""
        before, wanted = self.contents(self.replica), self.contents(self.source)
        self.sync('run', '--no-space-check', expect=expect)
        self.assertIn(what, self.log_text())
        after = self.contents(self.replica)
        old = [path for path in before if after.get(path) == before[path] != wanted.get(path)]
        torn = {path for path, content in after.items()
                if content not in (before.get(path), wanted.get(path))}
        self.assertEqual(set(), torn)
        self.assertEqual([], sorted(before.keys() & wanted.keys() - after.keys()), 'lost')
        self.assertFalse(os.path.lexists(self.in_replica('.sync-txn')))
        return old

    def expect_convergence(self):
        self.sync('run')
        self.assert_mirrored()
        self.assert_quiet()


@with_mounts
class FullDiskTest(FullTest):
    def setUp(self):
        super().setUp()
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-m', '0', mib=16)
        self.replica = self.at('disk', 'replica')

    def fill(self, leave=0):
        """Takes the room of the disk but `leave` bytes, in a file beside the replica."""
        status = os.statvfs(self.at('disk'))
        fd = os.open(self.at('disk', 'ballast'), os.O_WRONLY | os.O_CREAT)
        try:
            os.posix_fallocate(fd, 0, max(status.f_bavail * status.f_frsize - leave, 1))
        finally:
            os.close(fd)

    def test_a_full_disk_keeps_all_old_content_and_its_second_plan_has_room(self):
        names = [f'f{number}' for number in range(8)]
        self.given({**{name: f'new {name}'.encode() * 100_000 for name in names}, 'new': 'x' * MIB},
                   {name: f'old {name}'.encode() * 100_000 for name in names})
        self.fill(leave=3 * MIB)
        self.assertEqual([], self.run_out_of('ENOSPC', expect=DONE))
        os.unlink(self.at('disk', 'ballast'))
        self.expect_convergence()

    def test_a_disk_without_any_room_is_no_reason_to_hurt_anything(self):
        self.given({'a': 'new' * 100_000, 'd': {'b': 'x'}}, {'a': 'old' * 90_000, 'gone': 'x'})
        self.fill()
        with open(self.at('disk', 'rest'), 'wb', buffering=0) as out:
            try:
                while out.write(b'x' * 512):
                    pass
            except OSError as full:
                self.assertEqual(errno.ENOSPC, full.errno)
        # There may not even be room for the folder in which new files are made.
        self.assertIn('a', self.run_out_of('ENOSPC', expect=(FAILED, PARTIAL)))
        os.unlink(self.at('disk', 'ballast'))
        self.expect_convergence()

    def test_deletions_that_make_room_are_done_on_a_full_disk_too(self):
        self.given({'new': b'n' * 5 * MIB}, {f'gone{number}': b'x' * MIB for number in range(4)})
        self.fill(leave=3 * MIB)
        self.run_out_of('ENOSPC', expect=DONE)
        self.assertEqual(['new'], self.replica_paths())
        self.expect_convergence()


@with_mounts
class FewInodesTest(FullTest):
    def test_a_tmpfs_without_inodes_keeps_all_old_content_and_the_next_run_has_some(self):
        self.mount_tmpfs(self.replica, 'nr_inodes=200')
        names = [f'f{number:03}' for number in range(150)]
        self.given({**{name: f'new {name}' for name in names},
                    **{f'new{number:03}': 'x' for number in range(200)}},
                   {name: f'old {name}.' for name in names})
        self.assertNotEqual([], self.run_out_of('ENOSPC'))
        self.remount(self.replica, 'nr_inodes=2000')
        self.expect_convergence()


@with_mounts
class ReadOnlyTest(FullTest):
    FILES = [f'{number:04}{"long name" * 25}' for number in range(1000)]

    def setUp(self):
        super().setUp()
        self.disk(self.at('disk'), 'mkfs.ext4', '-q')
        self.replica = self.at('disk', 'replica')

    def test_a_disk_that_is_read_only_at_the_start_is_refused(self):
        self.given({'a': 'new', 'd': {'f': 'x'}}, {'a': 'older', 'gone': 'x'})
        self.remount(self.at('disk'), 'ro')
        with self.untouched():
            self.sync('run', expect=REFUSED)
        self.assertIn('EROFS', self.log_text())
        self.remount(self.at('disk'), 'rw')
        self.expect_convergence()

    def test_a_disk_that_is_read_only_gets_no_new_replica(self):
        self.given({'a': 'x'})
        self.remount(self.at('disk'), 'ro')
        self.assertIn('EROFS', self.sync('run', expect=REFUSED).err)

    def test_a_disk_that_has_nothing_to_do_may_be_read_only(self):
        self.given({'a': 'x', 'd': {'f': 'x'}})
        self.mirror()
        self.remount(self.at('disk'), 'ro')
        self.mirror()

    def test_a_disk_that_turns_read_only_before_the_end_hurts_nothing(self):
        self.given({name: 'new' for name in self.FILES}, {name: 'older' for name in self.FILES})
        result = self.run_interrupted_by(lambda: self.remount(self.at('disk'), 'ro'))
        self.assertIn(result.code, (FAILED, PARTIAL), result)
        self.assertLessEqual({self.content(name) for name in self.FILES}, {b'new', b'older'})
        self.remount(self.at('disk'), 'rw')
        self.expect_convergence()

    def run_interrupted_by(self, act):
        """Calls `act` while the program says what it did, and lets it go on to its end.

        Nobody reads what it says until then, so it stops where its console is full.
        """
        out_reader, out_writer = os.pipe()
        fcntl.fcntl(out_writer, fcntl.F_SETPIPE_SZ, 4096)
        with open(self.at('stderr'), 'wb') as err:
            process = self.start('run', '-s', self.source, '-r', self.replica,
                                 stdout=out_writer, stderr=err)
        os.close(out_writer)
        with open(out_reader, 'rb', buffering=0) as out:
            said = out.read(1)
            act()
            while more := out.read(65536):
                said += more
        process.wait()
        return Result(process.returncode, said.decode(), trees.read(self.at('stderr')).decode())


@with_mounts
class FlagTest(DiskTest):
    """Immutable and append-only entries of the replica: EPERM is recorded, the rest goes on."""

    def setUp(self):
        super().setUp()
        self.disk(self.at('disk'), 'mkfs.ext4', '-q')
        self.replica = self.at('disk', 'replica')

    def expect_recorded(self, flag, *paths):
        """With the flag on `paths` a run ends partially, and without it all is well."""
        flagged = [self.in_replica(path) for path in paths]
        self.chattr(f'+{flag}', *flagged)
        self.sync('run', expect=PARTIAL)
        self.assertFalse(os.path.lexists(self.in_replica('.sync-txn')))
        self.assertIn('EPERM', self.log_text())
        self.assertEqual(b'new', self.content('z'))
        return flagged

    def expect_convergence_without(self, flag, *flagged):
        self.chattr(f'-{flag}', *flagged)
        self.mirror()

    def expect_flagged_files_kept(self, flag):
        self.given({'updated': 'new', 'becomes-link': symlink('z'), 'd': {}, 'z': 'new'},
                   {'updated': 'older', 'becomes-link': 'x', 'gone': 'x', 'd': {'gone': 'x'},
                    'z': 'older'})
        flagged = self.expect_recorded(flag, 'updated', 'becomes-link', 'gone', 'd/gone')
        self.assertEqual([b'older', b'x', b'x', b'x'], [trees.read(path) for path in flagged])
        self.expect_convergence_without(flag, *flagged)

    def test_immutable_files_keep_content_and_name(self):
        self.expect_flagged_files_kept('i')

    def test_append_only_files_keep_content_and_name(self):
        self.expect_flagged_files_kept('a')

    def test_what_follows_from_a_failure_is_no_stale_plan(self):
        self.given({'becomes-dir': {'f': 'x', 'd': {}}, 'z': 'new'}, {'becomes-dir': 'x'})
        flagged = self.expect_recorded('i', 'becomes-dir')
        self.assertEqual(1, self.log_text().count(' ERROR '), self.log_text())
        self.expect_convergence_without('i', *flagged)

    def expect_flagged_directories_kept(self, flag):
        self.given({'d': {'updated': 'new'}, 'becomes-file': 'x', 'z': 'new'},
                   {'d': {'updated': 'older', 'gone': 'x'}, 'becomes-file': {'f': 'x'},
                    'gone': {'f': 'x'}, 'z': 'older'})
        flagged = self.expect_recorded(flag, 'd', 'becomes-file', 'gone')
        self.assertEqual(b'older', self.content('d', 'updated'))
        for path in ('d/gone', 'becomes-file/f', 'gone/f'):
            self.assertEqual(b'x', self.content(path), path)
        self.expect_convergence_without(flag, *flagged)

    def test_immutable_directories_keep_what_is_in_them(self):
        self.expect_flagged_directories_kept('i')

    def test_append_only_directories_keep_what_is_in_them(self):
        self.expect_flagged_directories_kept('a')

    def test_a_flagged_replica_folder_is_not_touched(self):
        self.given({'a': 'new'}, {'a': 'older', 'gone': 'x'})
        self.chattr('+i', self.replica)
        with self.untouched():
            result = self.sync('run', expect=None)
        self.assertNotIn(result.code, (0, 2))
        self.assertIn('EPERM', result.err)
        self.expect_convergence_without('i', self.replica)


if __name__ == '__main__':
    unittest.main()
