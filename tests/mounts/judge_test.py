"""The comparer that trials of mounts rest on notices every kind of difference, and no other."""
import os
import tempfile
import unittest

from tests.mounts import judge
from tests.support import trees
from tests.support.mounts import Limits
from tests.support.trees import file, same_inode_as, symlink

MOMENT = 10**18
TREE = {'d': {'f': file('content', mtime=MOMENT)}, 'l': symlink('d', mtime=MOMENT),
        'a': file('linked', mtime=MOMENT), 'b': same_inode_as('a')}


class JudgeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.left, self.right = (os.path.join(folder.name, name) for name in ('left', 'right'))
        for root in (self.left, self.right):
            trees.build(root, TREE)
            for name in ('d', '.'):
                trees.set_mtime(os.path.join(root, name), MOMENT)

    def at(self, *names):
        return os.path.join(self.right, *names)

    def differences(self, **limits):
        return judge.differences(self.left, self.right, Limits(**limits))

    def settle(self):
        """The root's time, which changes with its entries, is as it was."""
        trees.set_mtime(self.right, MOMENT)

    def test_equal_trees_have_no_difference(self):
        self.assertEqual([], self.differences())

    def test_content_is_read_where_size_and_time_agree(self):
        trees.write(self.at('d', 'f'), 'CONTENT', mtime=MOMENT)
        self.assertRegex(' '.join(self.differences()), "f': content")

    def test_what_is_missing_and_what_is_extra_is_named(self):
        os.rename(self.at('l'), self.at('m'))
        self.settle()
        self.assertEqual(["b'l': missing", "b'm': extra"], self.differences())

    def test_a_time_counts_as_far_as_the_file_system_holds_it(self):
        trees.set_mtime(self.at('d', 'f'), MOMENT + 1)
        self.assertEqual(1, len(self.differences()))
        self.assertEqual([], self.differences(grain_ns=100))
        self.assertEqual([], self.differences(latest=10**9 - 1))

    def test_a_link_that_leads_elsewhere_is_seen_unless_it_cannot_be_read(self):
        for target in ('elsewhere', '../outwards'):
            os.unlink(self.at('l'))
            os.symlink(target, self.at('l'))
            trees.set_mtime(self.at('l'), MOMENT)
            self.settle()
            self.assertRegex(' '.join(self.differences()), "l': target")
        os.unlink(os.path.join(self.left, 'l'))
        os.symlink('/elsewhere', os.path.join(self.left, 'l'))
        trees.set_mtime(self.left, MOMENT)
        self.assertEqual([], self.differences(outward_targets=False, link_times=False))

    def test_names_of_one_file_are_told_from_copies(self):
        os.unlink(self.at('b'))
        trees.write(self.at('b'), 'linked', mtime=MOMENT)
        self.settle()
        self.assertEqual(["b'a': linked otherwise", "b'b': linked otherwise"], self.differences())
        self.assertEqual([], self.differences(hard_links=False))

    def test_modes_count_where_they_are_held(self):
        os.chmod(self.at('a'), 0o600)
        self.assertEqual(2, len(self.differences()))
        self.assertEqual([], self.differences(modes=False))


if __name__ == '__main__':
    unittest.main()
