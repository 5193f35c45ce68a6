"""What was only moved or renamed is moved in the replica too, not copied."""
import os
import unittest

from tests.support import trees
from tests.support.program import ProgramTest
from tests.support.trees import SECOND, file


class MoveTest(ProgramTest):
    def test_a_renamed_file_keeps_its_inode_in_the_replica(self):
        self.given({'a': 'x' * 10_000})
        self.mirror()
        inode = trees.inode(self.in_replica('a'))
        os.rename(self.in_source('a'), self.in_source('b'))
        self.assertEqual([('move', 'b')], self.operations())
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('b')))

    def test_a_renamed_directory_is_not_copied(self):
        self.given({'d': {'e': {str(number): str(number) for number in range(50)}}})
        self.mirror()
        inode = trees.inode(self.in_replica('d', 'e', '7'))
        os.rename(self.in_source('d'), self.in_source('elsewhere'))
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('elsewhere', 'e', '7')))

    def test_swapped_files_are_settled_in_one_run(self):
        self.given({'a': 'first content', 'b': 'second content, longer'})
        self.mirror()
        for old, new in (('a', 'spare'), ('b', 'a'), ('spare', 'b')):
            os.rename(self.in_source(old), self.in_source(new))
        self.mirror()

    def test_a_chain_of_names_is_settled_in_one_run(self):
        self.given({'a': 'a' * 100, 'b': 'b' * 200, 'c': 'c' * 300})
        self.mirror()
        for old, new in (('c', 'd'), ('b', 'c'), ('a', 'b')):
            os.rename(self.in_source(old), self.in_source(new))
        trees.write(self.in_source('a'), 'new at the old name')
        self.mirror()

    def test_swapped_directories_are_settled_in_one_run(self):
        self.given({'d': {'x': 'x' * 50}, 'e': {'y': 'y' * 60, 'z': {'w': 'w' * 70}}})
        self.mirror()
        for old, new in (('d', 'spare'), ('e', 'd'), ('spare', 'e')):
            os.rename(self.in_source(old), self.in_source(new))
        self.mirror()

    def test_a_directory_that_moves_into_its_former_child_is_settled(self):
        self.given({'outer': {'inner': {'x': 'x' * 50}, 'y': 'y' * 60}})
        self.mirror()
        os.rename(self.in_source('outer', 'inner'), self.in_source('inner'))
        os.rename(self.in_source('outer'), self.in_source('inner', 'outer'))
        self.mirror()

    def test_empty_files_are_never_moves(self):
        self.given({'a': file('', mtime=SECOND)})
        self.mirror()
        os.rename(self.in_source('a'), self.in_source('b'))
        self.assertEqual([('create', 'b'), ('delete', 'a')], self.operations())

    def test_a_candidate_with_other_bytes_is_not_moved(self):
        self.given({'new': file('1234', mtime=SECOND)}, {'old': file('abcd', mtime=SECOND)})
        self.mirror()

    def test_moves_are_no_deletions(self):
        self.given({str(number): 'content ' * number for number in range(1, 9)})
        self.mirror()
        for number in range(1, 9):
            os.rename(self.in_source(str(number)), self.in_source(f'moved {number}'))
        self.mirror('--max-delete', '0')


if __name__ == '__main__':
    unittest.main()
