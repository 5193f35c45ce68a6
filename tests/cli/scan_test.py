"""Inventories of one tree."""
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.program import NOBODY, PARTIAL, REFUSED, ProgramTest, as_root
from tests.support.random_tree import AWKWARD_NAMES
from tests.support.trees import fifo, folder, symlink

TREE = {'a': 'hello', 'a.b': 'x', 'a-dir': {'x': 'y', 'e': {}}, 'l': symlink('a'), 'f': fifo()}


class ScanTest(ProgramTest):
    def scan(self, *options, expect=0, **others):
        return self.execute('scan', '-s', self.source, *options, expect=expect, **others).out

    def test_there_is_a_line_for_each_entry_in_path_order(self):
        self.given({'a': {'x': '1', 'y': {'z': '2'}}, 'a.b': '3', 'a0': '4'})
        names = [line.split()[-1].rstrip('/') for line in self.scan().splitlines()]
        shown = [name for name in names if name in ('a', 'a/x', 'a/y', 'a/y/z', 'a.b', 'a0')]
        self.assertEqual(['a', 'a/x', 'a/y', 'a/y/z', 'a.b', 'a0'], shown)

    def test_its_own_state_and_output_are_not_listed(self):
        self.given({'a': 'x', 'sub': {'b': 'x'}})
        for _ in range(2):
            self.scan('--md5', '-o', self.in_source('sub', 'list'), '--state',
                      self.in_source('state'), source_may_change=True)
        names = [line.split()[-1] for line in trees.read(self.in_source('sub', 'list')).splitlines()]
        self.assertEqual([b'.', b'a', b'sub', b'sub/b'], names)

    def test_the_folder_itself_is_no_place_for_its_own_files(self):
        self.given({'a': 'x'})
        with self.untouched(self.source):
            for option in ('-o', '--state'):
                self.scan(option, self.source, expect=REFUSED)

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


if __name__ == '__main__':
    unittest.main()
