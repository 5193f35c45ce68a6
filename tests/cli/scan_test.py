"""Inventories of one tree, and the complete comparison of two."""
import os
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.program import NOBODY, PARTIAL, REFUSED, ProgramTest, as_root, with_mounts
from tests.support.random_tree import AWKWARD_NAMES
from tests.support.trees import SECOND, fifo, file, folder, symlink

TREE = {'a': 'hello', 'a.b': 'x', 'a-dir': {'x': 'y', 'e': {}}, 'l': symlink('a'), 'f': fifo()}


class ScanTest(ProgramTest):
    def scan(self, *options, expect=0, **others):
        return self.execute('scan', '-s', self.source, *options, expect=expect, **others).out

    def test_there_is_a_line_for_each_entry_in_path_order(self):
        self.given({'a': {'x': '1', 'y': {'z': '2'}}, 'a.b': '3', 'a0': '4'})
        lines = self.scan().splitlines()
        shown = [next(path for path in ('a/y/z', 'a/y', 'a/x', 'a.b', 'a0', 'a') if
                      line.split()[-1].rstrip('/') == path)
                 for line in lines if line.split()[-1].rstrip('/') in
                 ('a', 'a/x', 'a/y', 'a/y/z', 'a.b', 'a0')]
        self.assertEqual(['a', 'a/x', 'a/y', 'a/y/z', 'a.b', 'a0'], shown)

    def test_md5sum_accepts_its_own_form(self):
        self.given({**TREE, **{name: name.encode('utf-8', 'surrogateescape')
                               for name in AWKWARD_NAMES if name not in TREE}})
        sums = self.scan('--md5sum')
        checked = subprocess.run(['md5sum', '-c', '--quiet', '--strict'], cwd=self.source,
                                 input=sums.encode('utf-8', 'surrogateescape'), check=False,
                                 capture_output=True)
        self.assertEqual((0, b'', b''), (checked.returncode, checked.stdout, checked.stderr))
        files = [path for path, entry in compare.listing(self.source).items()
                 if entry.kind == 'file']
        self.assertEqual(len(files), len(sums.splitlines()))

    def test_md5_shows_the_digest_of_files(self):
        self.given(TREE)
        self.assertIn('5d41402abc4b2a76b9719d911017c592', self.scan('--md5'))
        self.assertNotIn('5d41402abc4b2a76b9719d911017c592', self.scan())

    def test_json_can_be_parsed_and_names_everything(self):
        self.given(TREE)
        text = self.scan('--json', '--md5')
        for name in compare.paths(self.source):
            self.assertIn(f'"{name}"', text)
        self.assertIn('5d41402abc4b2a76b9719d911017c592', text)

    def test_an_output_file_gets_what_stdout_would(self):
        self.given(TREE)
        self.scan('-o', self.at('inventory'))
        self.assertEqual(self.scan(), trees.read(self.at('inventory')).decode())

    def test_a_scan_shows_no_raw_control_bytes(self):
        self.given({name: 'x' for name in AWKWARD_NAMES if name != 'lost+found'})
        self.assertEqual(set(), {char for char in self.scan() if ord(char) < 32} - {'\n', '\t'})

    def test_a_missing_source_is_refused(self):
        self.scan(expect=REFUSED)

    def test_a_fifo_is_never_opened(self):
        self.given({'f': fifo()})
        self.scan('--md5')

    @as_root
    def test_what_cannot_be_read_is_recorded(self):
        self.given({'locked': folder({'x': 'x'}, mode=0o700), 'a': 'x'})
        self.live_as(NOBODY)
        self.assertIn('a', self.scan(uid=NOBODY, expect=PARTIAL))


class VerifyTest(ProgramTest):
    def test_equal_trees_are_verified(self):
        self.given(TREE)
        self.mirror()
        with self.untouched():
            self.sync('verify')

    def test_a_difference_that_no_stamp_shows_is_found(self):
        self.given({'a': file('good', mtime=SECOND)})
        self.mirror()
        trees.write(self.in_replica('a'), 'evil', mtime=SECOND)
        with self.untouched():
            result = self.sync('verify', expect=None)
        self.assertNotEqual(0, result.code)
        self.assertIn('a', result.out + result.err)

    def test_a_missing_and_an_extra_entry_are_found(self):
        self.given(TREE)
        self.mirror()
        trees.write(self.in_replica('extra'), 'x')
        self.assertNotEqual(0, self.sync('verify', expect=None).code)


class RecoverTest(ProgramTest):
    def test_there_is_nothing_to_recover_after_a_run(self):
        self.given(TREE)
        self.mirror()
        for options in ((), ('--rollback',)):
            with self.untouched():
                self.execute('recover', '-r', self.replica, *options, expect=0)

    def test_a_missing_replica_is_refused(self):
        self.execute('recover', '-r', self.at('nowhere'), expect=REFUSED)


class StateTest(ProgramTest):
    """The cache may be missing or damaged: the result is the same."""

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
        for position in range(0, len(good), max(1, len(good) // 15)):
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
