"""Told to stop at its system calls, the program ends in order, and starts again."""
import os
import signal
import unittest

from tests.support import trees
from tests.support.program import with_mounts
from tests.sweep.sweep import StoppedTest, SweepTest, spread


class SignalTest(SweepTest):
    """A signal at each of the points; then the same command finishes."""

    points = 40
    ending = signal.SIGTERM

    def judge(self, point):
        self.assert_nothing_is_torn(point)

    def test_told_to_stop_it_ends_in_order_and_converges(self):
        total = self.count_calls()
        stopped = 0
        for number in spread(range(1, total + 1), self.points):
            with self.subTest(f'call {number}'):
                self.start_again()
                point = f'{self.ending.name} at call {number}'
                code = self.stopped('--signal', f'{number}={self.ending.name[3:]}')
                # What comes too late stops nothing.
                self.assertIn(code, (0, 128 + self.ending), point)
                stopped += code != 0
                self.judge(point)
                self.assert_converges(point)
            self.forget()
        self.assertGreater(stopped, 0.5 * self.points, 'hardly anything was stopped')


class SignalAtomicTest(SignalTest):
    """All or nothing is the whole old or the whole new tree."""

    command = ('run', '--atomic', '--threads', '1', '--xattrs')
    ending = signal.SIGINT

    def judge(self, point):
        self.assertIn(self.visible(self.replica), (self.old, self.new), point)


@with_mounts
class FirstRoomTest(StoppedTest):
    def test_what_went_before_the_start_is_told_as_done(self):
        for number in range(1, 5):
            with self.subTest(number):
                self.replica = self.at(f'replica{number}')
                self.source = self.at(f'source{number}')
                self.mount_tmpfs(self.replica, 'size=1m')
                self.given({'new': 'x'})
                for name in ('a', 'b', 'c'):
                    trees.write(self.in_replica(name), b'x' * 348_000)
                report = self.at(f'report{number}')
                code = self.sync('run', '--delete-first', '--report', report, expect=None,
                                 wrapper=self.stopper('--only', 'unlinkat',
                                                      '--signal', f'{number}=TERM')).code
                self.assertIn(code, (0, 128 + signal.SIGTERM))
                with open(report, encoding='utf-8') as file:
                    said = file.read()
                for name in ('a', 'b', 'c'):
                    outcome = 'skipped' if os.path.exists(self.in_replica(name)) else 'ok'
                    self.assertRegex(said, rf'"path": ?"{name}"[^}}]*"{outcome}"'
                                     rf'|"{outcome}"[^}}]*"path": ?"{name}"')


if __name__ == '__main__':
    unittest.main()
