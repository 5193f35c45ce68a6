"""A plan that is much larger than the memory it takes."""
import os
import subprocess
import sys
import unittest

from tests.bench import large_plan
from tests.support import trees
from tests.support.program import (BINARY, DONE, FAILED, ProgramTest, is_sanitized,
                                   with_mounts)

ACTIONS = 200_000
TAIL = 100 * 'n'  # of each name: more than is held in memory before a file is used
MEBIBYTES = 64    # all of it in memory would be more than twice that

# Runs a command as its only child, so that the peak is that of the command.
PEAK = '''
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
'''


class LargePlanTest(ProgramTest):
    def given_a_large_plan(self):
        self.given({'a': 'x'}, {'a': 'x'})
        plan = self.at('plan.json')
        with open(plan, 'w', encoding='ascii') as out:
            large_plan.write_plan(out, ACTIONS, self.source, self.replica, TAIL)
        return plan

    def assert_little(self, mebibytes):
        if not is_sanitized():
            self.assertLess(mebibytes, MEBIBYTES)

    def peak_of(self, *arguments, expect=DONE):
        """Runs the program; its peak of memory in MiB."""
        ran = subprocess.run([sys.executable, '-c', PEAK, BINARY, *arguments], check=False,
                             env={**os.environ, 'XDG_STATE_HOME': self.at('state')},
                             capture_output=True, text=True)
        self.assertEqual(expect, ran.returncode, ran.stderr)
        return int(ran.stderr.split()[-1])

    def test_a_large_plan_is_read_checked_and_applied_in_little_memory(self):
        plan = self.given_a_large_plan()
        roots = ('-s', self.source, '-r', self.replica, '-q')
        for options in (('--dry-run',), ()):
            with self.subTest(options=options):
                self.assert_little(self.peak_of('apply', plan, *roots, *options))

    def test_a_large_plan_is_made_and_written_in_little_memory(self):
        self.given({}, {})
        large_plan.make_tree(ACTIONS // 2, self.in_source('files'))
        plan = self.at('new.json')
        peak = self.peak_of('plan', '-s', self.source, '-r', self.replica, '-q', '-o', plan)
        self.assert_little(peak)
        with open(plan, encoding='utf-8') as document:
            self.assertGreater(sum(1 for _ in document), ACTIONS // 2)

    def test_nothing_is_left_of_the_spool(self):
        plan = self.given_a_large_plan()
        self.sync('apply', plan, '--dry-run', '-q', '--state', self.at('state'),
                  env={'TMPDIR': self.at('no such folder')})
        self.assertFalse([name for name in os.listdir(self.at('state')) if 'spool' in name])

    @with_mounts
    def test_a_disk_without_room_for_the_spool_is_an_error_and_nothing_is_touched(self):
        plan = self.given_a_large_plan()
        trees.build(self.replica, {'b': 'left alone'})
        state = self.at('small')
        self.mount_tmpfs(state, 'size=1m,mode=0700')
        with self.untouched():
            result = self.sync('apply', plan, '-q', '--state', state, expect=FAILED)
        self.assertIn('ENOSPC', result.err)


if __name__ == '__main__':
    unittest.main()
