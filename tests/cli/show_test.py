"""show: a plan for people, from the document alone; and `plan` at a terminal."""
import html.parser
import json
import os
import re
import stat
import unittest

from tests.support import trees
from tests.support.program import BAD_PLAN, CONTROL, DONE, FAILED, PENDING, REFUSED, USAGE
from tests.support.sealed_plan import seal
from tests.support.terminal import TerminalTest
from tests.support.trees import file, symlink

SOURCE = {'docs': {'new': {'a.txt': 'a' * 100}, 'b.txt': 'new'}, 'latest': symlink('docs'),
          'same': file('same', mtime=7)}
REPLICA = {'docs': {'b.txt': 'older'}, 'gone': {'x': 'x' * 9}, 'same': file('same', mtime=7)}
HOSTILE = ['<script>alert(1)<', 'a&b"\'<img src=x onerror=alert(1)>', 'esc\x1b[31mape',
           'line\nbreak', 'bidi\u202etxt.exe', 'back\\slash', 'caf\udce9', 'zero\u200bwidth',
           '\x9bcsi', '-->', ']]>', '漢字の長い名前']
FORMS = ((), ('--list',), ('--stat',), ('--tree',), ('--markdown',), ('--html', '-'))


class ShowTest(TerminalTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def saved(self, *args, name='plan.json', **options):
        path = self.at(name)
        self.sync('plan', '-q', '-o', path, *args, **options)
        return path

    def show(self, *args, expect=DONE, **options):
        return self.execute('show', *args, expect=expect, **options).out

    def edited(self, change, name='edited.json'):
        """The plan, changed and sealed again."""
        plan = self.plan()
        change(plan)
        trees.write(self.at(name), seal(plan))
        return self.at(name)


class FormsTest(ShowTest):
    def test_without_a_form_the_summary_comes_first_then_deletions_then_writes(self):
        text = self.show(self.saved('--max-delete', '90%', '--exclude', '*.o'))
        parts = ['plan ', f'source  {self.source}\n', f'replica {self.replica}\n',
                 "options --max-delete 90%, rule '*.o'", 'create 3, update 1, delete 2 (9 B)',
                 'guard max-delete: 2 of 5, limit 90%: ok\n', 'guard space: ',
                 '\nDeletions (2, 9 B)\n', '  delete gone/ and all in it: 2 entries, 9 B\n',
                 '\nLargest writes (3, 103 B)\n',
                 '  create docs/new/ and all in it: 2 entries, 100 B\n',
                 '  update docs/b.txt 3 B\n', '\nOther changes (1)\n', '  create latest -> docs\n']
        at = 0
        for part in parts:
            self.assertIn(part, text[at:], text)
            at = text.index(part, at) + len(part)

    def test_the_list_is_what_plan_prints(self):
        said = self.sync('plan', '-o', self.at('plan.json'), '--color', 'never').out
        self.assertEqual(said, self.show('--list', self.at('plan.json')))

    def test_the_figures_stand_by_op_and_by_top_level_directory(self):
        text = self.show('--stat', self.saved())
        self.assertRegex(text, r'(?m)^create +3 +100 B +-  \+\+\+$')
        self.assertRegex(text, r'(?m)^delete +2 +- +9 B  --$')
        self.assertRegex(text, r'(?m)^\. +1 +- +-  \+$')
        self.assertRegex(text, r'(?m)^docs/ +3 +103 B +-  \+\+~$')
        self.assertRegex(text, r'(?m)^gone/ +2 +- +9 B  --$')

    def test_the_tree_has_each_changed_path_once(self):
        tree = ('  docs/\n~   b.txt 3 B (size, mtime)\n+   new/\n+     a.txt 100 B\n'
                '- gone/ and all in it: 2 entries, 9 B\n+ latest -> docs\n')
        self.assertTrue(self.show('--tree', self.saved()).startswith(tree))

    def test_a_plan_comes_by_standard_input_too(self):
        document = self.plan_text()
        for form in FORMS:
            self.assertIn('docs', self.show('-', *form, input=document))

    def test_nothing_but_the_plan_is_read(self):
        path = self.saved()
        trees.remove(self.source)
        trees.remove(self.replica)
        for form in FORMS:
            self.assertIn('docs', self.show(path, *form))
        self.assertIn('No differences', self.show('--diff', path, path))

    def test_an_undo_is_a_plan_too(self):
        self.sync('run', '--backup-dir', self.at('backups'))
        [backup] = os.listdir(self.at('backups'))
        undo = self.at('backups', backup, 'undo.json')
        self.assertTrue(self.show(undo).startswith('undo '))
        for form in FORMS:
            self.assertIn('gone', self.show(undo, *form))

    def test_a_plan_with_nothing_to_do_says_so(self):
        self.mirror()
        path = self.saved()
        for form in ((), ('--list',), ('--markdown',), ('--html', '-')):
            self.assertIn('Nothing to do.', self.show(path, *form))
        for form in (('--stat',), ('--tree',)):
            self.assertRegex(self.show(path, *form), r'\Aunchanged \d+\n\Z')

    def test_a_refused_plan_is_shown_and_said_to_be_one(self):
        path = self.saved('--max-delete', '0', expect=REFUSED)
        self.assertIn('REFUSED', self.show(path))
        self.assertIn('Denied', self.show(path, '--html', '-'))

    def test_what_is_no_valid_plan_is_refused_in_each_form(self):
        plan = json.loads(self.plan_text())
        plan['summary']['create'] += 1
        for number, text in enumerate(('', '{}', json.dumps(plan), self.plan_text()[:-5])):
            path = self.at(f'bad{number}')
            trees.write(path, text)
            for form in FORMS[:-1] + (('--html', self.at('page.html')), ('--diff', self.saved())):
                self.assertEqual('', self.show(path, *form, expect=BAD_PLAN))
        self.show(self.at('missing'), expect=BAD_PLAN)
        self.assertFalse(os.path.exists(self.at('page.html')))

    def test_forms_exclude_each_other(self):
        path = self.saved()
        for wrong in (('--stat', '--tree'), ('--html', 'x', '--list'), ('--markdown', '--list'), ('--threads', '2'),
                      ('--diff',), (path,), ('--html', '')):
            self.show(path, *wrong, expect=USAGE)
        self.show('--diff', '-', '-', expect=USAGE, input='')
        self.show(expect=USAGE)

    def test_a_full_disk_is_a_failure(self):
        path = self.saved()
        for form in FORMS:
            with open('/dev/full', 'wb') as full:
                self.show(path, *form, stdout=full, expect=FAILED)


class CautionTest(ShowTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.in_source('bin'))
        for name, mode in (('tool', 0o4755), ('open', 0o666)):
            trees.write(self.in_source('bin', name), name)
            os.chmod(self.in_source('bin', name), mode)
        os.chmod(self.in_source('same'), 0o644)
        os.chmod(self.in_replica('same'), 0o600)

    def test_what_gives_rights_is_told_in_every_view_also_inside_a_folder_that_is_new(self):
        path = self.saved()
        for form in FORMS:
            text = self.show(path, *form)
            self.assertRegex(text, r'[Ll]ook twice.*1 set-id.*2 wider mode', form)
            if form != ('--stat',):
                for words in ('mode 4755, runs as ', 'mode 0666, everybody may write it',
                              'mode 0600 becomes 0644'):
                    self.assertIn(words, text, form)
        self.assertIn('create bin/ and all in it: 3 entries, 8 B\n', self.show(path))
        self.assertIn('mode 4755, runs as ', self.sync('plan', '--list').out)
        self.assertIn('bin/tool 4 B; caution: mode 4755, runs as ', self.sync('run').out)

    def test_a_large_folder_that_goes_is_one_line_and_its_size(self):
        trees.build(self.in_replica('oldsite'), {str(at): {'x': 'x' * 10} for at in range(1200)})
        text = self.show(self.saved())
        self.assertIn('\n  delete oldsite/ and all in it: 2,401 entries, 11.7 KiB\n', text)
        self.assertNotIn('oldsite/1', text)


class PageTest(ShowTest):
    def test_a_page_goes_into_a_pipe_of_which_nothing_is_read(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.write(writer, b'before ')
        self.show('--html', f'/dev/fd/{writer}', self.saved(), pass_fds=(writer,))
        os.close(writer)
        self.assertTrue(os.read(reader, 1000).startswith(b'before <!doctype html>'))

    def test_a_page_never_takes_the_place_of_a_plan(self):
        path = self.saved()
        before = trees.read(path)
        said = self.execute('show', '--html', path, path, expect=USAGE).err
        self.assertIn('which it would replace', said)
        self.assertEqual(before, trees.read(path))

    def test_the_page_is_one_file_for_its_owner_that_loads_nothing(self):
        path = self.at('page.html')
        self.assertEqual('', self.show('--html', path, self.saved(), umask=0))
        self.assertEqual(0o600, stat.S_IMODE(os.lstat(path).st_mode))
        text = trees.read(path).decode()
        self.assertIn("default-src 'none'", text)
        for word in ('<script', 'http:', 'https:', 'url(', '@import', '<img', '<link', ' on'):
            self.assertNotIn(word, re.sub(r' on<| on ', '', text))

    def test_names_do_nothing_in_the_page_but_show(self):
        trees.build(self.at('hostile'), {name: 'x' for name in HOSTILE})
        trees.build(self.at('hostile'), {'<': {'table>': 'x', 'script>': symlink('</code>')}})
        plain = self.tags(self.show('--html', '-', self.saved('--exclude', 'x')))
        os.mkdir(self.in_replica('<'))  # or it would be one line with all in it
        self.source = self.at('hostile')
        parser = self.tags(self.show('--html', '-', self.saved('--exclude', '</code><script>')))
        self.assertEqual(plain.kinds, parser.kinds)
        self.assertEqual([], parser.open)
        shown = ''.join(parser.texts)
        for name in ('<script>alert(1)<', 'a&b"\'<img src=x onerror=alert(1)>', 'esc\\x1b[31mape',
                     'line\\x0abreak', 'bidi\\u{202e}txt.exe', 'back\\\\slash', 'caf\\xe9',
                     'zero\\u{200b}width', '</table>', "rule '</code><script>'"):
            self.assertIn(name, shown)

    def tags(self, text):
        parser = Tags()
        parser.feed(text)
        parser.close()
        return parser


class Tags(html.parser.HTMLParser):
    """What a page consists of."""
    VOID = {'meta', 'input', 'br'}

    def __init__(self):
        super().__init__()
        self.kinds, self.open, self.texts = set(), [], []

    def handle_starttag(self, tag, attributes):
        self.kinds.add((tag, tuple(sorted(name for name, _ in attributes))))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f'</{tag}> closes something else')

    def handle_data(self, data):
        self.texts.append(data)


class NamesTest(ShowTest):
    def test_no_form_lets_a_name_reach_the_terminal_as_it_is(self):
        trees.build(self.at('hostile'), {name: {name: symlink(name)} for name in HOSTILE})
        one = self.saved(name='one.json')
        self.source = self.at('hostile')
        path = self.saved('--exclude', '\x1b[2J')
        for form in FORMS + (('--diff', one),):
            text = self.show(path, *form, expect=None)
            for line in text.split('\n'):
                self.assertIsNone(CONTROL.search(line), ascii(line))
                self.assertEqual(line, line.encode('utf-8', 'replace').decode(), form)
            self.assertIn('\\x1b[31m', text)


class DifferenceTest(ShowTest):
    def lines(self, *args, expect=PENDING):
        return self.show('--diff', *args, expect=expect).splitlines()

    def test_equal_plans_have_no_differences_whenever_they_were_made(self):
        one, other = self.saved(name='one'), self.saved(name='other')
        lines = self.lines(one, other, expect=DONE)
        self.assertTrue(lines[0].startswith(f'--- {one}: mirror '))
        self.assertTrue(lines[1].startswith(f'+++ {other}: mirror '))
        self.assertEqual(['No differences: 9 in both'], lines[2:])

    def test_what_only_one_of_them_does_is_told_in_the_order_of_the_plans(self):
        one = self.saved(name='one')
        trees.write(self.in_source('docs', 'b.txt'), 'longer')
        trees.write(self.in_source('more'), 'x')
        trees.remove(self.in_source('latest'))
        lines = self.lines(one, self.saved(name='other'))[2:]
        self.assertEqual('! update docs/b.txt 6 B: after.size 3 -> 6; after.mtime ',
                         re.sub(r'mtime .*', 'mtime ', lines[0]))
        self.assertEqual(['- create latest -> docs', '+ create more 1 B'], lines[1:3])
        self.assertRegex(lines[-1], '^1 only in the old plan, 1 only in the new one, . changed, ')

    def test_options_folders_and_rules_count_too(self):
        one = self.saved('--exclude', 'a', '--exclude', 'b', '--max-delete', '90%', name='one')
        other = self.saved('--exclude', 'b', '--exclude', 'c', '--checksum', name='other')
        lines = self.lines(one, other)[2:-1]
        self.assertEqual(["- --max-delete 90%", "- rule 'a'", '+ --checksum', "+ rule 'c'",
                          '- guard max-delete: 2 of 5, limit 90%: ok'], lines)
        swapped = self.saved('--exclude', 'c', '--exclude', 'b', '--checksum', name='swapped')
        self.assertEqual(["! another order: --checksum ..."], self.lines(other, swapped)[2:-1])
        moved = self.edited(lambda plan: plan['replica'].update(path='/elsewhere'))
        self.assertEqual([f'- replica {self.replica}', '+ replica /elsewhere'],
                         self.lines(self.saved(), moved)[2:-1])

    def test_each_field_of_an_action_counts(self):
        def change(**fields):
            def edit(plan):
                [action] = [one for one in plan['actions'] if one['path'] == 'docs/new/a.txt']
                action['after'].update(fields)
            return edit
        plan = self.saved()
        for field, value in (('size', 5), ('mtime', '1999-01-01T00:00:00.000000001Z'),
                             ('mode', '0123'), ('md5', '0' * 32), ('links', 3)):
            lines = self.lines(plan, self.edited(change(**{field: value})))
            self.assertIn(f'after.{field} ', lines[2])
            self.assertIn(f' -> {value}', lines[2])

    def test_free_space_is_no_difference_but_its_verdict_is(self):
        def space(**fields):
            def edit(plan):
                [guard] = [guard for guard in plan['guards'] if guard['rule'] == 'space']
                guard['value']['of'] = 7 if fields else 10**12
                guard['limit'] = str(guard['value']['of'])
                guard.update(fields)
            return edit
        plan = self.saved()
        self.lines(plan, self.edited(space()), expect=DONE)
        self.assertEqual(['- guard space: ok', '+ guard space: refused'],
                         self.lines(plan, self.edited(space(verdict='refused')))[2:-1])

    def test_one_of_them_may_come_by_standard_input(self):
        path = self.saved()
        document = trees.read(path)
        for order in ((path, '-'), ('-', path)):
            self.show('--diff', *order, input=document)


class AtTerminalTest(ShowTest):
    def setUp(self):
        super().setUp()
        many = {f'{number:03}-a-rather-long-name': 'x' * number for number in range(200)}
        kept = {'kept': file('same', mtime=7)}
        trees.build(self.source, {'new': {**many, **kept}, 'old': kept})
        trees.build(self.replica, {'new': kept, 'old': {**many, **kept}})

    def screen(self, *args, rows=24, columns=80, **options):
        terminal = self.at_terminal(*args, rows=rows, columns=columns, **options)
        self.assertEqual(DONE, terminal.end(), terminal.text)
        return terminal.text

    def plan_on_screen(self, *args, **options):
        return self.screen('plan', '-s', self.source, '-r', self.replica, *args, **options)

    def test_a_plan_fits_the_screen_in_both_directions(self):
        path = self.saved()
        for rows, columns in ((25, 80), (50, 132), (100, 40)):
            for text in (self.plan_on_screen(rows=rows, columns=columns),
                         self.screen('show', path, rows=rows, columns=columns)):
                lines = re.sub(r'\x1b\[\d*m', '', text).split('\n')
                self.assertEqual(rows, len(lines), text)
                self.assertLessEqual(max(map(len, lines)), columns)
                for title in ('Deletions (202, ', 'Largest writes (203, '):
                    self.assertTrue(any(line.startswith(title) for line in lines), text)

    def test_a_small_screen_shows_a_little_of_everything(self):
        text = self.plan_on_screen(rows=1, columns=60, env={'NO_COLOR': '1'})
        for words in ('\n  delete gone/ and all in it: 2 entries, 9 B\n', ' more: --list shows all\n', '\n  create new/199-',
                      '\n  create latest -> docs\n'):
            self.assertIn(words, text)

    def test_what_is_left_out_is_counted(self):
        text = self.plan_on_screen(env={'NO_COLOR': '1'})
        shown = len(re.findall(r'(?m)^  delete ', text))  # of which one is a directory with an entry
        self.assertIn(f'\n  and {202 - shown - 1} more: --list shows all\n', text)

    def test_the_largest_writes_come_first(self):
        text = self.plan_on_screen(env={'NO_COLOR': '1'})
        self.assertEqual(['199', '198', '197'], re.findall(r'  create new/(\d+)-', text)[:3])

    def test_list_shows_all_of_it_there_too(self):
        expected = self.sync('plan', '--no-space-check').out
        self.assertEqual(expected, self.plan_on_screen('--list', '--no-space-check', columns=30,
                                                       env={'NO_COLOR': '1'}))

    def test_deletions_are_red_creations_green_changes_yellow_and_moves_cyan(self):
        trees.build(self.source, {'h1': 'x', 'h2': trees.same_inode_as('h1')})
        for form in (('--list',), ('--tree',)):
            text = self.screen('show', self.saved(), *form)
            for colour, words in ((31, 'gone'), (32, 'new'), (33, 'b.txt'), (36, 'h2')):
                self.assertRegex(text, rf'\x1b\[{colour}m[^\x1b]*{words}[^\n]*\x1b\[0m\n')

    def test_figures_fit_the_width(self):
        path = self.saved()
        for columns in (60, 80, 200):
            text = self.screen('show', path, '--stat', columns=columns, env={'NO_COLOR': '1'})
            bars = [line for line in text.split('\n') if re.match(r'(old|new)/ ', line)]
            self.assertEqual(2, len(bars))
            self.assertLessEqual(max(map(len, bars)), columns)
            self.assertGreater(max(map(len, bars)), columns - 8)


if __name__ == '__main__':
    unittest.main()
