"""A thousand random edits, mirrored again and again, never a difference.

SYNC_TEST_EDITS sets the number of edits, SYNC_TEST_PAIRS the number of random pairs of trees, and
SYNC_TEST_SEED where the seeds start.
"""
import os
import shutil
import subprocess
import unittest

from tests.support import trees
from tests.support.program import ProgramTest
from tests.support.random_tree import RandomTree

EDITS = int(os.environ.get('SYNC_TEST_EDITS', '1000'))
PAIRS = int(os.environ.get('SYNC_TEST_PAIRS', '150'))
SEED = int(os.environ.get('SYNC_TEST_SEED', '1'))


class RandomEditsTest(ProgramTest):
    in_memory = True

    def edit_and_mirror(self, tree, edits, *options):
        """Mirrors after every tenth edit; a failure names seed and edits."""
        tree.grow(150)
        self.mirror(*options)
        for start in range(0, edits, 10):
            said = [tree.edit() for _ in range(10)]
            with self.subTest(seed=SEED, edits=f'{start} to {start + 9}', said=said):
                self.mirror(*options)

    def test_random_edits_never_leave_a_difference(self):
        self.edit_and_mirror(RandomTree(self.source, SEED), EDITS)
        self.assert_rsync_agrees()

    def test_random_edits_with_xattrs_never_leave_a_difference(self):
        tree = RandomTree(self.source, SEED + 1, xattrs=True)
        self.edit_and_mirror(tree, EDITS // 4, '--xattrs')
        self.assert_rsync_agrees()

    def test_random_edits_applied_from_plans_never_leave_a_difference(self):
        tree = RandomTree(self.source, SEED + 2)
        tree.grow(100)
        for start in range(0, EDITS // 4, 10):
            said = [tree.edit() for _ in range(10)]
            with self.subTest(seed=SEED + 2, edits=f'{start} to {start + 9}', said=said):
                self.execute('apply', '-', input=self.plan_text(), expect=0)
                self.assert_mirrored()
                self.assert_quiet()

    def test_random_edits_of_the_replica_are_put_right(self):
        RandomTree(self.source, SEED + 3).grow(100)
        self.mirror()
        vandal = RandomTree(self.replica, SEED + 4)
        for start in range(0, EDITS // 4, 10):
            said = [vandal.edit() for _ in range(10)]
            with self.subTest(seed=SEED + 4, edits=f'{start} to {start + 9}', said=said):
                self.mirror()

    def assert_rsync_agrees(self):
        if shutil.which('rsync') is None:
            return
        said = subprocess.run(['rsync', '-aHAXnci', '--delete', self.source + '/',
                               self.replica + '/'], check=True, capture_output=True).stdout
        self.assertEqual(b'', said)


class RandomPairsTest(ProgramTest):
    in_memory = True

    def mirror_quickly(self, said):
        """Mirrors, without waiting for the disk, and removes both trees."""
        self.sync('run', '--durability', 'none')
        self.assertEqual([], self.differences(), said)
        self.assert_quiet()
        for folder in (self.source, self.replica):
            trees.remove(folder)

    def test_any_tree_becomes_any_other_tree(self):
        for seed in range(SEED, SEED + PAIRS):
            with self.subTest(seed=seed):
                self.source, self.replica = self.at(f's{seed}'), self.at(f'r{seed}')
                RandomTree(self.source, 2 * seed).grow(80)
                RandomTree(self.replica, 2 * seed + 1).grow(80)
                self.mirror_quickly(seed)

    def test_any_tree_becomes_a_later_state_of_itself(self):
        for seed in range(SEED, SEED + PAIRS):
            with self.subTest(seed=seed):
                self.source, self.replica = self.at(f's{seed}'), self.at(f'r{seed}')
                tree = RandomTree(self.source, seed)
                tree.grow(60)
                subprocess.run(['cp', '-a', self.source, self.replica], check=True)
                said = [tree.edit() for _ in range(40)]
                self.mirror_quickly(said)


if __name__ == '__main__':
    unittest.main()
