"""The tables of the plan document and of the report, their schemas and their pages have the same fields."""
import json
import pathlib
import re
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / 'docs'
# Kinds of a field that need not be there, besides optional members and later fields.
OPTIONAL_KINDS = ('OtherPath<', 'UnlessEmpty<')


class Document:
    """`places` has for each table where its object stands in the schema."""
    def __init__(self, name, sources, places):
        self.places = places
        self.schema = json.loads((DOCS / f'{name}-v1.schema.json').read_text())['$defs']
        self.page = (DOCS / f'{name}-format.md').read_text()
        source = ''.join((CHECKOUT / 'src' / file).read_text() for file in sources)
        # Of each table the fields, and of each whether it may be absent.
        self.tables = {}
        for table, text in re.findall(r'struct (\w+Table)\s*:(.*?)\{', source, re.S):
            fields = re.split(r'DocumentField<', text)[1:]
            self.tables[table] = {
                re.match(r'"(\w+)"', field)[1]:
                'Since::' in field or any(kind in field for kind in OPTIONAL_KINDS)
                for field in fields}

    def node(self, table):
        node = self.schema
        for step in self.places[table].split('/'):
            node = node[step]
        return node


PLAN = Document('plan', ['plan/facts_table.h', 'format/tables.h'], {
    'FactsTable': 'entry', 'ActionTable': 'action', 'RootTable': 'root', 'OptionsTable': 'options',
    'ReplicaLimitsTable': 'options/properties/replica_limits', 'SummaryTable': 'summary',
    'GuardTable': 'guard', 'GuardValueTable': 'guard/properties/value', 'ProblemTable': 'problem',
    'SkippedTable': 'skipped'})
REPORT = Document('report', ['cli/console/report_text.cpp'], {
    'StartTable': 'start', 'ReportToolTable': 'start/properties/tool', 'ReportRootTable': 'root',
    'NextPlanTable': 'plan', 'ReportOptionsTable': 'start/properties/options', 'ErrorTable': 'error', 'DriftTable': 'drift',
    'ReportActionTable': 'action', 'ReportSummaryTable': 'summary'})
# What is there and in no table: where the object stands, and what the line is.
BESIDE = {'seq', 'event'}


class DocumentTablesTest(unittest.TestCase):
    def test_the_schemas_have_their_fields_and_no_others(self):
        for document in (PLAN, REPORT):
            self.assertEqual(set(document.places), set(document.tables))
            for table, fields in document.tables.items():
                with self.subTest(table):
                    node = document.node(table)
                    self.assertEqual(set(fields) - BESIDE,
                                     {name for name in node['properties']
                                      if not name.endswith('_b64')} - BESIDE)
                    required = ({'type'} if table == 'FactsTable' else
                                {name for name, may_be_absent in fields.items()
                                 if not may_be_absent})
                    self.assertEqual(required - BESIDE, set(node['required']) - BESIDE)

    def test_a_problem_is_told_in_a_report_as_in_a_plan(self):
        properties = set(REPORT.schema['problem']['properties'])
        self.assertEqual({'event', 'path_b64', *PLAN.tables['ProblemTable']}, properties)

    def test_the_pages_name_each(self):
        missing = [f'{table}: {name}' for document in (PLAN, REPORT)
                   for table, fields in document.tables.items() for name in fields
                   if not re.search(rf'[`".]{name}[`"]', document.page)]
        self.assertEqual([], missing)


if __name__ == '__main__':
    unittest.main()
