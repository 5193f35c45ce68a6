"""Each safety check that scripts/mutate takes out is still there, in one place."""
import collections
import pathlib
import tempfile
import unittest

from tests.mutations import MUTATIONS
from tests.support.mutation import Mutation, Sources

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


def without(files, mutation):
    """What Sources finds where these are the files below src."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, 'src', name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Sources(pathlib.Path(folder)).find(mutation)


class MutationsTest(unittest.TestCase):
    def test_each_check_stands_in_one_place(self):
        sources = Sources(CHECKOUT)
        found = {mutation.name: [file for file, _ in sources.find(mutation)]
                 for mutation in MUTATIONS}
        self.assertEqual({}, {name: files for name, files in found.items() if len(files) != 1})

    def test_no_two_have_one_name(self):
        names = collections.Counter(mutation.name for mutation in MUTATIONS)
        self.assertEqual([], [name for name, count in names.items() if count > 1])

    def test_a_check_is_found_in_another_file_and_in_other_lines(self):
        mutation = Mutation('', 'src/old.cpp', 'if (a && b) return c;', 'return d;', '')
        self.assertEqual([('src/far/new.cpp', 'x\n  return d;\ny\n')],
                         without({'far/new.cpp': 'x\n  if (a &&\n      b)\n    return c;\ny\n'},
                                 mutation))

    def test_what_stands_twice_is_taken_from_the_file_that_is_named(self):
        files = {'a.cpp': 'check();\n', 'b.cpp': 'f();\ncheck();\n'}
        self.assertEqual(2, len(without(files, Mutation('', 'check();', '', ''))))
        self.assertEqual([('src/b.cpp', 'f();\n\n')],
                         without(files, Mutation('', 'src/b.cpp', 'check();', '', '')))


if __name__ == '__main__':
    unittest.main()
