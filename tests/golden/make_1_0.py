"""Makes the documents of tests/golden/1.0, with a program of that time:

    git worktree add /tmp/then 2bdfd56 && /tmp/then/scripts/sync --version
    SYNC_BINARY=/tmp/then/build/bin/sync python3 -m tests.golden.make_1_0 FOLDER

They must never be made by a later program: they are there to show that it reads what was written
then. Needs root, exFAT and openssl.
"""
import os
import shutil
import subprocess
import sys
import unittest

from tests.golden import trees_1_0
from tests.support import trees
from tests.support.disks import DiskTest
from tests.support.program import NOBODY, PARTIAL, REFUSED

FOLDER = sys.argv.pop() if len(sys.argv) > 1 else '.'
OPTIONS = ('--pin', '--max-delete', '90%', '--max-update', '50', '--require', 'same', '--require',
           trees_1_0.LATIN1 + ' link', '--exclude', '*.o', '--exclude', trees_1_0.LATIN1 + '.tmp')


class Make(DiskTest):
    def keep(self, path, name):
        target = os.path.join(FOLDER, name)
        shutil.copyfile(path, target)
        os.chmod(target, 0o644)

    def test_mirror_signature_report_and_undo(self):
        self.given(trees_1_0.SOURCE, trees_1_0.REPLICA)
        key, public = self.at('key'), self.at('key.pub')
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', key], check=True)
        subprocess.run(['openssl', 'pkey', '-in', key, '-pubout', '-out', public], check=True)
        plan = self.plan_file(*OPTIONS, '--sign', key)
        self.keep(plan, 'mirror.json')
        self.keep(plan + '.sig', 'mirror.json.sig')
        self.keep(public, 'key.pub')
        self.execute('apply', plan, '--backup-dir', self.at('backups'), '--report',
                     self.at('report'), expect=0)
        self.keep(self.at('report'), 'report.jsonl')
        self.assert_mirrored_but_for_exclusions()
        (backup,) = os.listdir(self.at('backups'))
        self.keep(self.at('backups', backup, 'undo.json'), 'undo.json')
        subprocess.run(['tar', '--format=posix', '--numeric-owner', '--sort=name', '-C',
                        self.at('backups', backup), '-czf', os.path.join(FOLDER, 'undo.tree.tar.gz'),
                        'tree'], check=True)

    def assert_mirrored_but_for_exclusions(self):
        self.sync('plan', *OPTIONS, '--detailed-exitcode', expect=0)

    def test_mirror_into_nothing(self):
        self.given(trees_1_0.SOURCE)
        self.keep(self.plan_file('--checksum', '--xattrs', '--no-delete'), 'first.json')

    def test_refused(self):
        self.given(trees_1_0.SOURCE, trees_1_0.REPLICA)
        self.keep(self.plan_file('--max-delete', '1', expect=REFUSED), 'refused.json')

    def test_incomplete(self):
        trees.build(self.source, trees_1_0.SOURCE_OF_A_USER)
        trees.build(self.replica, trees_1_0.REPLICA_OF_A_USER)
        self.live_as(NOBODY, self.top)
        self.keep(self.plan_file('--checksum', uid=NOBODY, expect=PARTIAL), 'incomplete.json')

    def test_limits(self):
        self.exfat_disk(self.at('disk'))
        self.replica = self.at('disk', 'replica')
        self.given({'a': 'x', 'd': {'b': 'y'}})
        self.sync('run', expect=(0, PARTIAL))
        trees.write(self.in_source('a'), 'changed')
        self.keep(self.plan_file(), 'limits.json')


if __name__ == '__main__':
    unittest.main()
