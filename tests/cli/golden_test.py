"""Documents of earlier versions are read, verified and applied; tests/golden has them."""
import json
import os
import shutil
import subprocess

from tests.golden import trees_1_0
from tests.support import compare, plan_schema, report, sealed_plan, trees
from tests.support.program import (BAD_PLAN, CHECKOUT, DONE, PARTIAL, REFUSED, ProgramTest, as_root,
                                   parse_plan, with_devices)

GOLDEN = os.path.join(CHECKOUT, 'tests', 'golden', '1.0')
DIGESTS = {'first.json': DONE, 'incomplete.json': PARTIAL, 'limits.json': DONE,
           'mirror.json': DONE, 'refused.json': REFUSED, 'undo.json': DONE}


def golden(name):
    return os.path.join(GOLDEN, name)


class GoldenTest(ProgramTest):
    """What commit 2bdfd56 wrote."""

    def keep(self, name):
        """A copy that only the caller may write."""
        path = shutil.copyfile(golden(name), self.at(name))
        os.chmod(path, 0o600)
        return path

    def roots(self):
        return ('-s', self.source, '-r', self.replica)

    def test_each_document_is_read_and_has_the_digest_that_the_page_describes(self):
        self.assertEqual(sorted(DIGESTS), [name for name in sorted(os.listdir(GOLDEN))
                                           if name.endswith('.json')])
        for name in DIGESTS:
            with self.subTest(name):
                self.execute('show', golden(name), '--list', expect=DONE)
                plan = parse_plan(trees.read(golden(name)))
                self.assertEqual(plan['digest']['value'], sealed_plan.digest(plan))
                plan['options']['checksum'] = not plan['options']['checksum']
                trees.write(self.at('edited'), json.dumps(plan))
                self.execute('show', self.at('edited'), expect=BAD_PLAN)

    def test_the_schema_of_today_accepts_each(self):
        plans = [parse_plan(trees.read(golden(name))) for name in DIGESTS]
        self.assertEqual([[]] * len(plans), plan_schema.by_jsonschema(plans))

    @as_root
    @with_devices
    def test_a_signed_plan_is_verified_and_applied_and_its_undo_takes_it_back(self):
        self.given(trees_1_0.SOURCE, trees_1_0.REPLICA)
        subprocess.run(['cp', '-a', self.replica, self.at('before')], check=True)
        plan = self.keep('mirror.json')
        self.keep('mirror.json.sig')
        self.execute('apply', plan, '--verify', golden('key.pub'), *self.roots(), expect=DONE)
        excluded = ('--exclude', '*.o', '--detailed-exitcode')
        self.sync('plan', *excluded, expect=DONE)
        undo = self.keep('undo.json')
        subprocess.run(['tar', '-C', self.top, '--numeric-owner', '-xzpf',
                        golden('undo.tree.tar.gz')], check=True)
        self.execute('apply', undo, '-r', self.replica, expect=DONE)
        self.assertEqual([], compare.differences(self.at('before'), self.replica))

    def test_a_signature_of_then_is_not_one_of_another_plan(self):
        self.given(trees_1_0.SOURCE_OF_A_USER | {'null': 'x'}, {})
        shutil.copyfile(golden('mirror.json.sig'), self.at('first.json.sig'))
        with self.untouched():
            self.execute('apply', self.keep('first.json'), '--verify', golden('key.pub'),
                         *self.roots(), expect=REFUSED)

    @as_root
    @with_devices
    def test_a_plan_for_a_replica_that_did_not_exist_makes_one(self):
        self.given(trees_1_0.SOURCE)
        self.execute('apply', self.keep('first.json'), *self.roots(), expect=DONE)
        self.sync('plan', '--detailed-exitcode', expect=DONE)

    def test_a_refused_one_is_refused(self):
        self.given({'a': 'x'}, {})
        with self.untouched():
            self.execute('apply', self.keep('refused.json'), *self.roots(), expect=REFUSED)

    def test_a_report_is_gone_on_with(self):
        self.given({'a': 'x'})
        path = self.keep('report.jsonl')
        before = trees.read(path)
        self.sync('run', '--report', path)
        after = trees.read(path)
        self.assertTrue(after.startswith(before))
        self.assertGreater(len(after), len(before))
