"""--min-age and --max-size: files outside of them are left alone in both folders, as if excluded."""
import os
import time

from tests.support import compare, sealed_plan
from tests.support.program import BAD_PLAN, DONE, PENDING, STALE, USAGE, ProgramTest, parse_plan
from tests.support.trees import SECOND, file, folder, fifo, symlink

HOUR = 3600


def aged(content, seconds, **attributes):
    return file(content, mtime=int((time.time() - seconds) * SECOND), **attributes)


class MaxSizeTest(ProgramTest):
    def test_files_above_it_are_left_alone_in_both_folders(self):
        self.given({'small': 'x' * 10, 'large': 'x' * 11, 'shrunk': 'x', 'grown': 'x' * 50,
                    'd': {'large': 'x' * 99}, 'pipe': fifo(), 'link': symlink('x' * 50)},
                   {'large': 'old', 'grown': 'old', 'shrunk': 'x' * 50, 'extra': 'x',
                    'large extra': 'x' * 11, 'gone': {'large': 'x' * 11, 'small': 'x'}})
        self.sync('run', '--max-size', '10')
        self.assertEqual({'small', 'large', 'shrunk', 'grown', 'd', 'pipe', 'link',
                          'large extra', 'gone', 'gone/large'}, set(self.replica_paths()))
        self.assertEqual(b'old', self.content('large'))
        self.assertEqual(b'old', self.content('grown'))
        self.assertEqual(b'x', self.content('shrunk'))
        self.sync('plan', '--max-size', '10', '--detailed-exitcode', expect=DONE)
        self.sync('plan', '--detailed-exitcode', expect=PENDING)

    def test_what_they_leave_in_the_replica_goes_with_delete_excluded(self):
        self.given({'large': 'x' * 11}, {'large': 'x' * 11, 'other': 'x' * 11})
        self.sync('run', '--max-size', '10', '--delete-excluded', '--new-source')
        self.assertEqual(set(), set(self.replica_paths()))

    def test_sizes_have_units(self):
        self.given({'a': file(size=1024), 'b': file(size=1025)})
        self.sync('run', '--max-size', '1K')
        self.assertEqual({'a'}, set(self.replica_paths()))

    def test_a_directory_that_moves_may_hold_a_new_one_that_is_left_alone(self):
        tree = {'one': file('content one', mtime=SECOND), 'two': file('content two', mtime=SECOND)}
        self.given({'new': folder({**tree, 'large': 'x' * 99}, mtime=SECOND)},
                   {'old': folder(tree, mtime=SECOND)})
        plan = self.plan_file('--max-size', '50')
        self.execute('apply', plan, expect=DONE)
        self.assertEqual({'new', 'new/one', 'new/two'}, set(self.replica_paths()))

    def test_a_plan_that_was_edited_to_delete_what_the_source_has_is_stale(self):
        self.given({'large': 'x' * 99, 'a': 'x'}, {'large': 'old', 'a': 'x', 'extra': 'x'})
        plan = self.plan('--max-size', '50')
        (action,) = [one for one in plan['actions'] if one['op'] == 'delete']
        size = os.stat(self.in_replica('large')).st_size
        action.update(path='large', before={'type': 'file', 'size': size})
        self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                     input=sealed_plan.seal(plan), expect=STALE)
        self.assertEqual(b'old', self.content('large'))

    def test_the_inventory_leaves_them_out(self):
        self.given({'a': 'x', 'large': 'x' * 99})
        lines = self.execute('scan', '-s', self.source, '--max-size', '50', expect=DONE).out
        self.assertIn(' a\n', lines)
        self.assertNotIn('large', lines)


class MinAgeTest(ProgramTest):
    def test_files_that_changed_since_are_left_alone_in_both_folders(self):
        self.given({'old': aged('x', 2 * HOUR), 'young': aged('x', 1), 'future': aged('x', -HOUR),
                    'changed': aged('new', 1)},
                   {'changed': aged('before', 9 * HOUR), 'young extra': aged('x', 1),
                    'old extra': aged('x', 2 * HOUR)})
        self.sync('run', '--min-age', str(HOUR))
        self.assertEqual({'old', 'changed', 'young extra'}, set(self.replica_paths()))
        self.assertEqual(b'before', self.content('changed'))
        self.sync('plan', '--min-age', str(HOUR), '--detailed-exitcode', expect=DONE)

    def test_an_age_is_that_at_the_making_of_the_plan(self):
        self.given({'old': aged('x', 2 * HOUR), 'young': aged('x', 1)}, {})
        path = self.plan_file('--min-age', str(HOUR))
        with open(path, encoding='utf-8') as opened:
            plan = parse_plan(opened.read())
        self.assertEqual((HOUR, ['options.min_age'], '1.1'),
                         (plan['options']['min_age'], plan['needs'], plan['format_version']))
        self.assertEqual(plan['digest']['value'], sealed_plan.digest(plan))
        self.execute('apply', path, expect=DONE)
        self.assertEqual({'old'}, set(self.replica_paths()))
        plan['options']['min_age'] += 1
        self.execute('apply', '-', input=str(plan), expect=BAD_PLAN)
        self.assertIn('--min-age 3600', self.execute('show', path, expect=DONE).out)

    def test_an_option_of_a_later_version_has_to_be_announced(self):
        self.given({'a': aged('x', 2 * HOUR)}, {})
        plan = self.plan('--min-age', '60')
        for wrong in ({'needs': []}, {'needs': [], 'ignorable': ['options.min_age']},
                      {'format_version': '1.0'}):
            with self.subTest(wrong=wrong), self.untouched():
                self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                             input=sealed_plan.signed({**plan, **wrong}), expect=BAD_PLAN)


class UsageTest(ProgramTest):
    def test_wrong_values_are_usage_errors(self):
        self.given({'a': 'x'}, {})
        for option in ('--min-age', '--max-size'):
            for value in ('0', '-1', '', 'x', '1.5', '1e99', 'nan', '99999999999999999999'):
                with self.subTest(option=option, value=value), self.untouched():
                    result = self.sync('run', f'{option}={value}', expect=USAGE)
                    self.assertIn(option, result.err)

    def test_a_loop_asks_the_clock_in_each_cycle(self):
        self.given({'a': aged('x', 1)}, {})
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.2',
                             '--min-age', '3')
        self.wait_until(lambda: os.path.exists(self.in_replica('a')), 'it is old enough')
        self.assertEqual(0, self.stop(process))
        self.assertEqual([], compare.differences(self.source, self.replica))
