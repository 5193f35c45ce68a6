"""The examples of the documentation do what they say."""
import hashlib
import json
import os
import shutil
import subprocess
import unittest

from tests.support import report, trees
from tests.support.program import CHECKOUT, CONTROL, PATIENCE_SECONDS, ProgramTest
from tests.support.trees import file, folder, same_inode_as

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
        done = subprocess.run([PIPELINE, *args], check=False, capture_output=True, env=environment,
                              cwd=self.cwd, timeout=PATIENCE_SECONDS)
        said = done.stdout.decode()
        self.assertEqual(expect, done.returncode, said + done.stderr.decode())
        return said

    def approved(self):
        self.stage('plan', self.source, self.replica, self.out, expect=2)
        self.stage('check', self.out)
        self.stage('approve', self.out, self.key)

    def plan_path(self):
        return os.path.join(self.out, 'plan.json')

    def test_what_was_approved_is_done(self):
        self.approved()
        for name in ('plan.txt', 'plan.md', 'plan.html'):
            self.assertIn('update a', trees.read(os.path.join(self.out, name)).decode())
        [update] = [action for action in json.loads(trees.read(self.plan_path()))['actions']
                    if action['path'] == 'a']
        self.assertEqual(hashlib.md5(b'new').hexdigest(), update['after']['md5'])
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

    def given_instead(self, source, replica):
        trees.remove(self.source)
        trees.remove(self.replica)
        self.given(source, replica)
        self.stage('plan', self.source, self.replica, self.out, expect=2)

    def actions(self):
        return [(action['op'], action['path']) for action in
                json.loads(trees.read(self.plan_path()))['actions'] if action['op'] != 'metadata']

    def test_the_policy_sees_keys_that_get_another_name(self):
        keys = folder({'id': file('key', mtime=5)}, mtime=7)
        self.given_instead({'.ssh': keys, 'copy': same_inode_as('.ssh/id')}, {'.ssh': keys})
        self.assertEqual([('link', 'copy')], self.actions())
        self.stage('check', self.out, expect=5)

    def test_the_policy_sees_keys_that_go_elsewhere(self):
        keys = folder({'id': file('key', mtime=5)}, mtime=7)
        self.given_instead({'keys': keys}, {'.ssh': keys})
        self.assertEqual([('move', 'keys')], self.actions())
        self.stage('check', self.out, expect=5)
        self.stage('check', self.out, self.source, expect=5)

    def test_the_policy_refuses_a_moved_directory_whose_content_it_does_not_see(self):
        for name, expect in (('.ssh', 5), ('pictures', 0), ('pictures\n.ssh', 0)):
            keys = folder({'id': file('key', mtime=5)}, mtime=7)
            home = folder({'deep': folder({name: keys}, mtime=8)}, mtime=9)
            self.given_instead({'new': home}, {'old': home})
            with self.subTest(name=name):
                self.assertEqual([('move', 'new')], self.actions())
                self.stage('check', self.out, expect=5)
                self.stage('check', self.out, self.source, expect=expect)
                self.stage('check', self.out, self.at('nowhere'), expect=5)

    def test_keys_beside_a_moved_directory_are_nobodys_concern(self):
        keys = folder({'id': file('key', mtime=5)}, mtime=7)
        home = folder({'f': file('picture', mtime=5)}, mtime=9)
        self.given_instead({'new': home, 'new too': {'.ssh': keys}},
                           {'old': home, 'new too': {'.ssh': keys}})
        self.assertEqual([('move', 'new')], self.actions())
        self.stage('check', self.out, self.source)

    def test_only_this_apply_is_told(self):
        self.approved()
        self.stage('apply', self.out, self.public)
        with self.untouched():
            refused = self.stage('apply', self.out, self.public, expect=5, MAX_AGE='0')
            self.assertEqual(0, json.loads(refused)['ok'])
            self.assertEqual('', self.stage('apply', self.out, self.key, expect=5))
        trees.write(self.in_replica('a'), 'mine')
        said = self.stage('apply', self.out, self.public, expect=4).strip().split('\n')
        self.assertEqual(['stale\tupdate\ta\tsize'], said[:-1])
        self.assertEqual(1, json.loads(said[-1])['stale'])

    def test_the_torn_end_of_an_earlier_report_is_not_told(self):
        self.approved()
        self.stage('apply', self.out, self.public)
        with open(os.path.join(self.out, 'report.jsonl'), 'ab') as torn:
            torn.write(b'{"event":"sta')
        self.assertEqual('', self.stage('apply', self.out, self.key, expect=5))
        self.assertFalse(os.path.exists(os.path.join(self.out, 'report.jsonl')))
        figures = [json.loads(line) for line in
                   self.stage('apply', self.out, self.public).split('\n') if line.startswith('{')]
        self.assertEqual([0], [outcomes['ok'] for outcomes in figures])

    def test_names_are_told_without_what_a_terminal_obeys(self):
        name = 'caf\u00e9 \x1b[31m\r\n\t\x7f\x9b\u202e\u2028\\ \udcff\ufeff\U000e0041'
        trees.build(self.replica, {name: 'x'})
        self.approved()
        trees.write(self.in_replica(name), 'in use again')
        said = self.stage('apply', self.out, self.public, expect=4)
        line = said.split('\n')[0]
        self.assertEqual(
            'stale\tdelete\tcaf\u00e9 \\u{1b}[31m\\u{d}\\u{a}\\u{9}\\u{7f}\\u{9b}\\u{202e}'
            '\\u{2028}\\u{5c} \ufffd\\u{feff}\\u{e0041}\tsize', line)
        self.assertIsNone(CONTROL.search(line.replace('\t', '')), ascii(line))

    def test_wrong_usage_is_told(self):
        self.stage(expect=64)
        self.stage('apply', self.out, expect=64)
        self.stage('check', self.out, self.source, self.source, expect=64)


if __name__ == '__main__':
    unittest.main()
