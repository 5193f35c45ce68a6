"""docs/glossary.md: each word is said once and used, and what it replaces is used nowhere."""
import pathlib
import re
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
GLOSSARY = CHECKOUT / 'docs' / 'glossary.md'
HELP = ('options/command_options.cpp', 'command_line.cpp', 'options/option_groups.cpp', 'options/option_kinds.cpp',
        'help/help.cpp', 'app.cpp')
CODE = re.compile(r'^```.*?^```', re.S | re.M)
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def rows(text):
    """(words, meaning, words not to be used) of each row of a glossary's tables."""
    found = []
    for line in text.split('\n'):
        if line.startswith('| **'):
            words, meaning, others = (cell.strip() for cell in line.strip('|').split(' | '))
            found.append((words, meaning, [other for other in others.split(', ') if other]))
    return found


def defined(text):
    """Every word in bold, without the marks of code."""
    return [word.strip('`') for words, meaning, _ in rows(text)
            for word in re.findall(r'\*\*(.+?)\*\*', f'{words} {meaning}')]


def used(word, text):
    """Whether the text has the word, in one of its forms."""
    stem = re.escape(word.removesuffix('e').removesuffix('y')).replace('\\ ', '[ -]')
    return re.search(rf'\b{stem}\w{{0,3}}\b', text, re.I) is not None


def places(word, texts):
    """NAME:LINE of each place where one of the texts has the word, also in the plural."""
    pattern = re.compile(rf'\b{re.escape(word)}s?\b', re.I)
    return [f'{name}:{number}: {word}' for name, text in texts.items()
            for number, line in enumerate(text.split('\n'), 1) if pattern.search(line)]


def without_code(text):
    """The text with as many lines, and those of its blocks of code empty."""
    return CODE.sub(lambda block: '\n' * block.group().count('\n'), text)


def pages():
    found = [CHECKOUT / 'README.md', *sorted((CHECKOUT / 'docs').rglob('*.md'))]
    return {str(path.relative_to(CHECKOUT)): without_code(path.read_text())
            for path in found if path != GLOSSARY}


def sources():
    return {str(path.relative_to(CHECKOUT)): path.read_text()
            for path in sorted((CHECKOUT / 'src').rglob('*')) if path.suffix in ('.cpp', '.h')}


def help_texts():
    sources = {name: (CHECKOUT / 'src' / 'cli' / name).read_text() for name in HELP}
    return {name: '\n'.join(' '.join(LITERAL.findall(line)) for line in text.split('\n'))
            for name, text in sources.items()}


class GlossaryTest(unittest.TestCase):
    def setUp(self):
        self.text = GLOSSARY.read_text()

    def test_each_word_is_said_once(self):
        words = defined(self.text)
        self.assertEqual([], sorted({word for word in words if words.count(word) > 1}))
        self.assertGreater(len(words), 50)

    def test_each_word_is_used(self):
        text = '\n'.join([*pages().values(), *help_texts().values()])
        self.assertEqual([], [word for word in defined(self.text) if not used(word, text)])

    def test_no_page_and_no_help_text_has_another_word_for_it(self):
        texts = {**pages(), **help_texts()}
        found = [place for _, _, others in rows(self.text) for other in others
                 for place in places(other, texts)]
        self.assertFalse(found, '\n' + '\n'.join(found))

    def test_no_source_has_another_word_for_what_the_program_does_to_closed_directories(self):
        others = next(others for words, _, others in rows(self.text) if words == '**opened up**')
        found = [f'{name}: {other}' for name, text in sources().items() for other in others
                 if other in text.lower()]
        self.assertFalse(found, '\n' + '\n'.join(found))

    def test_every_row_is_read(self):
        self.assertEqual(len(re.findall(r'^\| \*\*', self.text, re.M)), len(rows(self.text)))
        self.assertEqual([], [words for words, meaning, _ in rows(self.text) if not meaning])

    def test_another_word_would_be_seen(self):
        texts = {'a page': without_code('one\n```\nslave\n```\nTwo slaves.'), 'help': 'the replica'}
        self.assertEqual(['a page:5: slave'], places('slave', texts))
        self.assertEqual([], places('lave', texts))

    def test_the_program_s_own_lists_are_told(self):
        """Ops, phases and outcomes are the enumerations of the source."""
        def words_of(file, enumeration):
            text = (CHECKOUT / 'src' / file).read_text()
            return re.findall(rf'{{{enumeration}::\w+, "(\w+)"', text)
        told = {words.strip('*`'): meaning for words, meaning, _ in rows(self.text)}
        for word, file, enumeration in (('op', 'plan/action.h', 'Op'),
                                        ('phase', 'plan/action.h', 'Phase'),
                                        ('outcome', 'apply/look/report.h', 'Outcome')):
            self.assertEqual(words_of(file, enumeration), re.findall(r'`(\w+)`', told[word]))


if __name__ == '__main__':
    unittest.main()
