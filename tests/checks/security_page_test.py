"""The tests that docs/security.md names exist: a promise whose test went away is none."""
import pathlib
import re
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
NAMED = re.compile(r'`(cli|sweep)/(\w+_test)`(?: \(([a-z_, ]+)\))?|`(unit_\w+|fault)/(\w+)`')


def methods_of(path):
    return re.findall(r'    def (test_\w+)', path.read_text()) if path.exists() else []


def suites_of(room):
    folder = room.replace('_', '/', 1)
    texts = (path.read_text() for path in sorted((CHECKOUT / 'tests' / folder).glob('*.cpp')))
    return {suite for text in texts for suite in re.findall(r'TEST(?:_F|_P)?\((\w+),', text)}


def missing_in(text):
    """What is named and is not there, as readable words."""
    missing = []
    for folder, module, parts, room, suite in NAMED.findall(text):
        if room:
            missing += [] if suite in suites_of(room) else [f'{room}/{suite}']
            continue
        methods = methods_of(CHECKOUT / 'tests' / folder / f'{module}.py')
        for part in parts.split(', '):
            if not any(part in method for method in methods):
                missing.append(f'{folder}/{module} {part}')
    return missing


class SecurityPageTest(unittest.TestCase):
    def test_what_the_page_names_is_there(self):
        text = (CHECKOUT / 'docs/security.md').read_text()
        self.assertGreater(len(NAMED.findall(text)), 100)
        self.assertEqual([], missing_in(text))

    def test_what_is_missing_is_found(self):
        text = ('`cli/escapes_test` (words_of, no_such) `sweep/gone_test` `unit_fs/Gone` '
                '`fault/ReplicaRace`')
        self.assertEqual(['cli/escapes_test no_such', 'sweep/gone_test ', 'unit_fs/Gone'],
                         missing_in(text))


if __name__ == '__main__':
    unittest.main()
