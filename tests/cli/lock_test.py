"""One run at a time holds a replica."""
import fcntl
import os
import subprocess
import sys
import unittest

from tests.support import trees
from tests.support.disks import DiskTest
from tests.support.program import DONE, LOCKED


class LockTest(DiskTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new'}, {'old': 'x'})

    def test_a_held_lock_ends_run_and_apply_at_once(self):
        plan = self.plan_file()
        with self.lock_held(), self.untouched():
            self.sync('run', expect=LOCKED)
            self.execute('apply', plan, expect=LOCKED)

    def test_the_process_that_holds_the_lock_is_named(self):
        with self.lock_held():
            for result in (self.sync('run', expect=LOCKED),
                           self.execute('recover', '-r', self.replica, expect=LOCKED)):
                self.assertIn(f'process {os.getpid()} (', result.err)
                self.assertRegex(result.err, r'started \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
                self.assertIn('--lock-wait', result.err)
                self.assertNotIn('EAGAIN', result.err)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_somebody_who_may_only_read_the_folder_can_hold_the_lock_and_is_named(self):
        os.chmod(self.replica, 0o755)
        for folder in (self.top, self.replica):
            os.chmod(folder, os.stat(folder).st_mode | 0o055)
        told, tell = os.pipe()
        until, let_go = os.pipe()
        holder = os.fork()
        if holder == 0:
            os.setuid(65534)
            fcntl.flock(os.open(self.replica, os.O_RDONLY), fcntl.LOCK_EX)
            os.write(tell, b'held')
            os.close(let_go)
            os.read(until, 1)
            os._exit(0)
        self.assertEqual(b'held', os.read(told, 4))
        with self.untouched():
            result = self.sync('run', '--lock-wait', '0.1', expect=LOCKED)
        self.assertIn(f'process {holder} (', result.err)
        for end in (told, tell, until, let_go):
            os.close(end)
        os.waitpid(holder, 0)
        self.mirror()

    def test_a_holder_that_has_left_its_lock_to_another_is_said_to_have_ended(self):
        fd = os.open(self.replica, os.O_RDONLY | os.O_DIRECTORY)
        try:
            subprocess.run([sys.executable, '-c', f'import fcntl; fcntl.flock({fd}, fcntl.LOCK_EX)'],
                           pass_fds=[fd], check=True)
            self.assertIn('has ended', self.sync('run', expect=LOCKED).err)
        finally:
            os.close(fd)

    def test_a_command_line_that_would_fool_a_reader_is_escaped_and_cut(self):
        script = ('import fcntl, os, sys\n'
                  'fd = os.open(sys.argv[1], os.O_RDONLY)\n'
                  'fcntl.flock(fd, fcntl.LOCK_EX)\n'
                  'print(flush=True)\n'
                  'sys.stdin.read()')
        command = [sys.executable, '-c', script, self.replica, '\x1b[31mred\u202e', 'x' * 5000]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            holder.stdout.readline()
            result = self.sync('run', expect=LOCKED)
            holder.stdin.close()
            holder.wait(100)
        self.assertIn(f'process {holder.pid} ({sys.executable} -c import fcntl', result.err)
        self.assertIn('\\x0a', result.err)
        self.assertNotIn('\x1b', result.err)
        self.assertNotIn('x' * 500, result.err)

    def test_the_holder_is_found_where_files_have_a_device_of_their_own(self):
        trees.remove(self.replica)
        self.disk(self.at('disk'), 'mkfs.btrfs', '-q', mib=120)
        self.replica = self.at('disk', 'replica')
        self.btrfs('subvolume', 'create', self.replica)
        for name in 'bcd':
            trees.write(self.in_source(name), 'x' * 1_000_000)
        pair = ('-s', self.source, '-r', self.replica)
        # Files that are open are told to who has all the rights of the other process.
        holder = self.start('run', *pair, '--bwlimit', '1', '-l', self.at('holder.log'))
        self.wait_until(lambda: os.path.isdir(self.in_replica('.sync-txn')), 'it works')
        self.assertIn(f'process {holder.pid} (', self.sync('run', expect=LOCKED).err)
        self.stop(holder)

    def test_a_plan_needs_no_lock(self):
        with self.lock_held(), self.untouched():
            self.sync('plan', expect=DONE)
            self.sync('run', '--dry-run', expect=DONE)

    def test_the_wait_for_a_lock_ends_after_the_time_given(self):
        with self.lock_held(), self.untouched():
            self.sync('run', '--lock-wait', '0.2', expect=LOCKED)

    def test_a_lock_that_is_given_up_in_time_is_taken(self):
        with self.lock_held():
            process = self.start('run', '-s', self.source, '-r', self.replica, '--lock-wait', '100')
            self.wait_until(lambda: self.replica in self.open_files(process), 'it tries the lock')
            self.assertIsNone(process.poll())
        self.assertEqual(DONE, process.wait(100))
        self.assert_mirrored()

    def test_the_lock_is_gone_after_a_run(self):
        self.mirror()
        with self.lock_held():
            pass
        self.mirror()

    def test_runs_at_the_same_time_end_mirrored_or_locked_out(self):
        processes = [self.start('run', '-s', self.source, '-r', self.replica, '-l',
                                self.at(f'log{number}')) for number in range(8)]
        codes = {process.wait(100) for process in processes}
        self.assertLessEqual(codes, {DONE, LOCKED})
        self.assertIn(DONE, codes)
        self.assert_mirrored()

    @staticmethod
    def open_files(process):
        folder = f'/proc/{process.pid}/fd'
        found = []
        for name in os.listdir(folder):
            try:
                found.append(os.readlink(f'{folder}/{name}'))
            except FileNotFoundError:
                continue
        return found


if __name__ == '__main__':
    unittest.main()
