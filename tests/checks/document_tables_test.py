"""The tables of the plan document, its schema and its page have the same fields."""
import json
import pathlib
import re
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
TABLES = ('plan/facts_table.h', 'format/tables.h')
PLACES = {'FactsTable': 'entry', 'ActionTable': 'action', 'RootTable': 'root',
          'OptionsTable': 'options', 'ReplicaLimitsTable': 'options/properties/replica_limits',
          'SummaryTable': 'summary', 'GuardTable': 'guard', 'GuardValueTable': 'guard/properties/value',
          'ProblemTable': 'problem', 'SkippedTable': 'skipped'}


def tables():
    """For each table its fields, and of each whether it came after version 1.0."""
    found = {}
    source = ''.join((CHECKOUT / 'src' / file).read_text() for file in TABLES)
    for name, text in re.findall(r'struct (\w+Table)\s*:(.*?)\{', source, re.S):
        fields = re.split(r'DocumentField<', text)[1:]
        found[name] = {re.match(r'"(\w+)"', field)[1]: 'Since::' in field for field in fields}
    return found


class DocumentTablesTest(unittest.TestCase):
    def setUp(self):
        self.schema = json.loads((CHECKOUT / 'docs' / 'plan-v1.schema.json').read_text())['$defs']

    def test_the_schema_has_their_fields_and_no_others(self):
        self.assertEqual(set(PLACES), set(tables()))
        for table, place in PLACES.items():
            with self.subTest(table):
                fields, node = tables()[table], self.schema
                for step in place.split('/'):
                    node = node[step]
                self.assertEqual(set(fields), {name for name in node['properties']
                                               if name != 'seq' and not name.endswith('_b64')})
                wanted = ({'type'} if table == 'FactsTable' else
                          {name for name, is_later in fields.items() if not is_later}
                          - {'from', 'to'})
                self.assertEqual(wanted, set(node['required']) - {'seq'})

    def test_the_page_names_each(self):
        page = (CHECKOUT / 'docs' / 'plan-format.md').read_text()
        missing = [f'{table}: {name}' for table, fields in tables().items() for name in fields
                   if not re.search(rf'[`".]{name}[`"]', page)]
        self.assertEqual([], missing)


if __name__ == '__main__':
    unittest.main()
