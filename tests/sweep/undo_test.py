"""Runs that keep what they replace, killed or with a failing call: all of it can be taken back."""
import os
import unittest

from tests.support import compare, trees
from tests.support.program import DONE, with_mounts
from tests.sweep.failing_calls_test import ONCE, FailingCallsSweep
from tests.sweep.kill_test import KillSweep, in_parts
from tests.sweep import recover_test
from tests.sweep.sweep import SweepTest

beyond_the_root = recover_test.RecoverSweep.beyond_the_root


class UndoSweep(SweepTest):
    """The run is stopped, repeated until all is done, and then taken back, backup by backup."""

    def setUp(self):
        super().setUp()
        self.backups = self.at('backups')
        self.command = ('run', '--threads', '1', '--xattrs', '--backup-dir', self.backups)

    def start_again(self):
        super().start_again()
        self.empty_backups()

    def empty_backups(self):
        if os.path.exists(self.backups):
            trees.remove(self.backups)

    def undo_files(self):
        """The newest first."""
        folders = [os.path.join(self.backups, name) for name in os.listdir(self.backups)]
        files = [f'{folder}/undo.json' for folder in folders]
        return sorted((file for file in files if os.path.exists(file)),
                      key=lambda file: os.stat(file).st_mtime_ns, reverse=True)

    def assert_converges(self, point):
        super().assert_converges(point)
        for file in self.undo_files():
            self.execute('apply', file, expect=DONE)
        # Killed while the staging folder appeared, nobody knows the time that the root had.
        self.assertEqual([], beyond_the_root(
            compare.differences(self.original, self.replica)), point)


@in_parts('killed_while_it_keeps_the_old_it_can_be_taken_back')
class KillWithBackupTest(UndoSweep, KillSweep):
    points = 60


@with_mounts
@in_parts('killed_while_it_copies_the_old_it_can_be_taken_back')
class KillWithCopiesTest(UndoSweep, KillSweep):
    """The backups lie on another file system."""

    points = 40

    def setUp(self):
        super().setUp()
        self.mount_tmpfs(self.backups, 'size=64m')

    def empty_backups(self):
        for name in os.listdir(self.backups):
            trees.remove(os.path.join(self.backups, name))


class FailingCallsWithBackupTest(UndoSweep, FailingCallsSweep):
    def test_a_call_fails_with_EIO_while_the_old_is_kept_1_of_2(self):
        self.sweep('EIO', ONCE, 30, 0, 2)

    def test_a_call_fails_with_EIO_while_the_old_is_kept_2_of_2(self):
        self.sweep('EIO', ONCE, 30, 1, 2)

    def test_a_call_fails_with_ENOSPC_while_the_old_is_kept_1_of_2(self):
        self.sweep('ENOSPC', ONCE, 30, 0, 2)

    def test_a_call_fails_with_ENOSPC_while_the_old_is_kept_2_of_2(self):
        self.sweep('ENOSPC', ONCE, 30, 1, 2)


del FailingCallsSweep, KillSweep

if __name__ == '__main__':
    unittest.main()
