"""Killed while directories of a plain user are opened up: they are closed again, or get their mode."""
import os
import unittest

from tests.support.program import NOBODY, as_root
from tests.support.trees import folder
from tests.sweep.kill_test import KillSweep
from tests.sweep.sweep import spread


@as_root
class ClosedFoldersKillTest(KillSweep):
    uid = NOBODY
    command = ('run', '--threads', '1', '--exclude', 'keep')

    def pair(self):
        below = {'f': 'old', 'inner': folder({'g': 'old'}, mode=0o100)}
        replica = {'a': folder(below, mode=0o300), 'b': folder(below, mode=0o600),
                   'gone': folder(below, mode=0),
                   'kept': folder({'keep': 'x', 'x': 'x'}, mode=0o400)}
        source = {'a': folder({'f': 'new!', 'inner': {'g': 'new!'}}, mode=0o755),
                  'b': folder({'f': 'new!', 'inner': {'g': 'new!'}}, mode=0o500)}
        return replica, source

    def assert_converges(self, point):
        result = self.execute(*self.arguments(), uid=self.uid, source_may_change=True)
        self.assertEqual(0, result.code, f'{point}: {result.err}')
        self.assertEqual([], self.differences(owners=False, ignore=('kept',)), point)
        kept = os.stat(self.in_replica('kept')).st_mode & 0o7777
        self.assertEqual(0o400, kept, point)

    def test_whatever_was_opened_up_is_closed(self):
        points = [(when, number) for number in range(1, self.count_calls() + 1)
                  for when in ('before', 'after')]
        for when, number in spread(points, 60):
            with self.subTest(f'{when} call {number}'):
                self.start_again()
                _, point = self.kill_at(when, number)
                self.assert_converges(point)
            self.forget()


@as_root
class FinalModeKillTest(KillSweep):
    """What gets the mode to which it was opened up has that for good."""

    uid = NOBODY
    command = ('run', '--threads', '1')

    def pair(self):
        return (folder({'d': folder({'x': 'old'}, mode=0o500)}, mode=0o500),
                folder({'d': folder({'x': 'new!'}, mode=0o700)}, mode=0o700))

    def judge(self, point):
        """The time comes last: the answer is how many directories have it."""
        self.execute('recover', '-r', self.replica, uid=self.uid, expect=0)
        done = 0
        for names in ((), ('d',)):
            theirs, ours = os.stat(self.in_source(*names)), os.stat(self.in_replica(*names))
            if ours.st_mtime_ns == theirs.st_mtime_ns:
                done += 1
                self.assertEqual(0o40700, ours.st_mode, f'{names} {point}')
        return done

    def test_a_recovery_does_not_close_it(self):
        points = [(when, number) for number in range(1, self.count_calls() + 1)
                  for when in ('before', 'after')]
        done = set()
        for when, number in spread(points[len(points) // 2:], 60):
            with self.subTest(f'{when} call {number}'):
                self.start_again()
                _, point = self.kill_at(when, number)
                done.add(self.judge(point))
                self.assert_converges(point)
            self.forget()
        self.assertEqual({0, 1, 2}, done)


if __name__ == '__main__':
    unittest.main()
