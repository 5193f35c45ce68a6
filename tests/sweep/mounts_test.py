"""Killed, or let down by a call, on mounts that people have replicas on, it converges all the same.

Tried with SYNC_TEST_SWEEP=all only: each call there is a question to another process.
"""
import dataclasses
import os
import unittest

from tests.mounts import judge
from tests.support import mounts
from tests.support.mount_kinds import mount_of
from tests.support.program import DONE, PARTIAL, as_root
from tests.sweep.failing_calls_test import ENDS
from tests.sweep.sweep import EVERY_POINT, KILLED, SweepTest

POINTS = 30


def chosen(total):
    return [(2 * i + 1) * total // (2 * POINTS) + 1 for i in range(POINTS)]


@as_root
@unittest.skipUnless(EVERY_POINT, 'SYNC_TEST_SWEEP=all only')
class MountSweep(SweepTest):
    """`mount_name` says which one; what it can't hold is not asked for."""

    command = ('run', '--threads', '1')
    mount_name = 'bindfs'

    def setUp(self):
        try:
            mounts.in_a_world_of_its_own()
            super().setUp()
            os.mkdir(self.at('mount'))
            self.mounted = mount_of(self.mount_name, self.at('mount'))
            self.addCleanup(self.mounted.gone)
            self.addCleanup(self.mounted.clear)
            self.mounted.mount()
        except mounts.Missing as missing:
            self.skipTest(str(missing))
        self.replica = os.path.join(self.mounted.point, 'replica')

    def differences(self, **_):
        limits = dataclasses.replace(self.mounted.limits, hard_links=False)
        return judge.differences(self.source, self.replica, limits)

    def assert_nothing_is_torn(self, point):
        """Where names can't be exchanged, there may be nothing for a moment."""
        for path, seen in self.visible(self.replica).items():
            self.assertIn(seen, (self.old.get(path), self.new.get(path)), f'{point}: {path!r}')

    def assert_converges(self, point):
        """In at most two further runs. Where old and new can't be told apart, one is kept aside."""
        code = self.execute(*self.arguments(), source_may_change=True).code
        if code == PARTIAL and os.path.exists(os.path.join(self.replica, '.sync-txn/conflict')):
            self.execute('recover', '-r', self.replica, '--drop-conflicts')
        if code != DONE:
            code = self.execute(*self.arguments(), source_may_change=True).code
        self.assertEqual(DONE, code, point)
        self.assertEqual([], self.differences(), point)

    def test_killed_at_a_call_it_converges(self):
        for number in chosen(self.count_calls()):
            with self.subTest(number):
                self.start_again()
                self.assertIn(self.stopped('--kill-after', str(number)), (KILLED, 0))
                self.assert_nothing_is_torn(f'killed after {number}')
                self.assert_converges(f'killed after {number}')
            self.forget()

    def test_after_a_call_that_fails_it_converges(self):
        for errno in ('EIO', 'ENOSPC'):
            for number in chosen(self.count_calls()):
                point = f'call {number} fails with {errno}'
                with self.subTest(point):
                    self.start_again()
                    code = self.stopped('--fail', f'{number}={errno}')
                    self.assertIn(code, ENDS, point)
                    self.assert_nothing_is_torn(point)
                    if code == DONE:
                        self.assertEqual([], self.differences(), f'{point}: exit 0')
                    self.assert_converges(point)
                self.forget()


class PoolSweep(MountSweep):
    mount_name = 'mergerfs-2-mfs'


if __name__ == '__main__':
    unittest.main()
