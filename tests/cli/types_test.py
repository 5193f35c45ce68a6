"""Every type of entry, and every change from one to another."""
import os
import stat
import threading
import unittest

from tests.support import trees
from tests.support.program import ProgramTest, as_root, with_devices
from tests.support.trees import block_device, char_device, fifo, file, folder, sock, symlink

KINDS = {
    'file': lambda: file('some content'),
    'dir': lambda: folder({'x': 'x', 'sub': {'y': 'y', 'l': symlink('/')}}),
    'symlink': lambda: symlink('elsewhere'),
    'fifo': fifo,
    'socket': sock,
}
PAIRS = [(old, new) for old in KINDS for new in KINDS]


class TypesTest(ProgramTest):
    def test_all_types_are_mirrored(self):
        self.given({name: make() for name, make in KINDS.items()})
        self.mirror()

    def test_all_25_changes_of_type_in_one_run(self):
        self.given({f'{old} to {new}': KINDS[new]() for old, new in PAIRS},
                   {f'{old} to {new}': KINDS[old]() for old, new in PAIRS})
        self.mirror()

    def test_each_of_the_25_changes_of_type_alone(self):
        for old, new in PAIRS:
            with self.subTest(old=old, new=new):
                self.source, self.replica = self.at(f's {old} {new}'), self.at(f'r {old} {new}')
                self.given({'entry': KINDS[new]()}, {'entry': KINDS[old]()})
                self.mirror()

    def run_watched(self, look):
        """A run, while `look` looks again and again."""
        over = threading.Event()

        def watch():
            while not over.is_set():
                look()
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.sync('run')
        finally:
            over.set()
            watcher.join()

    def test_there_is_no_moment_without_an_entry_while_types_change(self):
        self.given({f'{old} to {new}': KINDS[new]() for old, new in PAIRS},
                   {f'{old} to {new}': KINDS[old]() for old, new in PAIRS})
        names = [self.in_replica(f'{old} to {new}') for old, new in PAIRS]
        gaps = []
        self.run_watched(lambda: gaps.extend(name for name in names if not os.path.lexists(name)))
        self.assertEqual([], gaps)

    def test_readers_see_the_old_or_the_new_content_and_nothing_else(self):
        self.given({'a': b'n' * 3_000_000}, {'a': b'o' * 2_000_000})
        seen = set()

        def look():
            content = self.content('a')
            seen.add((len(content), content[:1], content[-1:]))
        self.run_watched(look)
        self.assertLessEqual(seen, {(2_000_000, b'o', b'o'), (3_000_000, b'n', b'n')})

    @with_devices
    def test_devices_are_mirrored_with_their_numbers(self):
        self.given({'null': char_device(1, 3, mode=0o666), 'loop': block_device(7, 200),
                    'big': char_device(200, 70_000)})
        self.mirror()

    @with_devices
    def test_another_device_number_and_another_type_of_device_are_changes(self):
        self.given({'a': char_device(1, 3), 'b': block_device(7, 99), 'c': 'file'},
                   {'a': char_device(1, 5), 'b': char_device(7, 99), 'c': char_device(1, 3)})
        self.mirror()

    @with_devices
    def test_a_device_that_the_source_lacks_is_removed(self):
        self.given({}, {'null': char_device(1, 3), 'd': {'loop': block_device(7, 200)}})
        self.mirror()

    @as_root
    @with_devices
    def test_a_device_is_skipped_and_said_so_where_the_caller_is_not_root(self):
        self.given({'null': char_device(1, 3), 'a': 'x'}, {})
        self.live_as(65534, self.replica)
        self.sync('run', uid=65534, expect=(0, 3))
        self.assertEqual(['a'], self.replica_paths())
        skipped = self.plan(uid=65534, expect=(0, 3))['skipped']
        self.assertEqual(['null'], [entry['path'] for entry in skipped])

    def test_links_of_all_sorts_are_copied_as_links(self):
        self.given({'dangling': symlink('nowhere'), 'loop': symlink('loop'), 'up': symlink('..'),
                    'absolute': symlink('/etc/passwd'), 'long': symlink('x' * 4095),
                    'bytes': symlink(os.fsdecode(b'\xff\n\x1b[0m')), 'to dir': symlink('d'),
                    'd': {'x': 'x'}, 'slash': symlink('d/')})
        self.mirror()

    def test_a_changed_link_target_is_mirrored(self):
        self.given({'a': symlink('new', mtime=5), 'b': symlink('same len', mtime=5)},
                   {'a': symlink('older', mtime=5), 'b': symlink('len same', mtime=5)})
        self.mirror()

    def test_a_full_directory_is_replaced_by_a_file_and_back(self):
        full = {str(number): {'x': 'x', 'y': {}} for number in range(20)}
        self.given({'a': 'file', 'b': full}, {'a': full, 'b': 'file'})
        self.mirror()

    def test_a_fifo_in_the_replica_is_never_opened_for_reading(self):
        self.given({'a': 'content', 'd': {}}, {'a': fifo(), 'd': {'extra': fifo()}})
        self.mirror()
        self.assertTrue(stat.S_ISREG(os.lstat(self.in_replica('a')).st_mode))

    def test_the_mtime_of_fifos_and_sockets_is_mirrored(self):
        self.given({'f': fifo(mtime=5), 's': sock(mtime=7, mode=0o600)}, {'f': fifo(), 's': sock()})
        inode = trees.inode(self.in_replica('f'))
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('f')))


if __name__ == '__main__':
    unittest.main()
