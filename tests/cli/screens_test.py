"""What a person sees at a terminal when a run has ended, at 40, 80 and 200 columns.

The screens are in tests/golden/screens; SYNC_TEST_NEW_SCREENS=1 writes them anew, for people to read
what has become of them.
"""
import contextlib
import os
import re
import signal
import unittest

from tests.support import trees
from tests.support.program import CHECKOUT, DONE, NOBODY, PARTIAL, STALE, as_root
from tests.support.screen import can_emulate, screen_of
from tests.support.terminal import TerminalTest
from tests.support.trees import file, folder

GOLDEN = os.path.join(CHECKOUT, 'tests', 'golden', 'screens')
WIDTHS = (40, 80, 200)
ROWS = 60
WIDE, COMBINED = '\u6f22\u5b57' * 12, 'cafe\u0301' * 12
MANY = {f'f{number:03}': 'x' for number in range(150)}


@unittest.skipUnless(can_emulate(), "needs Debian's python3-pyte")
class ScreensTest(TerminalTest):
    in_memory = True

    def shown(self, columns, *args, expect=DONE, **options):
        """What `sync ARGS` leaves on a terminal of that width; no time and folder but the same."""
        terminal = self.at_terminal(*args, rows=ROWS, columns=columns, **options)
        self.assertEqual(expect, terminal.end(), terminal.text)
        shown = terminal.shown.replace(self.top.encode(), b'/top')
        shown = re.sub(rb'\d+\.\d\d s\b', b'0.01 s', shown)
        return screen_of(shown, ROWS, columns)

    def assert_screens(self, name, prepare, *args, **options):
        """`prepare` makes the same trees before each run."""
        for columns in WIDTHS:
            with self.subTest(columns=columns):
                trees.remove(self.source)
                trees.remove(self.replica)
                trees.remove(self.at('state'))
                os.mkdir(self.at('state'))
                prepare()
                args_here = (args[0], '-s', self.source, '-r', self.replica, *args[1:])
                screen = self.shown(columns, *args_here, **options)
                self.assert_golden(f'{name}-{columns}.txt', screen)

    def assert_golden(self, name, screen):
        path = os.path.join(GOLDEN, name)
        if os.environ.get('SYNC_TEST_NEW_SCREENS'):
            trees.write(path, screen)
        self.assertEqual(trees.read(path).decode(), screen)

    def test_a_few_actions_are_listed(self):
        self.assert_screens('few', lambda: self.given(
            {'a': 'new content', 'd': {WIDE: 'x', COMBINED: 'x'}, 'l': file('same')},
            {'a': 'old', 'gone': {'b': 'x'}, 'l': file('same')}), 'run')

    def test_of_many_actions_there_is_the_closing_block_alone(self):
        self.assert_screens('many', lambda: self.given(
            {**MANY, 'kept': file('x')}, {f'gone{number:04}': 'bytes' for number in range(1204)}),
            'run')

    def test_a_dry_run_says_what_would_do_it(self):
        self.assert_screens('dry', lambda: self.given(MANY, {'gone': 'x'}), 'run', '--dry-run')

    def test_what_is_kept_can_be_taken_back_by_a_command(self):
        def prepare():
            trees.remove(self.at('a backup'))
            os.mkdir(self.at('a backup'))
            self.given({'a': 'new'}, {'a': 'old', 'gone': 'x'})
        terminal_of = lambda: self.shown(80, 'run', '-s', self.source, '-r', self.replica,
                                         '--backup-dir', self.at('a backup'))
        prepare()
        screen = terminal_of().replace('\n', '')
        self.assertRegex(screen, r"this takes it all back:  \S+ apply '/top/a backup/[-.:TZ0-9a-f]+/undo.json'$")

    @as_root
    def test_thousands_of_unreadable_files_are_one_line(self):
        def prepare():
            self.given({'private': {f'{number}': file('x', mode=0) for number in range(2250)},
                        'other': {}, WIDE: file('x', mode=0)})
            os.mkdir(self.replica)
            trees.give_to(NOBODY, self.source, self.replica)
            # An owner could read it.
            trees.give_to(0, self.in_source('private'), self.in_source(WIDE))
            self.live_as(NOBODY)
        self.assert_screens('unreadable', prepare, 'run', expect=PARTIAL, user=NOBODY, group=NOBODY,
                            extra_groups=[])


    @as_root
    def test_what_a_plan_could_not_read_is_told_by_its_causes(self):
        self.given({f'd{number}': folder({}, mode=0) for number in range(150)}, {})
        trees.give_to(NOBODY, self.replica)
        self.live_as(NOBODY)
        for options, lines in (((), 0), (('-v',), 150)):
            terminal = self.at_terminal('plan', '-s', self.source, '-r', self.replica, *options,
                                        columns=80, user=NOBODY, group=NOBODY, extra_groups=[],
                                        env={'NO_COLOR': '1'})
            self.assertEqual(PARTIAL, terminal.end(), terminal.text)
            self.assertEqual(lines, terminal.text.count("sync: open 'd"))
            self.assertEqual(not lines, '150  open in the source: Permission denied (EACCES): d0\n'
                             in terminal.text, terminal.text)


class WhatGoesWhereTest(TerminalTest):
    in_memory = True

    def run_with(self, *args, expect=DONE, **options):
        terminal = self.at_terminal('run', '-s', self.source, '-r', self.replica, *args, **options)
        self.assertEqual(expect, terminal.end(), terminal.text)
        return terminal.text

    def to_file(self, name):
        stream = open(self.at(name), 'wb')
        self.addCleanup(stream.close)
        return stream

    def test_the_log_has_all_of_many_actions(self):
        self.given(MANY)
        self.assertNotIn('create f000', self.run_with())
        self.assertEqual(len(MANY), self.log_text().count(' INFO create f'))

    def test_verbose_shows_all_of_them(self):
        self.given(MANY)
        self.assertEqual(len(MANY), self.run_with('-v').count('create f'))

    def test_a_hundred_are_shown(self):
        self.given({f'{number}': 'x' for number in range(99)})  # and the root is finished
        self.assertEqual(99, len(re.findall(r'^create \d+ 1 B$', self.run_with('--progress', 'never'), re.M)))
        trees.write(self.in_source('one'), 'x')
        for path in [f'{number}' for number in range(99)]:
            os.remove(self.in_replica(path))
        self.assertEqual([], re.findall(r'^create', self.run_with('--progress', 'never'), re.M))

    def test_quiet_says_nothing_where_all_is_well(self):
        self.given(MANY, {'gone': 'x'})
        self.assertEqual('', self.run_with('-q'))

    def test_quiet_says_nothing_on_standard_output_whatever_happens(self):
        self.given({'a': 'x'}, {})
        plan = self.plan_file()
        trees.write(self.in_source('a'), 'something else')
        terminal = self.at_terminal('apply', plan, '-q', streams={'stderr': self.to_file('trouble')})
        self.assertEqual(STALE, terminal.end(), terminal.text)
        self.assertEqual('', terminal.text)

    def test_elsewhere_all_of_them_are_lines_with_times(self):
        self.given(MANY)
        output = self.to_file('output')
        shown = self.run_with('--progress', 'never', streams={'stdout': output})
        self.assertEqual('', shown)
        lines = trees.read(output.name).decode().split('\n')
        self.assertEqual(len(MANY), sum(' INFO create f' in line for line in lines))
        self.assertRegex(lines[-2], r'Z INFO done: create 150, .* s$')

    def test_where_only_errors_go_elsewhere_the_terminal_has_the_closing_block_all_the_same(self):
        self.given({'a': 'x'}, {})
        trouble = self.to_file('trouble')
        plan = self.plan_file()
        trees.write(self.in_source('a'), 'something else')
        terminal = self.at_terminal('apply', plan, streams={'stderr': trouble})
        self.assertEqual(STALE, terminal.end(), terminal.text)
        self.assertIn('exit 4, some of the plan was stale', terminal.text)
        self.assertRegex(trees.read(trouble.name).decode(), r'WARN stale .*a.*\n.*WARN 1 action is stale')

    def test_no_color_is_heeded_and_colours_are_asked_for(self):
        self.given({'a': 'x'}, {'b': 'x'})
        self.assertIn('\x1b[1mdone: ', self.run_with('--progress', 'never'))
        trees.write(self.in_source('c'), 'x')
        self.assertNotIn('\x1b', self.run_with('--progress', 'never', env={'NO_COLOR': '1'}))

    def test_a_loop_tells_the_time(self):
        self.given({'a': 'x'})
        terminal = self.at_terminal('run', '-s', self.source, '-r', self.replica, '-i', '100000')
        self.assertRegex(terminal.read_until('done: '),
                         r'\.\d{3}Z create a 1 B\n(.*\n)*.*\.\d{3}Z done: ')

    def test_a_log_on_standard_output_is_a_log_at_a_terminal_too(self):
        self.given(MANY, {})
        lines = self.run_with('-l', '-', '--progress', 'never').split('\n')
        self.assertEqual(len(MANY), sum(' INFO create f' in line for line in lines))
        self.assertRegex(lines[-2], r'Z INFO done: create 150, .* s$')


DRAWN = re.compile(r'\r\x1b\[J([^\r\n\x1b]+)\r')


class ProgressLineTest(TerminalTest):
    in_memory = True

    def slow_run(self, **options):
        """It copies for ever."""
        self.given({'large': b'x' * 3_000_000})
        return self.at_terminal('run', '-s', self.source, '-r', self.replica, '--bwlimit', '20000',
                                **options)

    def drawn(self, terminal, wanted):
        """The first progress line from now on that `wanted` accepts, and those before it."""
        before, begin = [], len(terminal.text)
        while True:
            terminal.read_until('\r\x1b[J')
            for line in DRAWN.findall(terminal.text[begin:])[len(before):]:
                if wanted(line):
                    return before, line
                before.append(line)

    def test_it_tells_what_was_copied_before_any_of_it_is_done(self):
        terminal = self.slow_run(columns=80)
        _, line = self.drawn(terminal, lambda line: ' of 2.9 MiB' in line and '0 B of' not in line)
        self.assertRegex(line, r'^\d+ %, .*KiB of 2\.9 MiB, .*B/s, [01] of 2 actions$')

    def test_it_is_as_wide_as_the_terminal_which_may_become_narrower(self):
        terminal = self.slow_run(columns=80)
        self.drawn(terminal, lambda line: 'actions' in line)
        terminal.resize(24, 40)
        self.drawn(terminal, lambda line: ' %' in line and len(line) < 40)
        _, line = self.drawn(terminal, lambda line: True)
        self.assertLess(len(line), 40)

    def test_a_window_that_changes_interrupts_no_thread_that_works(self):
        terminal = self.slow_run(columns=80)
        self.drawn(terminal, lambda line: 'actions' in line)
        tasks = f'/proc/{terminal.process.pid}/task'
        blocked = []
        for task in os.listdir(tasks):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                status = trees.read(f'{tasks}/{task}/status').decode()
                blocked += re.findall(r'^SigBlk:\s*(\w+)$', status, re.M)
        heeding = [mask for mask in blocked if not int(mask, 16) & 1 << signal.SIGWINCH - 1]
        self.assertGreater(len(blocked), 1)
        self.assertEqual(1, len(heeding), blocked)

    def test_nothing_of_it_is_left(self):
        self.given({'a': 'x'})
        terminal = self.at_terminal('run', '-s', self.source, '-r', self.replica)
        self.assertEqual(DONE, terminal.end(), terminal.text)
        self.assertRegex(terminal.text.split('\x1b[J')[-1], r'done: .*')
