"""run --confirm: a person sees the plan and says yes or no; where there is nobody, nothing is done."""
import os
import signal
import subprocess
import unittest

from tests.support import trees
from tests.support.program import (CONTROL, DONE, LOCKED, NOBODY, PARTIAL, REFUSED, STALE, USAGE,
                                   as_root)
from tests.support.terminal import CONTROL_C, CONTROL_D, TerminalTest
from tests.support.trees import file

QUESTION = 'Apply this plan? y, n or view: '
SOURCE = {'a': 'new content', 'd': {'b': 'x'}}
REPLICA = {'a': 'old', 'gone': 'x'}


class ConfirmTest(TerminalTest):
    def run_at_terminal(self, *args, **options):
        return self.at_terminal('run', '-s', self.source, '-r', self.replica, '--confirm', *args,
                                **options)

    def asked(self, *args, **options):
        """Up to the question."""
        terminal = self.run_at_terminal(*args, **options)
        terminal.read_until(QUESTION)
        return terminal

    def answer(self, terminal, answer, code):
        terminal.type(answer + '\n')
        self.assertEqual(code, terminal.end(), terminal.text)


class AnswersTest(ConfirmTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def test_the_plan_is_shown_and_yes_applies_it(self):
        for number, yes in enumerate(('y', 'yes')):
            with self.subTest(answer=yes):
                trees.write(self.in_source(f'more{number}'), 'x')
                terminal = self.asked()
                for words in (f'create more{number}', f'replica {self.replica}', 'Largest writes'):
                    self.assertIn(words, terminal.text)
                self.answer(terminal, yes, DONE)
                self.assert_mirrored()

    def test_no_changes_nothing_and_says_so(self):
        for no in ('n', 'no'):
            with self.subTest(answer=no), self.untouched():
                terminal = self.asked()
                self.answer(terminal, no, DONE)
                self.assertIn('nothing changed', terminal.text)
        self.assertIn('nothing changed', self.log_text())

    def test_nothing_is_written_before_the_answer(self):
        with self.untouched():
            terminal = self.asked()
        self.answer(terminal, 'y', DONE)

    def test_the_end_of_input_is_a_no(self):
        with self.untouched():
            terminal = self.asked()
            terminal.type(CONTROL_D)
            self.assertEqual(DONE, terminal.end(), terminal.text)

    def test_any_other_answer_asks_again(self):
        terminal = self.asked()
        for other in ('', 'Y', 'yes please', 'ja', 'nein', 'x' * 3000):
            with self.untouched():
                terminal.type(other + '\n')
                terminal.read_until(QUESTION)
        self.answer(terminal, 'n', DONE)

    def test_what_was_typed_before_the_question_is_no_answer(self):
        with self.untouched():
            terminal = self.asked(typed_before='y\n')
            self.answer(terminal, 'n', DONE)

    def test_a_stop_at_the_question_changes_nothing(self):
        for stop, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signal=stop), self.untouched():
                terminal = self.asked()
                if stop == signal.SIGINT:
                    terminal.type(CONTROL_C)
                else:
                    terminal.process.send_signal(stop)
                self.assertEqual(code, terminal.end(), terminal.text)

    def test_the_question_is_asked_at_the_terminal_wherever_the_streams_lead(self):
        with open(self.at('out'), 'wb') as out, self.untouched():
            terminal = self.asked(streams={'stdin': subprocess.DEVNULL, 'stdout': out})
            self.answer(terminal, 'n', DONE)
        self.assertNotIn('Apply', trees.read(self.at('out')).decode())

    def test_the_replica_is_locked_while_the_question_stands(self):
        terminal = self.asked()
        self.sync('run', '-l', self.at('other.log'), expect=LOCKED)
        self.answer(terminal, 'y', DONE)
        self.assert_mirrored()

    def test_what_changes_after_the_question_was_not_agreed_to(self):
        terminal = self.asked()
        trees.write(self.in_source('a'), 'something else')
        self.answer(terminal, 'y', STALE)
        self.assertEqual(b'old', self.content('a'))
        self.assertEqual(b'x', self.content('d', 'b'))

    def test_an_undo_is_kept_as_with_any_run(self):
        terminal = self.asked('--backup-dir', self.at('backups'))
        self.assertFalse(os.path.exists(self.at('backups')))
        self.answer(terminal, 'y', DONE)
        self.assertEqual(1, len(os.listdir(self.at('backups'))))


class ViewTest(ConfirmTest):
    def setUp(self):
        super().setUp()
        self.given({f'{number:03}': 'x' for number in range(100)}, {})

    def view(self, pager):
        terminal = self.asked(rows=20, env={'PAGER': pager})
        self.assertIn('more: view shows all', terminal.text)
        self.assertNotIn('create 050', terminal.text)
        terminal.type('view\n')
        seen = terminal.read_until(QUESTION)
        self.answer(terminal, 'n', DONE)
        return seen

    def test_view_shows_all_of_it_and_asks_again(self):
        for pager in ('cat', '', '/no/such/pager'):
            with self.subTest(pager=pager):
                seen = self.view(pager)
                for number in range(100):
                    self.assertIn(f'create {number:03} 1 B', seen)

    def test_the_pager_is_a_command_of_the_shell(self):
        self.assertIn('seen create 050', self.view("sed 's/^/seen /'").replace('\x1b[32m', ''))

    def test_a_pager_that_is_left_early_does_no_harm(self):
        self.view('true')


class WhereToAskTest(ConfirmTest):
    def test_without_a_terminal_nothing_is_even_planned(self):
        self.given(SOURCE, REPLICA)
        with self.untouched():
            said = self.sync('run', '--confirm', expect=REFUSED, start_new_session=True).err
        self.assertIn('no terminal', said)
        self.assertFalse(os.path.exists(self.log))

    def test_where_nothing_is_to_be_done_nothing_is_asked(self):
        self.given(SOURCE)
        self.mirror()
        terminal = self.run_at_terminal()
        self.assertEqual(DONE, terminal.end(), terminal.text)
        self.assertNotIn('Apply', terminal.text)

    def test_a_dry_run_asks_nothing(self):
        self.given(SOURCE, REPLICA)
        with self.untouched():
            self.sync('run', '--confirm', '--dry-run', start_new_session=True)

    def test_a_loop_can_not_be_confirmed(self):
        self.given(SOURCE, REPLICA)
        with self.untouched():
            self.sync('run', '--confirm', '-i', '5', expect=USAGE)

    def test_a_plan_that_a_rule_refuses_is_not_offered(self):
        self.given(SOURCE, REPLICA)
        with self.untouched():
            terminal = self.run_at_terminal('--max-delete', '0')
            self.assertEqual(REFUSED, terminal.end(), terminal.text)
        self.assertNotIn('Apply', terminal.text)

    def test_a_replica_is_made_after_yes_only(self):
        self.given(SOURCE)
        self.answer(self.asked('--backup-dir', self.at('backups')), 'n', DONE)
        self.assertFalse(os.path.exists(self.replica))
        self.assertFalse(os.path.exists(self.at('backups')))
        self.answer(self.asked(), 'y', DONE)
        self.assert_mirrored()
        self.assert_quiet()

    @as_root
    def test_what_could_not_be_read_is_said_before_the_answer(self):
        self.given({'a': 'x', 'closed': trees.folder({'b': 'x'}, mode=0)}, {})
        self.live_as(NOBODY, self.source, self.replica)
        terminal = self.asked(user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertIn('INCOMPLETE', terminal.text)
        self.assertIn('closed: open: EACCES', terminal.text)
        self.answer(terminal, 'y', PARTIAL)

    def test_hostile_names_can_not_change_the_question(self):
        names = ['esc\x1b[2Jape', 'line\nbreak', 'bidi\u202etxt.exe', 'bell\x07', 'cr\ry']
        self.given({name: file('x') for name in names}, {})
        terminal = self.asked(env={'NO_COLOR': '1'})
        for line in terminal.text.split('\n'):
            self.assertIsNone(CONTROL.search(line), ascii(line))
        self.answer(terminal, 'y', DONE)
        self.assert_mirrored()


if __name__ == '__main__':
    unittest.main()
