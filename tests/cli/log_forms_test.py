"""The log: where it goes, its form for programs, the journal, and what a loop does not say again."""
import base64
import json
import os
import re
import subprocess
import unittest

from tests.support import trees
from tests.support.program import (CHECKOUT, DONE, LOG_LINE, NOBODY, USAGE, ProgramTest, as_root,
                                   parse_plan)

TIME = re.compile(r'\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z')
PAGE = trees.read(os.path.join(CHECKOUT, 'docs', 'log-format.md')).decode()
LEVELS = {'info', 'warning', 'error'}


class LogFormsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'x', 'd': {'b': 'four'}}, {'old': 'x'})

    def objects(self, text):
        """The lines of a log for programs; each must be one."""
        lines = [parse_plan(line) for line in text.split('\n')[:-1]]
        self.assertTrue(text.endswith('\n'))
        for line in lines:
            self.assertRegex(line['time'], TIME)
            self.assertIn(line['level'], LEVELS)
            self.assertIsInstance(line['message'], str)
            self.assertEqual(['time', 'level', 'message'], list(line)[:3])
            self.assertEqual([], [key for key in line if f'`{key}`' not in PAGE])
        return lines

    def test_programs_get_an_object_a_line(self):
        name = b'caf\xe9 "\n'
        trees.write(os.path.join(os.fsencode(self.source), name), 'y')
        log = self.at('log.json')
        result = self.sync('run', '-l', log, '--log-format', 'json')
        lines = self.objects(self.log_text(log))
        actions = {line['path']: line for line in lines if 'op' in line}
        self.assertEqual({'op': 'create', 'path': 'd/b', 'outcome': 'ok', 'bytes': 4},
                         {key: actions['d/b'][key] for key in ('op', 'path', 'outcome', 'bytes')})
        self.assertEqual(('delete', 'ok'), (actions['old']['op'], actions['old']['outcome']))
        named = [line for line in lines if 'path_b64' in line]
        self.assertEqual([name], [base64.b64decode(line['path_b64']) for line in named])
        self.assertIn('done: ', lines[-1]['message'])
        # The console is for people all the same.
        self.assertRegex(result.out, LOG_LINE)

    def test_levels_and_errors_are_told_to_programs(self):
        trees.write(self.in_source('late'), 'x')
        plan = self.plan_file()
        os.unlink(self.in_source('late'))
        trees.write(self.in_source('a'), 'other')
        log = self.at('log.json')
        self.execute('apply', plan, '-l', log, '--log-format', 'json', expect=4)
        lines = self.objects(self.log_text(log))
        self.assertEqual({'stale'}, {line['outcome'] for line in lines
                                     if line.get('path') in ('a', 'late')})
        self.assertEqual({'warning'}, {line['level'] for line in lines
                                       if line.get('outcome') == 'stale'})

    def test_the_log_may_go_to_standard_output(self):
        for options, check in ((('--log-format', 'json'), self.objects),
                               ((), lambda text: self.assertRegex(text, LOG_LINE))):
            trees.remove(self.replica)
            result = self.sync('run', '-q', '-l', '-', '--new-replica', *options)
            check(result.out)
            self.assertEqual(1, result.out.count('create d/b'))
            self.assertEqual('', result.err)
        self.assertFalse(os.path.exists(self.log))
        self.assertEqual([], os.listdir(self.cwd))

    def test_trouble_goes_where_the_log_goes(self):
        trees.remove(self.source)
        result = self.sync('run', '-l', '-', '--log-format', 'json', expect=5)
        self.assertEqual('error', self.objects(result.out)[-1]['level'])
        self.assertEqual('', result.err)

    def test_no_log_may_be_wanted(self):
        result = self.sync('run', '-l', 'none')
        self.assertEqual([], os.listdir(self.cwd))
        self.assertIn('create d/b', result.out)
        self.assertEqual('', result.err)

    def test_files_of_these_names_are_named_by_their_place(self):
        for name in ('-', 'none'):
            self.sync('run', '-l', f'./{name}')
            self.assert_log_is_clean(os.path.join(self.cwd, name))
            self.assertIn('done: ', self.log_text(os.path.join(self.cwd, name)))

    def test_a_plan_is_applied_with_a_log_on_standard_output_too(self):
        plan = self.plan_file()
        result = self.execute('apply', plan, '-l', '-', '--log-format', 'json', expect=DONE)
        self.assertIn('done: ', self.objects(result.out)[-1]['message'])

    def test_standard_output_takes_one_of_log_and_report(self):
        plan = self.plan_file()
        self.sync('run', '-l', '-', '--report', '-', expect=USAGE)
        self.execute('apply', plan, '-l', '-', '--json', expect=USAGE)
        self.sync('run', '--log-format', 'xml', expect=USAGE)

    def test_a_default_log_may_have_either_form_and_go_on_in_the_other(self):
        self.sync('run', '--log-format', 'json')
        before = self.log_text()
        self.objects(before)
        self.sync('run', '--log-format', 'json')
        self.sync('run')
        self.assertTrue(self.log_text().startswith(before))
        self.assertRegex(self.log_text().split('\n')[-2], LOG_LINE)

    def run_with_journal(self, journal, *options, **others):
        """What is on standard output and standard error; that of the name goes to a journal."""
        with open(self.at('stdout'), 'wb') as out, open(self.at('stderr'), 'wb') as err:
            status = os.fstat({'stdout': out, 'stderr': err}[journal].fileno())
            self.sync('run', *options, stdout=out, stderr=err, **others,
                      env={'JOURNAL_STREAM': f'{status.st_dev}:{status.st_ino}'})
        return self.log_text(self.at('stdout')), self.log_text(self.at('stderr'))

    def test_lines_for_the_journal_begin_with_how_urgent_they_are(self):
        out, _ = self.run_with_journal('stdout')
        self.assertRegex(out, r'\A<6>INFO ')
        self.assertEqual([], [line for line in out.split('\n')[:-1]
                              if not line.startswith('<6>INFO ')])
        self.assert_log_is_clean(self.log)
        trees.remove(self.source)
        _, err = self.run_with_journal('stderr', expect=5)
        self.assertRegex(err, r'\A<3>ERROR ')
        _, err = self.run_with_journal('stdout', expect=5)
        self.assertRegex(err, LOG_LINE)  # the other stream is no journal

    def test_messages_of_the_program_itself_have_a_priority_too(self):
        with open(self.at('stderr'), 'wb') as err:
            status = os.fstat(err.fileno())
            self.execute('apply', self.at('missing'), stderr=err, expect=65,
                         env={'JOURNAL_STREAM': f'{status.st_dev}:{status.st_ino}'})
        self.assertRegex(self.log_text(self.at('stderr')), r'\A<3>\w+: ')

    def test_a_journal_gets_objects_where_they_are_asked_for(self):
        out, _ = self.run_with_journal('stdout', '-l', '-', '--log-format', 'json')
        for line in out.split('\n')[:-1]:
            self.assertEqual('<6>', line[:3])
            self.assertRegex(parse_plan(line[3:])['time'], TIME)

    def test_what_is_inherited_of_another_stream_means_nothing(self):
        for stream in ('1:2', '', 'x', '99999999999999999999:1'):
            result = self.sync('run', env={'JOURNAL_STREAM': stream})
            self.assertRegex(result.out, LOG_LINE)


@as_root
class KnownProblemsTest(ProgramTest):
    """A loop over what can't be read."""

    def test_what_is_as_before_is_one_line_and_what_is_no_more_is_told(self):
        self.given({'a': 'x', **{f'closed {number}': {'b': 'x'} for number in range(3)}})
        for number in range(3):
            os.chmod(self.in_source(f'closed {number}'), 0)
        report = self.at('report')
        self.live_as(NOBODY, self.top)
        loop = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.1',
                          '-l', self.at('log'), '--report', report, uid=NOBODY,
                          stderr=subprocess.DEVNULL)

        def lines():
            return self.log_text(self.at('log')).split('\n')

        def wait_for(text, count):
            self.wait_until(lambda: sum(text in line for line in lines()) >= count, text)
        wait_for(' ERROR 3 problems as in the cycle before (first: open \'closed 0\' in the source',
                 2)
        os.chmod(self.in_source('closed 1'), 0o755)
        wait_for(' INFO no longer: open \'closed 1\'', 1)
        wait_for(' ERROR 2 problems as in the cycle before', 1)
        os.rename(self.at('log'), self.at('log.1'))
        self.wait_until(lambda: os.path.exists(self.at('log')), 'the log is opened again')
        wait_for(' ERROR 2 problems as in the cycle before', 1)
        self.assertIn(self.stop(loop), (DONE, 143))
        told = [re.sub(r'^\S+ ERROR ', '', line) for line in
                self.log_text(self.at('log.1')).split('\n') if ' ERROR open \'' in line]
        self.assertEqual(3, len(told), told)
        self.assertEqual(2, sum(" ERROR open 'closed" in line for line in lines()))
        problems = [line for line in self.log_text(report).split('\n')
                    if line.startswith('{"event":"problem"')]
        self.assertGreater(len(problems), 6)


if __name__ == '__main__':
    unittest.main()
