"""Whatever others named, a terminal is not told what to do by it."""
import os
import unittest

from tests.support import trees
from tests.support.program import CONTROL
from tests.support.terminal import TerminalTest

EVIL = '\x1b]0;owned\x07\x9b2J\u202e'  # a window's title, an erased screen, reversed text
TREE = {EVIL: 'x', f'{EVIL}\n{EVIL}': 'y', 'link': trees.symlink(EVIL), 'd' + EVIL: {'a': 'z'}}


class EscapesTest(TerminalTest):
    def assert_harmless(self, *args, **options):
        environment = {'NO_COLOR': '1', **options.pop('env', {})}
        terminal = self.at_terminal(*args, env=environment, **options)
        terminal.end()
        shown = terminal.text.replace('\n', '')
        self.assertIsNone(CONTROL.search(shown), ascii(terminal.text))
        return terminal.text

    def test_words_of_the_command_line(self):
        for args in ([EVIL], ['run', f'--{EVIL}'], ['scan', '-s', self.source, EVIL],
                     ['run', '--threads', EVIL], ['run', '-i', EVIL], ['run', '--require', '/' + EVIL],
                     ['run', '--max-delete', EVIL], ['run', '--color', EVIL],
                     ['run', '--exclude-from', EVIL], ['scan', '-s', EVIL], ['show', EVIL],
                     ['apply', EVIL], ['recover', '-r', EVIL], ['scan', '-s', '.', '-o', f'{EVIL}/x'],
                     ['run', '-s', EVIL, '-r', 'r'], ['run', '-s', '.', '-r', f'../{EVIL}/{EVIL}'],
                     ['scan', '-s', '.', '--exclude', EVIL + 'a*' * 20_000],
                     ['scan', '-s', '.', '--state', f'{EVIL}\n/x']):
            with self.subTest(args=args):
                self.assertIn('owned', self.assert_harmless(*args))

    def test_names_in_the_trees(self):
        self.given(TREE, {'old' + EVIL: 'x'})
        plan = self.at('plan' + EVIL)
        pair = ['-s', self.source, '-r', self.replica]
        self.execute('plan', '-s', self.source, '-r', self.replica, '-o', plan)
        for args in (['scan', '-s', self.source, '--md5sum'], ['scan', '-s', self.source, '--json'],
                     ['scan', '-s', self.source], ['plan', *pair, '--list'], ['plan', *pair],
                     ['plan', *pair, '--json'], ['plan', *pair, '--max-delete', '0'],
                     ['plan', *pair, '--require', EVIL + 'x'],
                     ['show', plan, '--list'], ['show', plan, '--tree'], ['show', plan, '--stat'],
                     ['show', plan, '--html', '-'], ['apply', plan, '-v']):
            with self.subTest(args=args):
                self.assertIn('owned', self.assert_harmless(*args))

    def test_what_the_environment_names(self):
        self.given({'a': 'x'})
        trees.write(self.at('file'), 'x')
        self.assert_harmless('run', '-s', self.source, '-r', self.replica, '--progress', 'never',
                             env={'XDG_STATE_HOME': self.at('file', EVIL)})

    def test_md5sum_keeps_its_own_form_in_a_pipe(self):
        self.given({EVIL: 'x'})
        self.assertIn(os.fsencode(EVIL).decode(),
                      self.execute('scan', '-s', self.source, '--md5sum').out)


if __name__ == '__main__':
    unittest.main()
