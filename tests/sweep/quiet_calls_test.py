"""What a run in which nothing changed asks of the system, call by call."""
import collections
import json
import os

from tests.support import trees
from tests.sweep.call_rules import FILLING
from tests.sweep.sweep import StoppedTest

WRITING_NAMES = {'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2', 'fsync', 'fdatasync'}


class QuietCallsTest(StoppedTest):
    def trace(self, directories, files):
        """The calls on two equal trees with so many files in each directory."""
        for folder in (self.source, self.replica, self.state):
            if os.path.exists(folder):
                trees.remove(folder)
        os.mkdir(self.state)
        inside = {f'file-{number}': 'x' for number in range(files)}
        self.given({f'dir-{number}': dict(inside) for number in range(directories)})
        self.mirror()
        trace = self.at('trace')
        self.execute('run', '-s', self.source, '-r', self.replica, '--threads', '1',
                     wrapper=self.stopper('--from', self.top, '--trace', trace))
        with open(trace, encoding='ascii') as lines:
            return [json.loads(line) for line in lines]

    def calls(self, directories, files):
        """How often each of them is made."""
        return collections.Counter(call['call'] for call in self.trace(directories, files))

    def test_a_file_costs_one_status_in_each_tree_and_nothing_else(self):
        few, many = self.calls(10, 3), self.calls(10, 8)
        self.assertEqual({'statx': 2 * 10 * (8 - 3)}, dict(many - few))
        self.assertEqual({}, dict(few - many))

    def test_the_state_is_read_and_only_the_history_gets_two_lines(self):
        calls = [call for call in self.trace(1, 1) if self.state in json.dumps(call)]
        names = {os.path.basename(name) for call in calls for name in call.get('names', ())}
        self.assertIn('memory.db', names)
        self.assertNotIn('cache.db', names, 'nobody asked for a hash')
        changing = [call for call in calls if call['call'] in FILLING | WRITING_NAMES]
        self.assertEqual(['write', 'write'], [call['call'] for call in changing])
        for call in changing:
            self.assertIn('/history/', json.dumps(call))

    def test_a_directory_costs_the_same_few_calls_wherever_it_is(self):
        few, more, most = self.calls(10, 0), self.calls(20, 0), self.calls(30, 0)
        ledger = {'openat': 2, 'statx': 2, 'getdents64': 4, 'close': 2}  # of a pair of them
        for added in (more - few, most - more):
            self.assertEqual(ledger, {call: count / 10 for call, count in added.items()},
                             'fewer is better: then write the lower number here')
