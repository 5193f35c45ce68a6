"""Runs that leave the disk to others: --bwlimit and --ionice."""
import ctypes
import glob
import os
import signal
import unittest

from tests.support.program import NOBODY, USAGE, ProgramTest, as_root

IOPRIO_GET = {'x86_64': 252, 'aarch64': 31}.get(os.uname().machine)
WHO_PROCESS, CLASS_SHIFT = 1, 13
BEST_EFFORT, IDLE = 2, 3
TERMINATED = 128 + signal.SIGTERM


def io_priority(thread):
    """The class and the level of a thread."""
    value = ctypes.CDLL(None).syscall(IOPRIO_GET, WHO_PROCESS, int(thread))
    return value >> CLASS_SHIFT, value & ((1 << CLASS_SHIFT) - 1)


class GentleTest(ProgramTest):
    LARGE = {name: {'file': name * 500_000} for name in 'abcd'}

    def start_slowly(self, *options):
        """A run that has copied two files and waits for weeks before it goes on."""
        process = self.start('run', '-s', self.source, '-r', self.replica, '--bwlimit', '1',
                             '--threads', '2', *options)
        self.wait_until(lambda: self.staged_bytes() > 0 or process.poll() is not None,
                        'something is staged')
        return process

    def staged_bytes(self):
        return sum(os.path.getsize(name)
                   for name in glob.glob(f'{self.replica}/.sync-txn/**', recursive=True)
                   if os.path.isfile(name))

    def test_a_run_waits_where_it_may_not_copy_more_and_a_signal_ends_the_wait(self):
        self.given(self.LARGE)
        process = self.start_slowly()
        self.assertIsNone(process.poll())
        self.assertEqual(self.stop(process), TERMINATED)
        self.mirror()

    def test_what_is_below_the_bound_is_copied_as_ever(self):
        self.given({'a': 'x' * 500_000, 'b': {'c': 'y'}})
        self.sync('run', '--bwlimit', '1G')
        self.assert_mirrored()
        self.sync('run', '--bwlimit', '0')

    @unittest.skipIf(IOPRIO_GET is None, 'the number of ioprio_get is not known here')
    def test_every_thread_has_the_priority_that_was_asked_for(self):
        self.given(self.LARGE)
        for asked, expected in (('idle', (IDLE, 0)), ('best-effort:6', (BEST_EFFORT, 6))):
            with self.subTest(asked=asked):
                process = self.start_slowly('--ionice', asked)
                tasks = f'/proc/{process.pid}/task'
                self.wait_until(lambda: len(os.listdir(tasks)) > 1, 'several threads work')
                threads = os.listdir(tasks)
                self.assertEqual({io_priority(thread) for thread in threads}, {expected})
                self.stop(process)

    @as_root
    def test_who_may_not_have_realtime_learns_it_before_any_work(self):
        self.given({'a': 'x'})
        self.live_as(NOBODY, self.source)
        result = self.sync('run', '--ionice', 'realtime:0', expect=USAGE, uid=NOBODY)
        self.assertIn('only for root', result.err + result.out)
        self.assertFalse(os.path.exists(self.replica))


if __name__ == '__main__':
    unittest.main()
