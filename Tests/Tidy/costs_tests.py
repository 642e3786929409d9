"""The budgets: what closes their gate, and that the guide for installers says the same."""

import re
import sys
import unittest

from scripts_under_test import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import costs  # noqa: E402


class Gate(unittest.TestCase):
    def found(self, **changes):
        return {budget.name: budget.limit for budget in costs.BUDGETS} | changes

    def test_what_is_at_its_budget_passes(self):
        self.assertEqual(costs.over_budget(self.found()), [])

    def test_a_tenth_above_passes_and_more_does_not(self):
        for budget in costs.BUDGETS:
            at, above = budget.limit * costs.SLACK, budget.limit * costs.SLACK + 0.01
            self.assertEqual(costs.over_budget(self.found(**{budget.name: at})), [])
            self.assertEqual(len(costs.over_budget(self.found(**{budget.name: above}))), 1, budget.name)

    def test_what_was_not_measured_is_not_judged(self):
        self.assertEqual(costs.over_budget({"RSS": 1}), [])

    def test_the_table_names_what_the_slack_covers(self):
        lines = "\n".join(costs.table(self.found(RSS=23, PSS=99)))
        self.assertRegex(lines, r"RSS.*above")
        self.assertRegex(lines, r"PSS.*OVER")
        self.assertRegex(lines, r"anonymous.*OK")


class Guide(unittest.TestCase):
    def test_the_guide_for_installers_has_the_same_budgets(self):
        rows = dict(re.findall(r"^\| ([^|]+?) \| ([\d.]+(?: ?[%/\w]+)?)[^|]* \|$", (ROOT / "docs/install.md").read_text(), re.MULTILINE))
        for budget in costs.BUDGETS:
            if budget.limit == 0:
                continue
            told = next(value for name, value in rows.items() if name.startswith(budget.name))
            self.assertEqual(told.split()[0], f"{budget.limit:g}", budget.name)
            self.assertIn(budget.unit, told, budget.name)


if __name__ == "__main__":
    unittest.main()
