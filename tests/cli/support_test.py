"""The judge is judged: cp -a is the right copy, and every kind of wrong copy is seen."""
import os
import subprocess
import tempfile
import unittest

from tests.support import compare, trees
from tests.support.program import as_root, with_acls, with_devices, with_xattrs
from tests.support.random_tree import RandomTree
from tests.support.trees import SECOND, char_device, fifo, file, folder, same_inode_as, symlink

TREE = {'a': file('hello', mode=0o640, mtime=5 * SECOND + 7), 'twin': same_inode_as('a'),
        'd': folder({'empty': {}, 'x': 'x'}, mtime=9 * SECOND), 'l': symlink('a', mtime=SECOND),
        'f': fifo(), 'hole': file('', size=8 << 20)}


class ComparerTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp()
        self.addCleanup(trees.remove, self.top)
        self.source, self.replica = self.top + '/source', self.top + '/replica'

    def copied(self, tree=None):
        trees.build(self.source, TREE if tree is None else tree)
        subprocess.run(['cp', '-a', self.source, self.replica], check=True)

    def at(self, name):
        return os.path.join(self.replica, name)

    def assert_seen(self, *words):
        found = compare.differences(self.source, self.replica)
        for word in words:
            self.assertTrue(any(word in line for line in found), f'{word!r} not in {found}')

    def keeping_mtime(self, path, change):
        mtime = os.lstat(path).st_mtime_ns
        change()
        trees.set_mtime(path, mtime)

    def test_a_right_copy_has_no_difference(self):
        self.copied()
        self.assertEqual([], compare.differences(self.source, self.replica))

    def test_right_copies_of_random_trees_have_no_difference(self):
        for seed in range(3):
            source, replica = f'{self.source}{seed}', f'{self.replica}{seed}'
            RandomTree(source, seed, xattrs=True).grow(100)
            subprocess.run(['cp', '-a', source, replica], check=True)
            self.assertEqual([], compare.differences(source, replica), f'seed {seed}')

    def test_the_same_seed_makes_the_same_tree(self):
        for root in (self.source, self.replica):
            RandomTree(root, 11).grow(60)
        self.assertEqual(compare.paths(self.source), compare.paths(self.replica))

    def test_other_bytes_of_the_same_size_and_time_are_seen(self):
        self.copied()
        self.keeping_mtime(self.at('a'), lambda: trees.write(self.at('a'), 'hellO'))
        self.assert_seen("b'a': content")

    def test_a_nanosecond_is_seen_on_files_links_directories_and_the_root(self):
        self.copied()
        for name in ('a', 'l', 'd/empty', '.'):
            mtime = os.lstat(self.at(name)).st_mtime_ns
            trees.set_mtime(self.at(name), mtime + 1)
        self.assert_seen("b'a': mtime_ns", "b'l': mtime_ns", "b'd/empty': mtime_ns",
                         "b'.': mtime_ns")

    def test_modes_are_seen(self):
        self.copied()
        os.chmod(self.at('a'), 0o4640)
        os.chmod(self.at('d'), 0o700)
        self.assert_seen("b'a': mode", "b'd': mode")

    @as_root
    def test_owner_and_group_are_seen(self):
        self.copied()
        os.chown(self.at('l'), 1, -1, follow_symlinks=False)
        os.chown(self.at('d'), -1, 1)
        self.assert_seen("b'l': owner", "b'd': owner")

    def test_extra_and_missing_entries_are_seen(self):
        self.copied()
        os.rmdir(self.at('d/empty'))
        os.mkdir(self.at('new'))
        self.assert_seen("b'd/empty': only in the source", "b'new': only in the replica")

    def test_another_type_is_seen(self):
        self.copied()
        os.unlink(self.at('f'))
        os.mkdir(self.at('f'))
        self.assert_seen("b'f': kind is 'fifo' in the source, 'dir'")

    def test_another_link_target_is_seen(self):
        self.copied()
        os.unlink(self.at('l'))
        os.symlink('b', self.at('l'))
        self.assert_seen("b'l': target")

    def test_a_broken_hard_link_is_seen(self):
        self.copied()
        subprocess.run(['cp', '-p', self.at('a'), self.at('b')], check=True)
        os.rename(self.at('b'), self.at('twin'))
        self.assert_seen("b'twin': linked", "b'a': linked")

    def test_an_extra_hard_link_is_seen(self):
        self.copied({'a': file('x', mtime=1), 'b': file('x', mtime=1)})
        os.unlink(self.at('b'))
        os.link(self.at('a'), self.at('b'))
        self.assert_seen("b'b': linked")

    def test_a_filled_hole_is_seen(self):
        self.copied()
        self.keeping_mtime(self.at('hole'), lambda: trees.write(self.at('hole'), bytes(8 << 20)))
        os.sync()
        self.assert_seen("b'hole': takes")

    def test_zeros_and_holes_are_the_same_content(self):
        self.copied({'hole': file('x', size=100_000, mtime=1)})
        trees.write(self.at('hole'), b'x' + bytes(99_999), mtime=1)
        self.assertEqual([], [line for line in compare.differences(self.source, self.replica)
                              if 'hole' in line])

    @with_xattrs
    def test_xattrs_of_files_and_directories_are_seen(self):
        self.copied()
        os.setxattr(self.at('a'), 'user.x', b'1')
        os.setxattr(self.at('d'), 'user.x', b'1')
        self.assert_seen("b'a': xattrs", "b'd': xattrs")

    @with_acls
    def test_acls_are_seen(self):
        self.copied({'a': file('x', xattrs={'system.posix_acl_access': trees.access_acl(1, 7)})})
        self.assertEqual([], compare.differences(self.source, self.replica))
        os.setxattr(self.at('a'), 'system.posix_acl_access', trees.access_acl(1, 4))
        self.assert_seen("b'a': xattrs")

    @with_devices
    def test_another_device_number_is_seen(self):
        self.copied({'n': char_device(1, 3)})
        os.unlink(self.at('n'))
        trees.build(self.replica, {'n': char_device(1, 5)})
        self.assert_seen("b'n': rdev")

    def test_a_fingerprint_sees_a_change_that_was_taken_back(self):
        self.copied()
        before = compare.fingerprint(self.replica)
        self.assertEqual([], compare.changes(before, compare.fingerprint(self.replica)))
        os.chmod(self.at('a'), 0o600)
        os.chmod(self.at('a'), 0o640)
        self.assertEqual(2, len(compare.changes(before, compare.fingerprint(self.replica))))


if __name__ == '__main__':
    unittest.main()
