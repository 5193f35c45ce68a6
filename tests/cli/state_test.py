"""The cache may be missing or damaged: the result is the same."""
import os
import unittest

from tests.support import trees
from tests.support.program import ProgramTest, with_mounts
from tests.support.trees import SECOND, file

FLIPS = int(os.environ.get('SYNC_TEST_FLIPS', '100'))


class StateTest(ProgramTest):
    def database(self):
        found = [os.path.join(folder, name) for folder, _, names in os.walk(self.state)
                 for name in names if name == 'hashes.db']
        return found[0] if found else None

    def run_with_cache(self):
        self.given({str(number): file(f'content {number}', mtime=SECOND) for number in range(50)},
                   {str(number): file(f'content {number}', mtime=2 * SECOND)
                    for number in range(50)})
        self.mirror()
        if self.database() is None:
            os.makedirs(os.path.join(self.state, 'foldersync'), exist_ok=True)
        return self.database() or os.path.join(self.state, 'foldersync', 'hashes.db')

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

    def test_a_damaged_cache_does_no_harm(self):
        database = self.run_with_cache()
        for damage in (b'', b'garbage' * 1000, b'SQLite format 3\0' + bytes(5000)):
            with self.subTest(damage=damage[:10]):
                trees.write(database, damage)
                self.assert_still_right()

    def test_flipped_bytes_in_the_cache_do_no_harm(self):
        database = self.run_with_cache()
        if not os.path.exists(database):
            self.skipTest('nothing was cached')
        good = trees.read(database)
        for position in range(0, len(good), max(1, len(good) // FLIPS)):
            with self.subTest(position=position):
                trees.write(database, good[:position] + bytes([good[position] ^ 0x55])
                            + good[position + 1:])
                self.assert_still_right()

    def test_something_else_in_place_of_the_cache_does_no_harm(self):
        database = self.run_with_cache()
        trees.write(self.at('precious'), 'x')
        for make in (lambda: os.mkdir(database), lambda: os.mkfifo(database),
                     lambda: os.symlink(self.at('precious'), database),
                     lambda: os.symlink('/dev/zero', database)):
            trees.remove(database)
            make()
            self.assert_still_right()
        self.assertEqual(b'x', trees.read(self.at('precious')))

    @with_mounts
    def test_a_read_only_state_does_no_harm(self):
        self.run_with_cache()
        self.mount_bind(self.state, self.state)
        self.mount('-o', 'remount,ro,bind', self.state)
        self.assert_still_right()

    def test_a_state_that_cannot_be_made_does_no_harm(self):
        self.given({'a': 'x'})
        trees.write(self.at('file'), 'x')
        self.mirror(env={'XDG_STATE_HOME': self.at('file')})


if __name__ == '__main__':
    unittest.main()
