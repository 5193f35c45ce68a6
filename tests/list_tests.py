"""Prints the names of the Python tests of a folder of tests, FILE.CLASS.TEST, one a line.

A file that cannot be loaded is listed by its own name: running it fails and says why.
"""
import pathlib
import sys
import unittest


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test.id()


def names(folder):
    for path in sorted(pathlib.Path('tests', folder).glob('*_test.py')):
        module = f'tests.{folder}.{path.stem}'
        found = unittest.TestLoader().loadTestsFromName(module)
        for name in cases(found):
            yield name.removeprefix(f'tests.{folder}.') if name.startswith(module) else path.stem


if __name__ == '__main__':
    print('\n'.join(names(sys.argv[1])))
