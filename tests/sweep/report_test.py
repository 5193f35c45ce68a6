"""Killed or told to stop at its system calls, the program has reported nothing that is not so."""
import os
import unittest

from tests.support import compare, report, trees
from tests.sweep.sweep import KILLED, SweepTest, spread


class ReportSweep(SweepTest):
    """One run with a report, stopped at each of the points."""

    points = 40

    def setUp(self):
        super().setUp()
        self.report = self.at('report.jsonl')
        self.command = (*type(self).command, '--report', self.report)
        self.listings = compare.listing(self.original), compare.listing(self.source)

    def start_again(self):
        super().start_again()
        if os.path.exists(self.report):
            os.remove(self.report)

    def judge(self, point, is_prefix):
        """The report so far; what it says is so on the disk."""
        text = trees.read(self.report).decode() if os.path.exists(self.report) else ''
        lines, rest = report.parse(text)
        self.assertEqual('', rest, f'{point}: a line is torn')
        if report.jsonschema is not None:
            self.assertEqual([], report.invalid(lines), point)
        now = compare.listing(self.replica)
        for group in report.groups(lines):
            self.assertEqual([], report.contradictions(group, is_prefix=is_prefix), point)
            done = [line for line in group if line.get('outcome') in ('ok', 'already')]
            self.assertEqual([], report.lies(done if is_prefix else group, *self.listings, now),
                             point)

    def sweep(self, expect, *options):
        """`options` with {} where the number of the call belongs."""
        total = self.count_calls()
        stopped = 0
        for number in spread(range(1, total + 1), self.points):
            with self.subTest(f'call {number}'):
                self.start_again()
                point = f'{" ".join(options)} at call {number}'
                code = self.stopped(*(option.format(number) for option in options))
                self.assertIn(code, (expect, 0), point)
                stopped += code == expect
                self.judge(point, is_prefix=code == KILLED)
            self.forget()
        self.assertGreater(stopped, 0.5 * min(self.points, total), 'hardly anything was stopped')


class KillTest(ReportSweep):
    def test_killed_the_report_is_a_true_prefix(self):
        self.sweep(KILLED, '--kill-before', '{}')


class SignalTest(ReportSweep):
    def test_told_to_stop_the_report_is_complete(self):
        self.sweep(143, '--signal', '{}=TERM')


class SignalAtomicTest(ReportSweep):
    command = ('run', '--atomic', '--threads', '1', '--xattrs')

    def test_told_to_stop_the_report_says_that_nothing_was_done(self):
        self.sweep(130, '--signal', '{}=INT')


class ApplyAgainTest(ReportSweep):
    """A plan whose apply was killed is applied once more."""

    def setUp(self):
        super().setUp()
        super().start_again()
        self.plan = self.plan_file('--xattrs', source_may_change=True)

    def arguments(self):
        return ['apply', self.plan, '-s', self.source, '-r', self.replica, '--threads', '1',
                '--report', self.report]

    def judge(self, point, is_prefix):
        super().judge(point, is_prefix)
        self.assert_converges(point)
        lines, _ = report.parse(trees.read(self.report).decode())
        last = report.groups(lines)[-1]
        self.assertEqual([], report.contradictions(last), point)
        self.assertLessEqual({line['outcome'] for line in last if line['event'] == 'action'},
                             {'ok', 'already'}, point)

    def test_killed_an_apply_goes_on_where_it_was(self):
        self.sweep(KILLED, '--kill-after', '{}')


if __name__ == '__main__':
    unittest.main()
