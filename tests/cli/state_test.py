"""Cache and memory may be missing or damaged: the result is the same, the unknown is told."""
import contextlib
import os
import sqlite3
import unittest

from tests.support import trees
from tests.support.program import ProgramTest, with_mounts
from tests.support.trees import SECOND, file

FLIPS = int(os.environ.get('SYNC_TEST_FLIPS', '100'))


class StateTest(ProgramTest):
    def file(self, name):
        return os.path.join(self.state, 'foldersync', name)

    def run_with_state(self):
        """The two databases of a run that had to ask for hashes."""
        self.given({str(number): file(f'content {number}', mtime=SECOND) for number in range(50)},
                   {str(number): file(f'content {number}', mtime=2 * SECOND)
                    for number in range(50)})
        self.mirror()
        self.assertEqual(['cache.db', 'history', 'memory.db'], sorted(os.listdir(self.file(''))))
        return self.file('cache.db'), self.file('memory.db')

    def assert_still_right(self):
        trees.write(self.in_source('7'), 'CONTENT 7', mtime=3 * SECOND)
        trees.set_mtime(self.in_source('8'), 9 * SECOND)
        self.mirror()

    def test_the_state_is_in_the_folder_that_was_asked_for(self):
        self.given({'a': 'x'})
        self.sync('run', '--state', self.at('elsewhere'))
        self.assertTrue(os.listdir(self.at('elsewhere')))
        self.assertEqual([], os.listdir(self.state))

    def test_the_default_state_is_for_its_owner_only(self):
        self.given({'a': 'x'})
        self.sync('run', umask=0)
        mode = os.lstat(os.path.join(self.state, 'foldersync')).st_mode
        self.assertEqual(0, mode & 0o077)

    def test_without_xdg_the_state_is_below_the_home_folder(self):
        self.given({'a': 'x'})
        self.sync('run', env={'XDG_STATE_HOME': None})
        self.assertTrue(os.path.isdir(os.path.join(self.home, '.local/state/foldersync')))

    def test_a_damaged_database_does_no_harm(self):
        for database in self.run_with_state():
            for damage in (b'', b'garbage' * 1000, b'SQLite format 3\0' + bytes(5000)):
                with self.subTest(database=database, damage=damage[:10]):
                    trees.write(database, damage)
                    self.assert_still_right()

    def test_flipped_bytes_do_no_harm(self):
        for database in self.run_with_state():
            good = trees.read(database)
            for position in range(0, len(good), max(1, len(good) // FLIPS)):
                with self.subTest(database=database, position=position):
                    trees.write(database, good[:position] + bytes([good[position] ^ 0x55])
                                + good[position + 1:])
                    self.assert_still_right()

    def test_something_else_in_its_place_does_no_harm(self):
        trees.write(self.at('precious'), 'x')
        for database in self.run_with_state():
            for make in (lambda: os.mkdir(database), lambda: os.mkfifo(database),
                         lambda: os.symlink(self.at('precious'), database),
                         lambda: os.symlink('/dev/zero', database)):
                if os.path.lexists(database):
                    trees.remove(database)
                make()
                self.assert_still_right()
        self.assertEqual(b'x', trees.read(self.at('precious')))

    @with_mounts
    def test_a_read_only_state_does_no_harm_and_what_is_not_remembered_is_told(self):
        self.run_with_state()
        self.mount_bind(self.state, self.state)
        self.mount('-o', 'remount,ro,bind', self.state)
        trees.write(self.in_source('7'), 'CONTENT 7', mtime=3 * SECOND)
        self.assertEqual(1, self.mirror().err.count('--state'))
        trees.write(self.in_source('new'), 'x')
        self.assertEqual(1, self.mirror().err.count('--state'))

    def test_a_memory_that_cannot_be_read_is_told_before_anything_is_done(self):
        _, memory = self.run_with_state()
        with contextlib.closing(sqlite3.connect(memory)) as database:
            database.execute('PRAGMA user_version = 99')
        newer = trees.read(memory)
        for command in ('run', 'plan'):
            warning = self.sync(command).err
            self.assertIn('a disk that is not mounted may go unnoticed', warning)
            self.assertIn('newer version', warning)
        self.assert_still_right()
        self.assertEqual(newer, trees.read(memory))

    def test_a_fact_that_was_changed_on_disk_is_told_once_and_put_right(self):
        _, memory = self.run_with_state()
        with contextlib.closing(sqlite3.connect(memory)) as database:
            database.execute('UPDATE facts SET checksum = checksum + 1')
            database.commit()
        self.assertIn('may go unnoticed', self.sync('run').err)
        self.assertEqual('', self.sync('run').err)

    def test_a_state_that_cannot_be_made_does_no_harm(self):
        self.given({'a': 'x'})
        trees.write(self.at('file'), 'x')
        self.mirror(env={'XDG_STATE_HOME': self.at('file')})


if __name__ == '__main__':
    unittest.main()
