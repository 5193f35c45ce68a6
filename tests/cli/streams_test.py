"""Console, log and report: what is said where, and streams that are closed or full."""
import os
import re
import unittest

from tests.support import trees
from tests.support.program import PARTIAL, ProgramTest
from tests.support.trees import fifo, symlink

SOURCE = {'a': 'new', 'd': {'b': 'x'}}
REPLICA = {'a': 'older', 'gone': 'x'}


class ConsoleTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def test_version_and_help(self):
        for option in ('--version', '--help'):
            result = self.execute(option, expect=0)
            self.assertEqual('', result.err)
        self.assertRegex(self.execute('--version').out, r'\d+\.\d+\.\d+')
        for command in ('run', 'plan', 'apply', 'scan'):
            self.assertIn(command, self.execute('--help').out)
            self.assertIn('--help', self.execute(command, '--help', expect=0).out)

    def test_each_action_is_named_on_the_console_and_in_the_log(self):
        result = self.sync('run')
        said = result.out + result.err
        for text in (said, self.log_text()):
            for words in ('update a', 'create d/b', 'delete gone'):
                self.assertIn(words, text)

    def test_quiet_says_nothing_when_all_is_well(self):
        result = self.sync('run', '-q')
        self.assertEqual(('', ''), (result.out, result.err))
        self.assert_mirrored()
        self.assertIn('delete gone', self.log_text())

    def test_quiet_still_says_what_failed(self):
        trees.remove(self.source)
        result = self.sync('run', '-q', expect=5)
        self.assertNotEqual('', result.err)

    def test_verbose_says_no_less(self):
        result = self.sync('run', '-v')
        self.assertIn('delete gone', result.out + result.err)

    def test_colour_comes_only_when_asked_for_where_nobody_watches(self):
        plain = [self.sync('plan', *options).out for options in ((), ('--color', 'auto'),
                                                                 ('--color', 'never'))]
        self.assertNotIn('\x1b', ''.join(plain))
        coloured = self.sync('plan', '--color', 'always').out
        self.assertIn('\x1b[', coloured)
        self.assertEqual(plain[0], re.sub(r'\x1b\[[0-9;]*m', '', coloured))

    def test_the_log_has_no_colour(self):
        self.sync('run', '--color', 'always')
        self.assertNotIn('\x1b', self.log_text())

    def test_progress_may_be_forced_and_forbidden(self):
        for choice in ('auto', 'always', 'never'):
            with self.subTest(choice=choice):
                self.sync('run', '--progress', choice)
                self.assert_mirrored()

    def test_closed_standard_streams_do_no_harm(self):
        for number, closing in enumerate(('<&-', '>&-', '2>&-', '<&- >&- 2>&-')):
            with self.subTest(closed=closing):
                self.replica = self.at(f'replica{number}')
                wrapper = ['sh', '-c', f'exec "$@" {closing}', 'sh']
                self.sync('run', '--state', self.at(f'state{number}'), wrapper=wrapper,
                          expect=(0, PARTIAL))
                self.assert_mirrored()
                self.assert_log_is_clean(self.log)

    def test_a_plan_into_a_full_disk_is_a_failure(self):
        with open('/dev/full', 'wb') as full:
            result = self.sync('plan', '--json', stdout=full, expect=None)
        self.assertIn(result.code, (1, PARTIAL))

    def test_a_run_with_a_console_on_a_full_disk_still_mirrors(self):
        with open('/dev/full', 'wb') as full:
            self.sync('run', stdout=full, expect=(0, PARTIAL))
        self.assert_mirrored()


class LogTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def test_the_default_log_is_log_txt_in_the_working_directory(self):
        self.sync('run')
        self.assertIn('create d/b', self.log_text(os.path.join(self.cwd, 'log.txt')))

    def test_another_log_can_be_named(self):
        self.sync('run', '-l', self.at('other.log'))
        self.assertFalse(os.path.exists(self.log))
        self.assertIn('create d/b', self.log_text(self.at('other.log')))
        self.assert_log_is_clean(self.at('other.log'))

    def test_a_log_is_appended_to(self):
        trees.write(self.log, '2026-01-01T00:00:00.000Z INFO earlier\n')
        self.sync('run')
        self.assertTrue(self.log_text().startswith('2026-01-01T00:00:00.000Z INFO earlier\n'))
        self.assertIn('create d/b', self.log_text())

    def test_a_torn_last_line_is_not_continued(self):
        trees.write(self.at('torn'), '2026-01-01T00:00:00.000Z INFO torn')
        self.sync('run', '-l', self.at('torn'))
        self.assertTrue(self.log_text(self.at('torn')).startswith(
            '2026-01-01T00:00:00.000Z INFO torn\n'))

    def test_a_new_log_is_for_its_owner_only(self):
        self.sync('run', umask=0)
        self.assertEqual(0o600, os.lstat(self.log).st_mode & 0o777)

    def test_a_log_inside_the_source_is_left_out_and_listed(self):
        log = self.in_source('d', 'sync.log')
        for _ in range(2):
            self.sync('run', '-l', log, source_may_change=True)
            self.assertEqual(['a', 'd', 'd/b'], self.replica_paths())
        self.assert_log_is_clean(log)

    def test_there_is_no_default_log_in_the_source(self):
        for folder in (self.source, self.in_source('d')):
            result = self.sync('run', cwd=folder)
            self.assertEqual(1, result.err.count('no log file'))
            self.assertIn('-l names one elsewhere', result.err)
            self.assert_mirrored()
        self.sync('run', '-l', 'none', cwd=self.source)
        self.assertNotIn('no log file', self.sync('run', '-l', 'none', cwd=self.source).err)

    def test_whatever_has_its_name_in_the_source_is_mirrored(self):
        for odd in ({'log.txt': 'precious'}, {'log.txt': symlink('a')}, {'log.txt': {'b': 'x'}},
                    {'log.txt': '2026-01-01T00:00:00.000Z INFO a log of this program\n'}):
            with self.subTest(odd=odd):
                trees.remove(self.source)
                trees.remove(self.replica)
                self.given({**SOURCE, **odd}, REPLICA)
                self.assertIn('no log file', self.sync('run', cwd=self.source).err)
                self.assert_mirrored()

    def test_a_source_by_another_name_has_no_default_log_either(self):
        os.symlink(self.source, self.at('link'))
        self.assertIn('no log file', self.sync('run', cwd=self.at('link', 'd')).err)
        self.assert_mirrored()

    def test_a_default_log_is_no_link_and_nothing_that_others_wrote(self):
        trees.write(self.at('precious'), '2026-01-01T00:00:00.000Z INFO of another\n')
        for odd in (lambda: os.symlink(self.at('precious'), self.log),
                    lambda: os.symlink(self.at('nowhere'), self.log),
                    lambda: os.link(self.at('precious'), self.log),
                    lambda: os.mkfifo(self.log),
                    lambda: os.mkdir(self.log),
                    lambda: trees.write(self.log, '2026-01-01T00:00:00.000Z of others\n'),
                    lambda: trees.write(self.log, '{"time":"2026-01-01T00:00:00.000Z"}\n')):
            odd()
            kept = os.lstat(self.log)
            said = self.sync('run').err
            self.assertEqual(1, said.count('no log file'), said)
            self.assertEqual((kept.st_ino, kept.st_size, kept.st_mtime_ns),
                             (os.lstat(self.log).st_ino, os.lstat(self.log).st_size,
                              os.lstat(self.log).st_mtime_ns))
            trees.remove(self.log)
        self.assertFalse(os.path.exists(self.at('nowhere')))
        self.assertEqual(b'2026-01-01T00:00:00.000Z INFO of another\n',
                         trees.read(self.at('precious')))

    def test_a_state_inside_the_source_is_left_out(self):
        self.sync('run', '--state', self.in_source('state'), source_may_change=True)
        self.assertEqual(['a', 'd', 'd/b'], self.replica_paths())

    def test_errors_are_logged_as_errors(self):
        trees.remove(self.source)
        self.sync('run', expect=5)
        self.assertIn(' ERROR ', self.log_text())

    def test_a_log_that_is_a_link_or_a_fifo_is_never_opened_through(self):
        trees.build(self.at('odd'), {'target': 'precious', 'link': symlink('target'),
                                     'fifo': fifo()})
        for name in ('link', 'fifo'):
            self.sync('run', '-l', self.at('odd', name), expect=5)
        self.assertEqual(b'precious', trees.read(self.at('odd', 'target')))

    def test_a_full_disk_under_the_log_does_not_stop_the_run(self):
        if not os.path.exists('/dev/full'):
            self.skipTest('there is no /dev/full')
        self.sync('run', '-l', '/dev/full', expect=(0, PARTIAL, 5))

    def test_the_content_of_files_is_never_logged(self):
        trees.write(self.in_source('secret'), 'hunter2 hunter2')
        self.sync('run', '-v')
        self.assertNotIn('hunter2', self.log_text())


if __name__ == '__main__':
    unittest.main()
