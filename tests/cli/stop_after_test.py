"""--stop-after: a run that begins no new work after a while. What it may copy would take weeks."""
import json
import os
import unittest

from tests.support import trees
from tests.support.program import DONE, PARTIAL, USAGE, ProgramTest

SLOWLY = ('--bwlimit', '1', '--threads', '2')
SOON = ('--stop-after', '0.3')
AT_ONCE = ('--stop-after', '0.000001')
TIME_IS_UP = 'the time of --stop-after is up'


class StopAfterTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({name: {'file': name * 500_000} for name in 'abcd'}, {})

    def assert_next_run_does_the_rest(self):
        self.assertFalse(os.path.exists(self.in_replica('.sync-txn')))
        self.mirror()

    def test_it_ends_with_3_and_the_next_run_does_the_rest(self):
        report = self.at('report')
        result = self.sync('run', *SLOWLY, *SOON, '--report', report, expect=PARTIAL)
        self.assertIn(f'{TIME_IS_UP}, the next run goes on: ', result.err)
        self.assertIn(', skipped ', result.err)
        summary = json.loads(self.log_text(report).split('\n')[-2])
        self.assertEqual(PARTIAL, summary['exit_code'])
        self.assertGreater(summary['outcomes']['skipped'], 0)
        self.assertEqual(0, summary['outcomes']['error'])
        self.assert_next_run_does_the_rest()

    def test_before_anything_is_changed_it_says_so(self):
        result = self.sync('run', *AT_ONCE, expect=PARTIAL)
        self.assertIn(f'{TIME_IS_UP}: stopped before this run changed anything', result.err)
        self.assertEqual([], os.listdir(self.replica))

    def test_a_run_that_is_done_before_is_done(self):
        self.sync('run', '--stop-after', '1h')
        self.assert_mirrored()
        self.sync('run', '--stop-after', '365d')

    def test_with_all_or_nothing_it_is_nothing(self):
        self.sync('run', '--atomic', *SLOWLY, *SOON, expect=PARTIAL)
        self.assertEqual([], os.listdir(self.replica))
        self.assert_next_run_does_the_rest()

    def test_each_cycle_of_a_loop_has_its_own_time(self):
        loop = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.1', *SLOWLY, *SOON)
        self.wait_until(lambda: self.log_text().count(TIME_IS_UP) >= 3, 'three cycles are over')
        self.assertIsNone(loop.poll())
        self.assertIn(self.stop(loop), (DONE, 143))
        self.mirror()

    def test_a_plan_is_applied_for_so_long(self):
        plan = self.plan_file()
        result = self.execute('apply', plan, *SLOWLY, *SOON, expect=PARTIAL)
        self.assertIn(TIME_IS_UP, result.err)
        result = self.execute('apply', plan, *AT_ONCE, expect=PARTIAL)
        self.assertIn(TIME_IS_UP, result.err)
        self.assert_next_run_does_the_rest()

    def test_a_verify_can_be_gone_on_with(self):
        self.mirror()
        result = self.sync('verify', *SLOWLY, *SOON, expect=PARTIAL)
        self.assertIn(TIME_IS_UP, result.err)
        self.assertIn('stopped', result.out)
        self.sync('verify')

    def test_only_times_are_taken(self):
        for time in ('0', '-1', '5x', '', '2y'):
            self.sync('run', '--stop-after', time, expect=USAGE)


class TimetableTest(ProgramTest):
    def test_the_pace_goes_by_the_time_of_day(self):
        self.given({'a': 'x' * 500_000})
        for table in ('off', '00:00,off', '08:00,1G 19:00,off', '00:00,0 12:00,1G'):
            trees.remove(self.replica)
            self.sync('run', '--new-replica', '--bwlimit', table)
            self.assert_mirrored()

    def test_it_is_slow_when_it_is_to_be(self):
        self.given({name: 'x' * 500_000 for name in 'abcd'})
        self.sync('run', '--bwlimit', '00:00,1 12:00,2', '--threads', '1', *SOON, expect=PARTIAL)

    def test_what_is_none_is_wrong_usage(self):
        self.given({'a': 'x'})
        for table in ('08:00', '08:00,x', '25:00,1M', '08:00,1M 08:00,2M', '08:00,1M,2M', ''):
            self.sync('run', '--bwlimit', table, expect=USAGE)
        self.assertIn("'08:00,512K 19:00,off'", self.sync('run', '--bwlimit', 'x', expect=USAGE).err)


if __name__ == '__main__':
    unittest.main()
