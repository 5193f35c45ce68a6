"""What a run costs in which nothing changed, in instructions: noise does not count."""
import os
import unittest

from tests.bench import quiet_budget
from tests.support.program import BINARY


class QuietBudgetTest(unittest.TestCase):
    def test_what_did_not_change_costs_what_it_may(self):
        budget = quiet_budget.read_budget()
        build = quiet_budget.build_of(BINARY)
        if build != budget['build']:
            self.skipTest(f'the budget is that of {budget["build"]}, this is {build or "unknown"}')
        try:
            # What happens once in a while in a run (a second ends, say) is no cost of an entry.
            for _ in range(2):
                wrong = quiet_budget.judged(quiet_budget.counted(os.path.abspath(BINARY)), budget)
                if not wrong:
                    break
        except quiet_budget.NotCounted as reason:
            self.skipTest(str(reason))
        self.assertFalse(wrong, wrong)

    def test_both_directions_are_noticed_and_say_how_to_renew(self):
        for figure in quiet_budget.FIGURES:
            budget = dict.fromkeys(quiet_budget.FIGURES, 1000)
            for count in (951, 1000, 1049):
                self.assertEqual('', quiet_budget.judged({**budget, figure: count}, budget))
            slower = quiet_budget.judged({**budget, figure: 1060}, budget)
            faster = quiet_budget.judged({**budget, figure: 940}, budget)
            self.assertIn('slower', slower)
            self.assertIn('faster', faster)
            for said in (slower, faster):
                self.assertIn(quiet_budget.RENEW, said)
