"""The complete comparison of two trees, and recovery where there is nothing to recover."""
import unittest

from tests.support import trees
from tests.support.program import REFUSED, ProgramTest
from tests.support.trees import SECOND, fifo, file, symlink

TREE = {'a': 'hello', 'a.b': 'x', 'a-dir': {'x': 'y', 'e': {}}, 'l': symlink('a'), 'f': fifo()}


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


if __name__ == '__main__':
    unittest.main()
