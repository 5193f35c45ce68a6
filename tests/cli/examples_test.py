"""The examples of the documentation do what they say."""
import json
import os
import shutil
import subprocess
import unittest

from tests.support import report, trees
from tests.support.program import CHECKOUT, PATIENCE_SECONDS, ProgramTest

PIPELINE = f'{CHECKOUT}/docs/examples/pipeline.sh'


@unittest.skipUnless(shutil.which('jq') and shutil.which('openssl'), 'there is no jq or no openssl')
class PipelineTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new', 'd': {'b': 'x'}}, {'a': 'older', 'gone': {'x': 'x'}})
        self.out = self.at('out')
        self.key, self.public = self.at('key.pem'), self.at('key.pub')
        for args in (('genpkey', '-algorithm', 'ed25519', '-out', self.key),
                     ('pkey', '-in', self.key, '-pubout', '-out', self.public)):
            subprocess.run(['openssl', *args], check=True, capture_output=True)

    def stage(self, *args, expect=0, **variables):
        environment = self.environment({'SYNC': self.binary, **variables})
        done = subprocess.run([PIPELINE, *args], check=False, capture_output=True, text=True,
                              env=environment, cwd=self.cwd, timeout=PATIENCE_SECONDS)
        self.assertEqual(expect, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def approved(self):
        self.stage('plan', self.source, self.replica, self.out, expect=2)
        self.stage('check', self.out)
        self.stage('approve', self.out, self.key)

    def plan_path(self):
        return os.path.join(self.out, 'plan.json')

    def test_what_was_approved_is_done(self):
        self.approved()
        self.assertIn('update a', trees.read(os.path.join(self.out, 'plan.txt')).decode())
        said = self.stage('apply', self.out, self.public)
        self.assertEqual(0, json.loads(said.strip().split('\n')[-1])['stale'])
        self.assert_mirrored()
        lines, _ = report.parse(trees.read(os.path.join(self.out, 'report.jsonl')).decode())
        self.assertEqual([], report.contradictions(lines, json.loads(trees.read(self.plan_path()))))
        self.stage('plan', self.source, self.replica, self.out)

    def test_nothing_is_done_without_an_approval_or_after_a_change_of_the_plan(self):
        self.stage('plan', self.source, self.replica, self.out, expect=2)
        with self.untouched():
            self.stage('apply', self.out, self.public, expect=5)
            self.approved()
            self.stage('plan', self.source, self.replica, self.out, expect=2)
            self.stage('apply', self.out, self.public, expect=5)

    def test_what_is_stale_by_then_keeps_everything_from_being_done(self):
        self.approved()
        trees.write(self.in_replica('gone', 'x'), 'in use again')
        with self.untouched():
            self.assertIn('stale\tdelete\tgone/x\tsize',
                          self.stage('apply', self.out, self.public, expect=4))

    def test_an_approval_lapses(self):
        self.approved()
        with self.untouched():
            self.stage('apply', self.out, self.public, expect=5, MAX_AGE='0')

    def test_the_policy_stops_too_many_deletions_and_what_touches_keys(self):
        self.stage('plan', self.source, self.replica, self.out, expect=2)
        self.stage('check', self.out, MAX_DELETE='1', expect=5)
        trees.build(self.source, {'home': {'.ssh': {'id': 'x'}}})
        self.stage('plan', self.source, self.replica, self.out, expect=2)
        self.stage('check', self.out, expect=5)

    def test_wrong_usage_is_told(self):
        self.stage(expect=64)
        self.stage('apply', self.out, expect=64)


if __name__ == '__main__':
    unittest.main()
