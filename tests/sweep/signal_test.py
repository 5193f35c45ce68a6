"""Told to stop at its system calls, the program ends in order, and starts again."""
import signal
import unittest

from tests.sweep.sweep import SweepTest, spread


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


if __name__ == '__main__':
    unittest.main()
