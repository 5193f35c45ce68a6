"""What programs read about a run: the report, and the log as JSON."""
import json
import unittest

from tests.support import trees
from tests.support.program import DONE, REFUSED, STALE, ProgramTest, parse_plan
from tests.support.trees import symlink

SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 't': {'inside': 'x'}}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 't': 'file', 'gone': {'x': {'y': 'y'}}}


class ReportTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def test_a_report_is_lines_of_json_with_a_start_and_a_summary(self):
        self.sync('run', '--report', self.at('report'))
        records = [json.loads(line) for line in trees.read(self.at('report')).splitlines()]
        self.assertEqual(('start', 'summary'), tuple(self.kind(records[at]) for at in (0, -1)))
        self.assertEqual({'action'}, {self.kind(record) for record in records[1:-1]})
        self.assertIn('d/b', [record['path'] for record in records[1:-1]])

    def test_a_report_has_one_record_for_each_action(self):
        plan = self.plan_file()
        self.execute('apply', plan, '--report', self.at('report.jsonl'), expect=DONE)
        records = [json.loads(line) for line in trees.read(self.at('report.jsonl')).splitlines()]
        actions = [record for record in records if record.get('outcome')]
        self.assertEqual(len(parse_plan(trees.read(plan))['actions']), len(actions))
        self.assertEqual({'ok'}, {action['outcome'] for action in actions})

    def test_the_report_of_a_stale_action_names_side_and_drift(self):
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'mine!')
        self.execute('apply', plan, '--report', self.at('report.jsonl'), expect=STALE)
        stale = [json.loads(line) for line in trees.read(self.at('report.jsonl')).splitlines()
                 if b'"stale"' in line and b'"path"' in line]
        self.assertEqual([('a', 'replica')], [(record['path'], record['side']) for record in stale])

    def test_a_log_can_be_json(self):
        log = self.at('json.log')
        self.sync('run', '-l', log, '--log-format', 'json')
        records = [json.loads(line) for line in trees.read(log).splitlines()]
        self.assertTrue(any('d/b' in json.dumps(record) for record in records))

    def test_a_report_inside_the_replica_is_refused(self):
        with self.untouched():
            self.sync('run', '--report', self.in_replica('report.jsonl'), expect=REFUSED)

    @staticmethod
    def kind(record):
        return next(value for value in record.values() if value in ('start', 'action', 'summary'))


if __name__ == '__main__':
    unittest.main()
