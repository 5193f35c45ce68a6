"""One run at a time holds a replica."""
import os
import unittest

from tests.support.program import DONE, LOCKED, ProgramTest


class LockTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new'}, {'old': 'x'})

    def test_a_held_lock_ends_run_and_apply_at_once(self):
        plan = self.plan_file()
        with self.lock_held(), self.untouched():
            self.sync('run', expect=LOCKED)
            self.execute('apply', plan, expect=LOCKED)

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
