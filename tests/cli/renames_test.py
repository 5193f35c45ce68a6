"""Names that move in the source, exchange places, or are used again: one run settles them."""
import os
import unittest

from tests.support import trees
from tests.support.program import ProgramTest

TREE = {'a': 'content a', 'b': 'content b!', 'c': 'content c, and more',
        'd': {'x': 'in d', 'deep': {'y': 'deeper in d'}}, 'e': {'z': 'in e'}}


class RenamesTest(ProgramTest):
    in_memory = True

    def test_renames_of_every_shape_are_settled_in_one_run(self):
        shapes = {
            'a new name': [('a', 'new')],
            'into a directory': [('a', 'd/a')],
            'out of a directory': [('d/x', 'x')],
            'two names exchanged': [('a', 't'), ('b', 'a'), ('t', 'b')],
            'a chain of names': [('c', 't'), ('b', 'c'), ('a', 'b'), ('t', 'a')],
            'two directories exchanged': [('d', 't'), ('e', 'd'), ('t', 'e')],
            'a directory moved into another': [('d', 'e/d')],
            'a directory exchanged with its own child': [('d/deep', 't'), ('d', 't/d'), ('t', 'd')],
            'a file exchanged with a directory': [('a', 't'), ('d', 'a'), ('t', 'd')],
            'over what was there': [('a', 'b')],
        }
        for shape, renames in shapes.items():
            for again in (None, 'new content at an old name'):
                with self.subTest(shape=shape, again=again):
                    self.start_again()
                    for old, new in renames:
                        os.rename(self.in_source(old), self.in_source(new))
                    if again and not os.path.lexists(self.in_source(renames[0][0])):
                        trees.write(self.in_source(renames[0][0]), again)
                    self.mirror()

    def start_again(self):
        for folder in (self.source, self.replica, self.state):
            if os.path.exists(folder):
                trees.remove(folder)
        os.mkdir(self.state)  # what is remembered of the last pair would be in the way
        self.given(TREE)
        self.sync('run')


if __name__ == '__main__':
    unittest.main()
