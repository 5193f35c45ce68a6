"""Plans for people."""
import unittest

from tests.support import trees
from tests.support.program import ProgramTest


class ShowTest(ProgramTest):
    def test_show_prints_a_plan_for_people(self):
        self.given({'a': 'new', 'd': {'b': 'x'}}, {'a': 'old', 'gone': 'x'})
        path = self.plan_file()
        self.assertIn('gone', self.execute('show', path, expect=0).out)
        for option in ('--stat', '--tree'):
            self.execute('show', option, path, expect=0)
        self.execute('show', path, '--html', self.at('plan.html'), expect=0)
        self.assertIn(b'<html', trees.read(self.at('plan.html')).lower())


if __name__ == '__main__':
    unittest.main()
