"""All of a plan or none of it; how sure it is to be on disk; and recovering what was killed."""
import contextlib
import os
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.program import (DONE, NOBODY, PARTIAL, REFUSED, STALE, ProgramTest,
                                   as_root)
from tests.support.trees import folder, symlink

SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 't': {'inside': 'x'}}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 't': 'file', 'gone': {'x': {'y': 'y'}}}


class AtomicTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    @contextlib.contextmanager
    def replica_stays(self):
        """All that can be seen of it, to the nanosecond."""
        before = self.at('before')
        subprocess.run(['cp', '-a', self.replica, before], check=True)
        yield
        self.assertEqual([], compare.differences(before, self.replica))

    def test_an_atomic_apply_does_it_all(self):
        self.execute('apply', self.plan_file(), '--atomic', expect=DONE)
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_stale_atomic_apply_changes_nothing(self):
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'mine!')
        with self.replica_stays():
            result = self.execute('apply', plan, '--atomic', expect=STALE)
        self.assertIn('nothing changed', result.err)
        self.assertIn('rolled back', result.err)

    @as_root
    def test_what_is_seen_to_fail_in_the_middle_is_refused_before_the_start(self):
        immutable = self.in_replica('gone', 'x', 'y')
        if os.system(f'chattr +i {immutable} 2>/dev/null') != 0:
            self.skipTest('chattr +i does not work here')
        self.addCleanup(os.system, f'chattr -i {immutable}')
        with self.replica_stays():
            self.sync('run', '--atomic', expect=REFUSED)

    def test_less_durability_gives_the_same_result(self):
        for durability in ('none', 'batch'):
            with self.subTest(durability=durability):
                self.replica = self.at(f'replica {durability}')
                self.sync('run', '--durability', durability)
                self.assert_mirrored()

    def test_only_two_kinds_of_durability_are_known(self):
        result = self.sync('run', '--durability', 'all', expect=64)
        self.assertIn("expected batch or none, found 'all'", result.err)


@as_root
class IncompleteTest(ProgramTest):
    def test_an_incomplete_plan_is_not_applied_atomically(self):
        self.given({'locked': folder({'x': 'x'}, mode=0o700), 'a': 'x'}, {})
        self.live_as(NOBODY, self.replica)
        with self.untouched(self.replica):
            self.sync('run', '--atomic', uid=NOBODY, expect=REFUSED)
        self.sync('run', '--atomic', '--allow-incomplete', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(b'x', self.content('a'))


@as_root
class SpaceTest(ProgramTest):
    def test_what_does_not_fit_is_refused_before_anything_is_touched(self):
        self.given({'small': 'x', 'large': 'x' * 3_000_000})
        self.mount_tmpfs(self.replica, 'size=1m')
        with self.untouched(self.replica):
            result = self.sync('run', expect=REFUSED)
        self.assertIn('not enough space', result.err)
        self.assertIn('--no-space-check', result.err)
        # On one thread: on two the disk may be full of the large one while the small one is written.
        self.sync('run', '--no-space-check', '--threads', '1', expect=PARTIAL)
        self.assertEqual(b'x', self.content('small'))

    def test_holes_need_no_space(self):
        self.given({})
        with open(self.in_source('sparse'), 'wb') as file:
            file.truncate(1 << 30)
        self.mount_tmpfs(self.replica, 'size=4m')
        self.mirror()


class RecoverTest(ProgramTest):
    def test_where_nothing_was_killed_there_is_nothing_to_recover(self):
        self.given(SOURCE, REPLICA)
        with self.untouched(self.replica):
            self.assertIn('nothing to recover',
                          self.execute('recover', '-r', self.replica, expect=DONE).out)

    def test_a_replica_that_is_none_is_refused(self):
        self.given({}, {})
        self.execute('recover', '-r', self.at('nowhere'), expect=REFUSED)

    @as_root
    def test_a_replica_through_a_link_of_somebody_else_is_refused(self):
        self.given({}, {})
        os.makedirs(self.in_replica('.sync-txn', 'conflict'), mode=0o700)
        trees.write(self.in_replica('.sync-txn', 'conflict', '1'), 'of somebody else')
        os.symlink(self.replica, self.at('planted'))
        os.chown(self.at('planted'), NOBODY, NOBODY, follow_symlinks=False)
        with self.untouched(self.replica):
            for end in ('', '/', '/.'):
                self.execute('recover', '-r', self.at('planted') + end, '--drop-conflicts',
                             expect=REFUSED)


if __name__ == '__main__':
    unittest.main()
