"""The folders include what the table allows, and a breach of it would be seen."""
import pathlib
import tempfile
import unittest

from tests.checks import include_rules

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


class CheckoutTest(unittest.TestCase):
    def test_every_include_follows_the_table(self):
        self.assertTrue(list((CHECKOUT / 'src').rglob('*.cpp')), 'nothing to check')
        found = include_rules.violations(CHECKOUT)
        self.assertFalse(found, '\n' + '\n'.join(found))

    def test_the_link_lines_say_the_same_as_the_table(self):
        found = include_rules.uses_violations(CHECKOUT)
        self.assertFalse(found, '\n' + '\n'.join(found))


class BreachTest(unittest.TestCase):
    """Each test writes one file into an otherwise correct tree."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for layer in ('core', 'fs', 'state', 'scan', 'plan', 'apply', 'cli'):
            self.write(f'{layer}/thing.h', '#include <string>')

    def write(self, path, text):
        target = self.root / 'src' / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + '\n')

    def expect(self, path, include, said):
        self.write(path, f'#include {include}')
        found = include_rules.violations(self.root)
        self.assertEqual(1, len(found), found)
        self.assertIn(f'src/{path}:1: ', found[0])
        self.assertIn(said, found[0])

    def expect_nothing(self, path, include):
        self.write(path, f'#include {include}')
        self.assertEqual([], include_rules.violations(self.root))

    def test_a_lower_folder_includes_a_higher_one(self):
        self.expect('core/a.cpp', '"fs/thing.h"', 'core may include core only')

    def test_apply_includes_the_state(self):
        self.expect('apply/a.h', '"state/thing.h"', 'apply may include')

    def test_a_room_includes_a_later_one(self):
        self.write('apply/steps/thing.h', '#include <string>')
        self.expect('apply/look/a.h', '"apply/steps/thing.h"', 'apply/look may include look only')

    def test_a_room_includes_what_puts_the_rooms_together(self):
        self.expect('apply/steps/a.h', '"apply/thing.h"',
                    'apply/steps may include look, stage, steps only')

    def test_a_room_includes_an_earlier_one_and_all_rooms_are_put_together(self):
        self.write('apply/look/thing.h', '#include <string>')
        self.expect_nothing('apply/steps/a.h', '"apply/look/thing.h"')
        self.expect_nothing('apply/a.h', '"apply/look/thing.h"')

    def test_the_pure_part_of_plan_includes_the_scan(self):
        self.expect('plan/compare.cpp', '"scan/thing.h"', 'plan may include core, plan only')

    def test_deciding_includes_the_format(self):
        self.write('format/json.h', '#include <string>')
        self.expect('plan/compare.cpp', '"format/json.h"', 'plan may include core, plan only')

    def test_the_planner_may_include_the_scan(self):
        self.expect_nothing('planner/planner.cpp', '"scan/thing.h"')

    def test_the_pure_part_of_plan_asks_the_system(self):
        self.expect('plan/compare.cpp', '<unistd.h>', 'plan is pure')

    def test_the_core_reads_a_clock(self):
        self.expect('core/path.cpp', '<chrono>', 'core is pure')

    def test_a_library_is_included_by_a_second_file(self):
        self.expect('plan/guard.cpp', '<boost/json.hpp>', 'belongs in format/json_read alone')

    def test_a_library_is_included_by_a_header(self):
        self.expect('state/sqlite.h', '<sqlite3.h>', 'stays out of headers')

    def test_a_library_that_nobody_decided_on(self):
        self.expect('cli/a.cpp', '<fmt/format.h>', 'does not know')

    def test_a_header_by_a_relative_path(self):
        self.expect('cli/a.cpp', '"thing.h"', 'is not the path of a header below src')

    def test_a_folder_that_nobody_decided_on(self):
        self.expect('misc/a.cpp', '<string>', 'is not in the table')


if __name__ == '__main__':
    unittest.main()
