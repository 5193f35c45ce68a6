"""All of a plan or none of it, and how sure it is to be on disk."""
import unittest

from tests.support import trees
from tests.support.program import DONE, NOBODY, PARTIAL, ProgramTest, as_root
from tests.support.trees import folder, symlink

SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 't': {'inside': 'x'}}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 't': 'file', 'gone': {'x': {'y': 'y'}}}


class AtomicTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def test_an_atomic_apply_does_it_all(self):
        self.execute('apply', self.plan_file('--atomic'), expect=DONE)
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_stale_atomic_apply_changes_nothing(self):
        plan = self.plan_file('--atomic')
        trees.write(self.in_replica('a'), 'mine!')
        before = self.replica_paths()
        self.assertNotEqual(DONE, self.execute('apply', plan).code)
        self.assertEqual(before, self.replica_paths())
        self.assertEqual((b'mine!', b'file'), (self.content('a'), self.content('t')))

    def test_less_durability_gives_the_same_result(self):
        for durability in ('none', 'batch'):
            with self.subTest(durability=durability):
                self.replica = self.at(f'replica {durability}')
                self.sync('run', '--durability', durability)
                self.assert_mirrored()


@as_root
class IncompleteTest(ProgramTest):
    def test_an_incomplete_plan_is_not_applied_atomically(self):
        self.given({'locked': folder({'x': 'x'}, mode=0o700), 'a': 'x'}, {})
        self.live_as(NOBODY, self.replica)
        with self.untouched():
            self.sync('run', '--atomic', uid=NOBODY, expect=5)
        self.sync('run', '--atomic', '--allow-incomplete', uid=NOBODY, expect=(DONE, PARTIAL))
        self.assertEqual(b'x', self.content('a'))


if __name__ == '__main__':
    unittest.main()
