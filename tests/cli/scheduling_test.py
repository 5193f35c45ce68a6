"""When a run, or a cycle of a loop, begins: --jitter and --between."""
import os
import signal
import subprocess
import time
import unittest

from tests.support import trees
from tests.support.program import DONE, USAGE, ProgramTest

LONG = '10000000'


def in_hours(hours):
    """The time of day by then, of UTC."""
    return time.strftime('%H:%M', time.gmtime(time.time() + 3600 * hours))


class SchedulingTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'x'})
        # Suites may run for hours.
        self.open = f'{in_hours(-2)}-{in_hours(2)}'
        self.closed = f'{in_hours(3)}-{in_hours(4)}'

    def start_waiting(self, *options, env=None):
        process = self.start('run', '-s', self.source, '-r', self.replica, *options,
                             env={'TZ': 'UTC', **(env or {})}, stderr=subprocess.PIPE)
        self.timer = self.wait_for_timer(process.pid)
        self.assertFalse(os.path.exists(self.replica))
        return process

    def test_a_run_outside_of_its_times_waits_and_says_so(self):
        process = self.start_waiting('--between', self.closed)
        clock, left = self.timer
        self.assertEqual(time.CLOCK_REALTIME, clock)
        self.assertTrue(2.9 * 3600 < left <= 3 * 3600, left)
        self.assertRegex(process.stdout.readline().decode(),
                         rf' INFO this run begins at {self.closed[:5]}, in 10,[78]\d\d s '
                         rf'\(--between {self.closed}\)\n')
        process.send_signal(signal.SIGUSR1)
        self.assertIn('this run begins in 10,', process.stderr.readline().decode())
        self.assertEqual(128 + signal.SIGTERM, self.stop(process))
        self.assertFalse(os.path.exists(self.replica))
        self.assertIn('stopped before this run changed anything', self.log_text())

    def test_a_loop_outside_of_its_times_waits_and_says_so(self):
        process = self.start_waiting('--between', self.closed, '-i', '60')
        self.assertIn('the next cycle begins at', process.stdout.readline().decode())
        self.assertEqual(DONE, self.stop(process))
        self.assertEqual(1, self.log_text().count('the next cycle begins at'))

    def test_a_cycle_that_is_due_when_it_is_closed_waits_too(self):
        soon = f'{in_hours(-1)}-{in_hours(1)}'
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', '100000',
                             '--between', soon, env={'TZ': 'UTC'})
        clock, _ = self.wait_for_timer(process.pid)
        self.assertEqual(time.CLOCK_REALTIME, clock)
        self.assert_mirrored()
        self.wait_until(lambda: 'the next cycle begins at' in self.log_text(), 'it says so')
        self.assertEqual(DONE, self.stop(process))

    def test_the_clock_may_be_set_while_it_waits(self):
        process = self.start_waiting('--between', self.closed)
        folder = f'/proc/{process.pid}/fdinfo'
        flags = [line for fd in os.listdir(folder)
                 for line in trees.read(f'{folder}/{fd}').decode().split('\n')
                 if line.startswith('settime flags: ')]
        self.assertEqual(['settime flags: 03'], flags)  # at a time, or when the clock is set
        self.stop(process)

    def test_times_are_those_of_the_zone(self):
        process = self.start_waiting('--between', self.open, env={'TZ': 'EST5'})
        self.assertIn(f'begins at {self.open[:5]},', process.stdout.readline().decode())
        self.stop(process)

    def test_within_its_times_it_begins_at_once(self):
        for times in (self.open, f'{self.closed},{self.open}'):
            self.sync('run', '--between', times, env={'TZ': 'UTC'})
            self.assert_mirrored()
        self.assertNotIn('begins', self.log_text())

    def test_a_random_delay_is_waited_for_and_said(self):
        process = self.start_waiting('--jitter', LONG)
        self.assertEqual(time.CLOCK_BOOTTIME, self.timer[0])
        self.assertRegex(process.stdout.readline().decode(),
                         r' INFO this run begins in [\d,]+ s \(--jitter\)\n')
        self.assertEqual(128 + signal.SIGTERM, self.stop(process))

    def test_a_loop_begins_at_random_too_and_each_delay_is_another(self):
        seconds = set()
        for _ in range(2):
            process = self.start_waiting('--jitter', LONG, '-i', LONG)
            seconds.add(process.stdout.readline())
            self.assertEqual(DONE, self.stop(process))
        self.assertEqual(2, len({line.split(b' begins ')[1] for line in seconds}))

    def test_a_dry_run_begins_at_once(self):
        self.sync('run', '--between', self.closed, '--jitter', LONG, '--dry-run', env={'TZ': 'UTC'})
        self.assertIn('dry run', self.log_text())

    def test_what_can_not_be_is_wrong_usage(self):
        for options in (('--between', '22:00'), ('--between', '22:00-22:00'), ('--between', ''),
                        ('--between', '22-6'), ('--between', self.closed, '--confirm'),
                        ('--jitter', '5', '--confirm'), ('--jitter', '-1'),
                        ('--jitter', '61', '-i', '1m')):
            with self.subTest(options=options):
                self.sync('run', *options, expect=USAGE)
        self.assertIn('as 22:00-06:00', self.sync('run', '--between', '22', expect=USAGE).err)


if __name__ == '__main__':
    unittest.main()
