"""`--backup-dir` keeps what is replaced or deleted, and its undo document takes an apply back."""
import os
import subprocess
import unittest

from tests.support import trees
from tests.support.program import DONE, REFUSED, STALE, ProgramTest
from tests.support.trees import SECOND, symlink

SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 't': {'inside': 'x'}}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 't': 'file', 'gone': {'x': {'y': 'y'}}}


class BackupTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)
        trees.set_mtime(self.in_replica('a'), 3 * SECOND)
        subprocess.run(['cp', '-a', self.replica, self.at('before')], check=True)
        os.mkdir(self.at('backup'), mode=0o700)

    def undo_file(self):
        [plan_id] = os.listdir(self.at('backup'))
        return self.at('backup', plan_id, 'undo.json')

    def test_what_is_replaced_or_deleted_is_kept_and_can_be_brought_back(self):
        self.sync('run', '--backup-dir', self.at('backup'))
        self.assert_mirrored()
        self.execute('apply', self.undo_file(), expect=DONE)
        self.source = self.at('before')
        self.assert_mirrored()

    def test_an_undo_leaves_alone_what_has_changed_since(self):
        self.sync('run', '--backup-dir', self.at('backup'))
        trees.write(self.in_replica('d', 'b'), 'changed since')
        self.execute('apply', self.undo_file(), expect=STALE)
        self.assertEqual(b'changed since', self.content('d', 'b'))
        self.assertEqual(b'old', self.content('a'))

    def test_an_undo_that_others_can_write_is_refused(self):
        self.sync('run', '--backup-dir', self.at('backup'))
        os.chmod(self.undo_file(), 0o666)
        with self.untouched():
            self.assertNotEqual(DONE, self.execute('apply', self.undo_file()).code)

    def test_a_backup_inside_the_replica_is_refused(self):
        with self.untouched():
            self.sync('run', '--backup-dir', self.in_replica('backup'), expect=REFUSED)


if __name__ == '__main__':
    unittest.main()
