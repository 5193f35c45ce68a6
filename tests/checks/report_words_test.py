"""The report's words: what the source writes is what page and schema define, and nothing else."""
import json
import pathlib
import re
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / 'docs' / 'report-format.md').read_text()
SCHEMA = json.loads((CHECKOUT / 'docs' / 'report-v1.schema.json').read_text())['$defs']

# What makes a drift: a side and the word, differences() of two entries, or a helper of both.
MADE = re.compile(r'(?<!presence\()(?:Side::k(?:Source|Replica)|\bside)\b[\s,{.=\w]*"(\w+)"')
FIELD = re.compile(r'DocumentField<"(\w+)"')
LEFT_OUT = re.compile(r'!is_called<Field>\("(\w+)"\)')  # by differences()


def sources(*folders):
    return [path.read_text() for folder in folders
            for path in sorted((CHECKOUT / 'src' / folder).rglob('*'))
            if path.suffix in ('.h', '.cpp')]


def words_of(heading):
    """The words in code of the first column of the table with that heading."""
    table = PAGE[PAGE.index(f'\n{heading}\n'):].strip().split('\n\n')[0]
    return sorted(word for row in table.split('\n')[2:]
                  for word in re.findall(r'`(\w+)`', row.split(' | ')[0]))


class DriftTest(unittest.TestCase):
    def written(self):
        found = {word for text in sources('apply') for word in MADE.findall(text)}
        plan = ''.join(sources('plan'))
        return found | set(FIELD.findall(plan)) - set(LEFT_OUT.findall(plan))

    def known(self):
        header = (CHECKOUT / 'src' / 'cli' / 'console' / 'report_text.h').read_text()
        return re.findall(r'"(\w+)"', re.search(r'kDriftFields\{(.*?)\};', header, re.S).group(1))

    def test_the_source_writes_the_words_that_it_lists(self):
        self.assertEqual(sorted(self.written()), sorted(self.known()))

    def test_the_schema_has_them(self):
        self.assertEqual(sorted(self.known()), sorted(SCHEMA['drift_field']['enum']))

    def test_the_page_says_what_each_of_them_means(self):
        self.assertEqual(sorted(self.known()), words_of('| `field` | `expected` and `found` |'))


class OutcomeTest(unittest.TestCase):
    def test_source_page_and_schema_have_the_same_outcomes(self):
        source = (CHECKOUT / 'src' / 'apply' / 'look' / 'report.h').read_text()
        words = sorted(re.findall(r'{Outcome::\w+, "(\w+)"}', source))
        self.assertEqual(words, words_of('| `outcome` | what the replica holds at `path` afterwards |'))
        self.assertEqual(words, sorted(SCHEMA['action']['properties']['outcome']['enum']))
        self.assertEqual(words, sorted(SCHEMA['summary']['properties']['outcomes']['properties']))


class FieldTest(unittest.TestCase):
    def test_the_page_describes_every_field_of_every_line(self):
        for line in ('start', 'problem', 'action', 'summary', 'error', 'drift'):
            start = re.search(rf'^##+ {line}$', PAGE, re.M).end()
            section = PAGE[start:].split('\n#')[0]
            for field in SCHEMA[line]['properties']:
                if field != 'event' and not field.endswith('_b64'):
                    with self.subTest(line=line, field=field):
                        self.assertIn(f'`{field}`', section)


if __name__ == '__main__':
    unittest.main()
