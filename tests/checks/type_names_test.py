"""One name, one type: two of a name in one namespace break a program that holds both, and no compiler tells."""
import collections
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFINED = re.compile(r'^(?:struct|class|enum class) (\w+)(?: final)?(?: :[^;]*)?\s*\{', re.M)


class TypeNamesTest(unittest.TestCase):
    def test_no_two_headers_define_types_of_one_name(self):
        places = collections.defaultdict(list)
        for header in sorted([*ROOT.glob('src/**/*.h'), *ROOT.glob('tests/**/*.h')]):
            text = header.read_text()
            if '\nnamespace foldersync {\n' not in text:
                continue
            for name in DEFINED.findall(text):
                places[name].append(str(header.relative_to(ROOT)))
        self.assertGreater(len(places), 100)
        self.assertEqual({}, {name: found for name, found in places.items() if len(found) > 1})


if __name__ == '__main__':
    unittest.main()
