"""The program calls itself by the name it was started as, so that what it advises can be typed."""
import os
import re
import shutil
import subprocess
import unittest

from tests.support.program import (BINARY, CONTROL, DONE, PARTIAL, REFUSED, USAGE, ProgramTest)

# Its own name as a word of a sentence, not as a part of another name: `.sync-txn`, `rsync`.
OLD_NAME = re.compile(r"(?<![\w./-])sync(?![\w.-])")


class NameTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.binary = self.at('mirror')
        shutil.copy2(BINARY, self.binary)
        self.given({'a': 'x'}, {'a': 'old', 'gone': 'x'})

    def said(self, *args, expect, **options):
        result = self.execute(*args, expect=expect, **options)
        said = result.out + result.err
        self.assertNotRegex(said, OLD_NAME)
        return said

    def on_roots(self, command, *options, expect):
        return self.said(command, '-s', self.source, '-r', self.replica, *options, expect=expect)

    def test_usage_and_version_name_it(self):
        self.assertIn('Usage: mirror ', self.said('--help', expect=DONE))
        self.assertRegex(self.said('--version', expect=DONE), r'^mirror \d')
        self.assertRegex(self.said('rum', expect=USAGE), r"^mirror: .*\nTry 'mirror --help'\.\n$")
        self.assertRegex(self.said('run', expect=USAGE), r"^mirror: .*\nTry 'mirror run --help'\.\n$")
        self.assertRegex(self.said('run', '--nonsense', expect=USAGE), "^mirror: there is no option")
        for command in ('run', 'plan', 'apply', 'scan', 'verify', 'show', 'recover'):
            self.assertIn(f'Usage: mirror {command} ', self.said(command, '--help', expect=DONE))

    def test_errors_and_advice_name_it(self):
        self.assertRegex(self.on_roots('run', '--max-delete', '0', expect=REFUSED),
                         "; look at the deletions with 'mirror plan', ")
        self.assertRegex(self.on_roots('run', '--confirm', expect=REFUSED),
                         r"^mirror: .*'mirror plan -o FILE' and 'mirror apply FILE'")
        undo = self.on_roots('run', '--backup-dir', self.at('kept'), expect=DONE)
        self.assertIn(f"; 'mirror apply {self.at('kept')}/", undo)
        os.mkdir(self.in_replica('.sync-txn'))
        os.mkdir(self.in_replica('.sync-txn', 'x'))
        self.assertIn("'mirror recover --discard'", self.on_roots('run', expect=PARTIAL))

    def started_as(self, name):
        return subprocess.run([name, 'rum'], check=False, executable=self.binary,
                              capture_output=True, text=True, errors='surrogateescape').stderr

    def test_any_name_is_safe_to_show(self):
        self.assertTrue(self.started_as('').startswith('sync: '))
        self.assertTrue(self.started_as('n' * 100000).startswith('sync: '))
        line = self.started_as('/x/\x1b[31m\n\u202e')
        self.assertTrue(line.startswith('\\x1b[31m\\x0a\\u{202e}: there is no command'), line)
        self.assertIsNone(CONTROL.search(line.replace('\n', '')))


if __name__ == '__main__':
    unittest.main()
