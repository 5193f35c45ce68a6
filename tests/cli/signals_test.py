"""Signals, those that were ignored from the start, and readers that leave."""
import glob
import json
import os
import signal
import unittest

from tests.support.program import ProgramTest

READER_LEFT = 128 + signal.SIGPIPE
LARGE = 66 << 20  # such files are copied so that a later run can go on
PIECE = 1 << 20


def ignoring(*numbers):
    return lambda: [signal.signal(number, signal.SIG_IGN) for number in numbers]


class StopTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'large': os.urandom(LARGE)})

    def staged_bytes(self):
        return sum(os.path.getsize(name)
                   for name in glob.glob(f'{self.replica}/.sync-txn*/p*/*') if os.path.isfile(name))

    def start_slowly(self, **options):
        """A run that is in the middle of the large file for long."""
        process = self.start('run', '-s', self.source, '-r', self.replica, '--bwlimit', '4M',
                             **options)
        self.wait_until(lambda: self.staged_bytes() > 2 * PIECE or process.poll() is not None,
                        'some of it is copied')
        return process

    def test_the_exit_code_names_the_signal_and_the_next_run_goes_on_with_a_large_file(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number.name):
                process = self.start_slowly()
                process.send_signal(number)
                said = process.stdout.read().decode()
                self.assertEqual(128 + number, process.wait())
                self.assertIn('stopped, run it again to go on: ', said)
                report = self.at(f'report-{number}')
                self.sync('run', '--report', report)
                self.assert_mirrored()
                with open(report, encoding='utf-8') as lines:
                    lines = [json.loads(line) for line in lines]
                written = sum(line.get('bytes', 0) for line in lines if line.get('op') == 'create')
                self.assertTrue(0 < written <= LARGE - PIECE, written)
                self.assertEqual([], glob.glob(f'{self.replica}/.sync-txn*'))
                os.utime(self.in_source('large'))
                os.remove(self.in_replica('large'))

    def test_what_was_ignored_from_the_start_ends_no_run(self):
        numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
        process = self.start_slowly(preexec_fn=ignoring(*numbers))
        for number in numbers:
            process.send_signal(number)
        staged = self.staged_bytes()
        self.wait_until(lambda: self.staged_bytes() > staged + PIECE
                        or process.poll() is not None, 'it goes on')
        self.assertIsNone(process.poll())

    def test_who_asks_is_told_how_far_it_is(self):
        process = self.start_slowly()
        process.send_signal(signal.SIGUSR1)
        while line := process.stdout.readline().decode():
            if ' of 66.0 MiB' in line:
                break
        self.assertRegex(line, r'^sync: \d of 2 actions, .* left$')
        self.assertIsNone(process.poll())


class LoopTest(ProgramTest):
    def start_loop(self, interval, **options):
        self.given({'a': 'first'})
        return self.start('run', '-s', self.source, '-r', self.replica, '-i', interval, **options)

    def test_a_loop_tells_when_it_goes_on(self):
        process = self.start_loop('100000')
        self.assertIn('done: ', self.line_with(process, 'done: '))
        process.send_signal(signal.SIGUSR1)
        self.assertRegex(self.line_with(process, 'next cycle'),
                         r'^sync: the next cycle begins in \d{2,3},\d{3} s\n$')

    def line_with(self, process, words):
        while line := process.stdout.readline().decode():
            if words in line:
                return line
        return ''

    def test_a_loop_whose_reader_leaves_ends_after_its_cycle(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, 'wb') as nobody:
            process = self.start_loop('0.1', stdout=nobody)
        self.assertEqual(READER_LEFT, process.wait(60))
        self.assert_mirrored()

    def test_a_loop_that_was_started_with_nohup_still_reopens_its_log(self):
        log = self.at('sync.log')
        self.given({'a': 'first'})
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', '100000', '-l',
                             log, preexec_fn=ignoring(signal.SIGHUP))
        self.line_with(process, 'done: ')
        os.rename(log, log + '.1')
        process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: os.path.exists(log), 'the log is opened again')
        self.assertIsNone(process.poll())


class ReaderLeavesTest(ProgramTest):
    """Each command whose output nobody reads ends quietly."""

    def setUp(self):
        super().setUp()
        self.given({'a': 'new', 'd': {'b': 'x'}}, {'a': 'older', 'gone': 'x'})
        reader, self.writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, self.writer)

    def check(self, *args, code=READER_LEFT):
        result = self.execute(*args, stdout=self.writer, expect=code)
        self.assertEqual('', result.err)

    def test_of_a_plan_and_a_list(self):
        roots = ('-s', self.source, '-r', self.replica)
        self.sync('plan', '-o', self.at('plan.json'))
        self.check('plan', *roots)
        self.check('plan', *roots, '--json')
        self.check('show', self.at('plan.json'))
        self.check('scan', '-s', self.source)

    def test_of_a_run_which_is_done_all_the_same(self):
        self.check('run', '-s', self.source, '-r', self.replica)
        self.assert_mirrored()

    def test_of_a_report(self):
        self.check('run', '-s', self.source, '-r', self.replica, '--report', '-')
        self.assert_mirrored()


if __name__ == '__main__':
    unittest.main()
