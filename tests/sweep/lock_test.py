"""On a file system that knows no locks, a file in the state folder stands in for the replica."""
import fcntl
import glob
import os
import unittest

from tests.support.program import DONE, FAILED, LOCKED, REFUSED
from tests.sweep.sweep import StoppedTest


class StandInTest(StoppedTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new'}, {'old': 'x'})

    def run_without_locks(self, errno='EOPNOTSUPP', how='--fail', expect=DONE):
        """A run whose first attempt to lock fails, or every one."""
        wrapper = self.stopper('--only', 'flock', how, f'1={errno}')
        result = self.sync('run', wrapper=wrapper, expect=expect)
        self.assertGreaterEqual(self.calls_seen(), 1, 'no lock was tried')
        return result

    def stand_ins(self):
        return glob.glob(os.path.join(self.state, 'foldersync', 'locks', '*'))

    def test_the_run_goes_on_and_says_what_the_lock_is_worth(self):
        for errno in ('EOPNOTSUPP', 'ENOLCK', 'EINVAL', 'ENOSYS'):
            with self.subTest(errno):
                self.assertIn('knows no locks', self.run_without_locks(errno).err)
        self.assertEqual(4, self.log_text().count('same state folder'))
        self.assertEqual(1, len(self.stand_ins()))
        self.assertEqual(0, os.lstat(self.stand_ins()[0]).st_mode & 0o077)
        self.assert_mirrored()

    def test_only_one_run_at_a_time_holds_it(self):
        self.run_without_locks()
        with open(self.stand_ins()[0], 'rb') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self.untouched():
                result = self.run_without_locks(expect=LOCKED)
        self.assertIn(f'process {os.getpid()} (', result.err)
        self.run_without_locks()

    def test_where_nothing_can_be_locked_the_run_is_refused(self):
        with self.untouched():
            result = self.run_without_locks('ENOLCK', '--fail-from', REFUSED)
        self.assertIn('--state', result.err)

    def test_any_other_failure_ends_the_run(self):
        with self.untouched():
            self.run_without_locks('EIO', expect=FAILED)


if __name__ == '__main__':
    unittest.main()
