"""`status`: what became of the last runs, for people and for monitors."""
import glob
import json
import os
import re
import shutil
import signal
import unittest

from tests.support import json_schema, trees
from tests.support.program import DONE, LOCKED, PARTIAL, REFUSED, USAGE, ProgramTest

SCHEMA = json_schema.load('status-v1.schema.json')
QUICK, SLOW = '0.1', '100000'


class StatusCase(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'first'})

    def status(self, *args, expect=DONE):
        """The document of `status --json`, held against its schema."""
        text = self.execute('status', '--json', *args, expect=expect).out
        document = json.loads(text)
        [wrong] = json_schema.by_jsonschema(json_schema.closed(SCHEMA), [document])
        self.assertEqual([], list(wrong))
        self.assertEqual(expect == DONE, document['well'])
        return document

    def pair(self, *args, expect=DONE):
        [pair] = self.status(*args, expect=expect)['pairs']
        self.assertEqual(expect == DONE, pair['well'])
        return pair

    def history_files(self):
        return glob.glob(os.path.join(self.state, 'foldersync', 'history', '*'))

    def lines(self):
        [file] = [name for name in self.history_files() if name.endswith('.jsonl')]
        return file, [json.loads(line) for line in trees.read(file).splitlines()]

    def rewrite(self, change):
        """Changes each line of the history."""
        file, lines = self.lines()
        for line in lines:
            change(line)
        trees.write(file, ''.join(json.dumps(line) + '\n' for line in lines))


class StatusTest(StatusCase):
    def test_nothing_is_known_before_the_first_run(self):
        self.assertIn('nothing is known', self.execute('status', expect=DONE).out)
        self.assertEqual([], self.status()['pairs'])
        self.execute('status', '--max-age', '1d', expect=PARTIAL)
        self.execute('status', 'photos', expect=USAGE)

    def test_a_run_that_went_well(self):
        self.mirror()
        pair = self.pair()
        self.assertEqual((self.source, self.replica), (pair['source'], pair['replica']))
        self.assertEqual((0, None), (pair['failures'], pair['failing_since']))
        self.assertEqual(pair['last']['ended'], pair['last_success'])
        self.assertEqual((0, 1, 5), (pair['last']['exit_code'], pair['last']['counts']['create'],
                                     pair['last']['counts']['bytes']))
        self.assertIn('done: create 1', pair['last']['summary'])
        self.assertIsNone(pair['loop'])
        self.assertRegex(self.execute('status', expect=DONE).out, r'now +well\n')

    def test_one_that_never_came_to_a_plan_counts_too(self):
        self.mirror()
        shutil.move(self.source, self.at('away'))
        for _ in range(2):
            self.sync('run', expect=REFUSED)
        pair = self.pair(expect=PARTIAL)
        self.assertEqual((2, 5), (pair['failures'], pair['last']['exit_code']))
        self.assertIn('does not exist', pair['last']['error'])
        self.assertIsNotNone(pair['last_success'])
        text = self.execute('status', expect=PARTIAL).out
        self.assertRegex(text, r'now +FAILED, 2 times in a row, since ')
        shutil.move(self.at('away'), self.source)
        self.mirror()
        self.assertEqual(0, self.pair()['failures'])

    def test_one_that_found_the_replica_locked_counts_too(self):
        self.mirror()
        with self.lock_held():
            self.sync('run', expect=LOCKED)
        self.assertEqual(6, self.pair(expect=PARTIAL)['last']['exit_code'])

    def test_a_pair_that_can_never_be_one_is_told_and_nothing_is_made_in_it(self):
        self.mirror()
        with self.untouched(self.source, self.replica):
            self.execute('run', '-s', self.source, '-r', self.in_source('a'), expect=REFUSED)
            self.sync('run', '--state', self.in_replica('state'), expect=REFUSED)
            self.execute('run', '-s', self.source, '-r', self.at('new'), '--state',
                         self.at('new', 'state'), expect=REFUSED)
        self.assertFalse(os.path.exists(self.at('new')))

    def test_dry_runs_and_plans_leave_no_trace(self):
        self.mirror()
        before = self.status()['pairs']
        self.sync('run', '--dry-run')
        self.sync('plan')
        self.assertEqual(before, self.status()['pairs'])

    def test_apply_counts_with_the_folders_of_its_plan(self):
        plan = self.plan_file()
        self.execute('apply', plan, expect=DONE)
        pair = self.pair()
        self.assertEqual((self.replica, 'apply'), (pair['replica'], pair['last']['command']))

    def test_the_last_ones_are_listed_the_newest_first(self):
        for number in range(12):
            trees.write(self.in_source('a'), str(number))
            self.sync('run')
        for args, count in ((('--history',), 10), (('--history=3',), 3), (('--history', '99'), 12)):
            history = self.pair(*args)['history']
            self.assertEqual(count, len(history))
            self.assertEqual(sorted((one['started'] for one in history), reverse=True),
                             [one['started'] for one in history])
        self.assertEqual(12, self.execute('status', '--history=50').out.count('\n  -  '))
        for wrong in ('0', '-1', 'x', '1.5'):
            self.execute('status', f'--history={wrong}', expect=USAGE)

    def test_names_are_bytes_and_never_fool_a_terminal(self):
        odd = os.fsdecode(os.fsencode(self.top) + b'/re\xff\x1b[31m\nplica')
        self.execute('run', '-s', self.source, '-r', odd, expect=DONE)
        [pair] = self.status()['pairs']
        self.assertIn('replica_b64', pair)
        text = self.execute('status').out
        self.assertNotIn('\x1b', text)
        self.assertIn(r're\xFF\x1B[31m', text.replace('\\xff', '\\xFF').replace('\\x1b', '\\x1B'))

    def test_lines_fit_into_a_window(self):
        self.mirror()
        shutil.move(self.source, self.at('away'))
        self.sync('run', expect=REFUSED)
        lines = self.execute('status', '--history', expect=PARTIAL).out.splitlines()
        self.assertEqual([], [line for line in lines if len(line) > 80 and ' ' in line[9:]])

    def test_what_was_long_ago_is_told_where_that_is_asked_for(self):
        self.mirror()
        self.pair('--max-age', '1d')
        self.rewrite(lambda line: line.update(
            {key: '2020-01-01T00:00:00.000000000Z' for key in ('ended', 'last_success')
             if key in line}))
        self.pair()
        self.assertTrue(self.pair('--max-age', '1d', expect=PARTIAL)['too_old'])
        self.assertIn('TOO OLD', self.execute('status', '--max-age', '26h', expect=PARTIAL).out)
        self.execute('status', '--max-age', 'long', expect=USAGE)

    def test_a_pair_is_chosen_by_its_replica_and_forgotten(self):
        self.mirror()
        other = self.at('other')
        self.execute('run', '-s', self.source, '-r', other, expect=DONE)
        self.assertEqual(2, len(self.status()['pairs']))
        self.assertEqual(other, self.pair('-r', other)['replica'])
        self.execute('status', '-r', self.at('unknown'), expect=USAGE)
        self.execute('status', '--forget', expect=USAGE)
        self.execute('status', '--forget', '-r', other, expect=DONE)
        self.assertEqual(self.replica, self.pair()['replica'])

    def test_a_history_that_is_damaged_or_cannot_be_written_is_no_obstacle(self):
        self.mirror()
        file, _ = self.lines()
        with open(file, 'ab') as damaged:
            damaged.write(b'\0\xff{"id":"x"\n[1,2]\n{"started":"never","id":"3"}\nhalf a li')
        self.mirror()
        self.assertEqual(2, len(self.pair('--history')['history']))
        os.remove(file)
        os.mkdir(file)
        said = self.sync('run').err
        self.assertEqual(1, said.count('is not recorded'), said)

    def test_a_history_has_a_bound(self):
        self.mirror()
        file, lines = self.lines()
        many = ''.join(json.dumps({**line, 'id': f'{line["id"]}-{number}'}) + '\n'
                       for number in range(1500) for line in lines)
        trees.write(file, many)
        for number in range(3):
            trees.write(self.in_source('a'), str(number))
            self.sync('run')
        self.assertLess(os.path.getsize(file), 10_000)
        self.assertEqual(0, self.pair('--history=2')['failures'])
        self.assertGreater(len(self.pair('--history=2000')['history']), 1000)


class LoopStatusTest(StatusCase):
    def start_loop(self, interval, *args):
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', interval, *args)
        self.wait_until(lambda: os.path.exists(self.in_replica('a')) and self.history_files() and
                        'exit' in self.lines()[1][-1], 'a cycle is over')
        return process

    def test_a_loop_that_waits_says_when_it_goes_on(self):
        process = self.start_loop(SLOW)
        pair = self.pair()
        self.assertEqual((True, 100000), (pair['loop']['running'], pair['loop']['interval']))
        self.assertIsNotNone(pair['loop']['next'])
        self.assertIn('by the loop that is running',
                      ' '.join(self.execute('status').out.split()))
        self.stop(process)
        pair = self.pair()
        self.assertIsNone(pair['loop'])
        self.assertIsNotNone(pair['loop_stopped'])

    def test_a_loop_that_was_killed_is_overdue_when_its_time_comes(self):
        process = self.start_loop(SLOW)
        self.stop(process, signal.SIGKILL)
        self.assertFalse(self.pair()['loop']['running'])
        self.assertIn('but no loop is running', ' '.join(self.execute('status').out.split()))
        self.rewrite(lambda line: line.update(
            {'next': '2020-01-01T00:00:00.000000000Z'} if 'next' in line else {}))
        self.assertTrue(self.pair(expect=PARTIAL)['overdue'])
        self.assertIn('OVERDUE', self.execute('status', expect=PARTIAL).out)

    def test_a_loop_that_does_not_go_on_is_overdue(self):
        process = self.start_loop(SLOW)
        self.rewrite(lambda line: line.update(
            {'next': '2020-01-01T00:00:00.000000000Z'} if 'next' in line else {}))
        self.assertTrue(self.pair(expect=PARTIAL)['overdue'])
        self.stop(process)

    def test_a_cycle_that_is_killed_is_told_and_the_loop_goes_on(self):
        process = self.start_loop(QUICK)
        killed = []

        def kill_a_cycle():
            for child in self.children_of(process.pid):
                os.kill(child, signal.SIGKILL)
                killed.append(child)
            return any('ended by signal 9' in line.get('error', '') for line in self.lines()[1])
        self.wait_until(kill_a_cycle, 'a killed cycle is recorded')
        self.wait_until(lambda: self.lines()[1][-1].get('exit') == '0', 'the loop goes on')
        self.assertTrue(killed)
        self.stop(process)

    def test_a_run_that_is_killed_is_told(self):
        trees.write(self.in_source('large'), b'x' * 3_000_000)
        process = self.start('run', '-s', self.source, '-r', self.replica, '--bwlimit', '100K')
        self.wait_until(lambda: self.history_files(), 'it has begun')
        pair = self.pair()
        self.assertEqual('running', pair['running']['state'])
        self.assertIn('is running', self.execute('status').out)
        self.stop(process, signal.SIGKILL)
        pair = self.pair(expect=PARTIAL)
        self.assertEqual(('killed', 1), (pair['last']['state'], pair['failures']))
        self.assertIn('was killed', self.execute('status', expect=PARTIAL).out)

    def test_at_its_end_a_loop_says_how_many_cycles_failed(self):
        process = self.start_loop(QUICK)
        self.stop(process)
        self.assertRegex(self.log_text(), r'told to stop: [0-9,]+ cycles?, none of them failed')
        os.remove(self.log)
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', QUICK)
        shutil.move(self.source, self.at('away'))
        self.wait_until(lambda: ' ERROR ' in self.log_text(), 'a cycle fails')
        self.stop(process)
        self.assertTrue(re.search(r'told to stop: .*, [0-9]+ of them failed, the last one that '
                                  r'began at \S+: refused.*does not exist', self.log_text()))
        shutil.move(self.at('away'), self.source)


if __name__ == '__main__':
    unittest.main()
