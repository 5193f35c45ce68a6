"""Help, manual pages and completions are made of the same options, and are well formed."""
import re
import shutil
import subprocess
import unittest

from tests.support.program import CHECKOUT, DONE, USAGE, ProgramTest

COMMANDS = ('run', 'plan', 'apply', 'scan', 'verify', 'show', 'recover', 'config', 'status',
            'versions', 'restore', 'undo')


class HelpTest(ProgramTest):
    def help(self, *arguments, expect=DONE):
        return self.execute('help', *arguments, expect=expect).out

    def options_of(self, command):
        """The long ones that its help lists."""
        return set(re.findall(r'^ {2,6}(?:-\w, )?(--[a-z0-9-]+)', self.help(command), re.M))

    def checked(self, program, *arguments, text):
        """`program` finds nothing wrong with the text."""
        if shutil.which(program) is None:
            self.skipTest(f'{program} is missing')
        with open(self.at('file'), 'w', encoding='utf-8') as file:
            file.write(text)
        done = subprocess.run([program, *arguments, self.at('file')], check=False, text=True,
                              capture_output=True)
        self.assertEqual((0, '', ''), (done.returncode, done.stdout, done.stderr))

    def test_each_manual_page_has_each_option_and_is_well_formed(self):
        for command in COMMANDS:
            page = self.help('--man', command)
            with self.subTest(command):
                self.assertGreater(len(self.options_of(command)), 2)
                for option in self.options_of(command):
                    self.assertTrue(f'Fl "{option[1:]}"'.replace('-', '\\-') in page, option)
                self.checked('mandoc', '-T', 'lint', '-W', 'warning', text=page)
        page = self.help('--man')
        self.checked('mandoc', '-T', 'lint', '-W', 'warning', text=page)
        for command in COMMANDS:
            self.assertIn(f'.It Cm {command}\n', page)

    def test_each_shell_takes_its_completions_and_they_have_each_option(self):
        for shell, check in (('bash', ('shellcheck', '-s', 'bash')), ('zsh', ('zsh', '-n')),
                             ('fish', ('fish', '-n'))):
            text = self.help('--completion', shell)
            with self.subTest(shell):
                for option in set().union(*map(self.options_of, COMMANDS)):
                    self.assertTrue((f'-l {option[2:]} ' if shell == 'fish' else option) in text,
                                    option)
                self.checked(*check, text=text)

    def test_the_reference_is_what_the_program_says(self):
        with open(f'{CHECKOUT}/docs/reference.md', encoding='utf-8') as page:
            self.assertEqual(self.help('--markdown'), page.read(),
                             'write it anew: sync help --markdown >docs/reference.md')

    def test_bash_completes_commands_options_words_and_folders(self):
        with open(self.at('completion'), 'w', encoding='utf-8') as file:
            file.write(self.help('--completion', 'bash'))
        self.given({'a b': {}, 'file': ''})
        for words, expected in (
                (['sync', 'ver'], ['verify', 'versions']), (['sync', 'run', '--verify-p'], ['--verify-percent']),
                (['sync', 'run', '--color', 'a'], ['auto', 'always']),
                (['sync', 'run', '--threads', ''], []),
                (['sync', 'run', '-s', f'{self.source}/'], [f'{self.source}/a b']),
                (['sync', 'run', '-r', 'x', f'{self.source}/'], [f'{self.source}/a b']),
                (['sync', 'apply', f'{self.source}/f'], [f'{self.source}/file']),
                (['sync', 'config', ''], ['show', 'jobs']),
                (['sync', 'run', '--job', 'ph'], ['photos'])):
            script = ('compopt() { :; }; sync() { printf "photos\\tfile\\nsite\\tfile\\n"; }; . "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
                      '_sync; printf "%s\\n" "${COMPREPLY[@]}"')
            said = subprocess.run(['bash', '-c', script, 'bash', self.at('completion'), *words],
                                  check=True, capture_output=True, text=True).stdout
            self.assertEqual(expected, said.splitlines() if said.strip() else [], words)

    def test_what_there_is_no_page_of_is_wrong(self):
        self.help('--man', 'rum', expect=USAGE)
        self.help('--completion', 'csh', expect=USAGE)


if __name__ == '__main__':
    unittest.main()
