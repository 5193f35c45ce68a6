"""--metrics-file: what became of each run, as the textfile collector of node_exporter reads it."""
import os
import re
import shutil
import signal
import stat
import unittest

from tests.support import trees
from tests.support.program import (DONE, FAILED, LOCKED, PARTIAL, PATIENCE_SECONDS, REFUSED,
                                   ProgramTest)

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf'({NAME})\{{({LABEL}(?:,{LABEL})*)\}} (-?[0-9]+(?:\.[0-9]+)?)')


def parse(text):
    """{(name, what `of` says): value} and the labels; fails on what the format does not have."""
    samples, labels, declared = {}, set(), None
    lines = text.split('\n')
    assert lines.pop() == ''
    while lines:
        line = lines.pop(0)
        if line.startswith('# HELP '):
            declared = line.split(' ')[2]
            assert lines.pop(0) == f'# TYPE {declared} gauge', line
            assert not any(name == declared for name, _ in samples), line
            continue
        found = SAMPLE.fullmatch(line)
        assert found and found[1] == declared, line
        pairs = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2]))
        key = (found[1].removeprefix('foldersync_'), pairs.pop('of', None))
        assert key not in samples, line
        samples[key] = float(found[3])
        labels.add(tuple(sorted(pairs.items())))
    return samples, labels


class MetricsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'first', 'b': 'x'})
        self.metrics = self.at('metrics.prom')

    def run_it(self, *args, expect=DONE, **options):
        result = self.sync('run', '--metrics-file', self.metrics, *args, expect=expect, **options)
        return result

    def read(self):
        return parse(trees.read(self.metrics).decode())

    def test_a_run_that_went_well(self):
        self.run_it()
        samples, labels = self.read()
        self.assertEqual({(('job', ''), ('replica', self.replica), ('source', self.source))}, labels)
        self.assertEqual((0, 0, 6, 2), (samples['last_attempt_exit_code', None],
                                        samples['failures_in_a_row', None],
                                        samples['last_attempt_written_bytes', None],
                                        samples['last_attempt_count', 'create']))
        self.assertEqual(samples['last_success_timestamp_seconds', None],
                         samples['last_attempt_timestamp_seconds', None])
        self.assertEqual(0o644, stat.S_IMODE(os.stat(self.metrics).st_mode))
        self.assert_mirrored()

    def test_one_that_failed_keeps_the_last_success(self):
        self.run_it()
        success = self.read()[0]['last_success_timestamp_seconds', None]
        shutil.move(self.source, self.at('away'))
        for count in (1, 2):
            self.run_it(expect=REFUSED)
            samples, _ = self.read()
            self.assertEqual((5, count, success),
                             (samples['last_attempt_exit_code', None],
                              samples['failures_in_a_row', None],
                              samples['last_success_timestamp_seconds', None]))
        shutil.move(self.at('away'), self.source)
        with self.lock_held():
            self.run_it(expect=LOCKED)
        self.assertEqual(6, self.read()[0]['last_attempt_exit_code', None])

    def test_the_exit_code_and_what_is_told_stay_as_they_are(self):
        plain = self.sync('run', '--dry-run')
        self.assertEqual(plain.out.count('\n'), self.run_it('--dry-run').out.count('\n'))
        self.assertFalse(os.path.exists(self.metrics))
        trees.write(self.in_source('large'), b'x' * 3_000_000)
        process = self.start('run', '-s', self.source, '-r', self.replica, '--bwlimit', '100K',
                             '--metrics-file', self.metrics)
        self.wait_until(lambda: os.path.exists(self.replica) and self.children_of(process.pid),
                        'it works')
        self.assertEqual(128 + signal.SIGTERM, self.stop(process))
        self.assertEqual(143, self.read()[0]['last_attempt_exit_code', None])

    def test_apply_writes_them_with_the_folders_of_its_plan(self):
        self.execute('apply', self.plan_file(), '--metrics-file', self.metrics, expect=DONE)
        samples, labels = self.read()
        self.assertEqual(3, samples['last_attempt_count', 'create'])  # with the replica
        self.assertIn(self.replica, dict(next(iter(labels)))['replica'])
        self.execute('apply', self.at('none.json'), '--metrics-file', self.metrics, expect=(1, 65))

    def test_a_run_that_is_killed_is_told(self):
        trees.write(self.in_source('large'), b'x' * 3_000_000)
        process = self.start('run', '-s', self.source, '-r', self.replica, '--bwlimit', '100K',
                             '--metrics-file', self.metrics)
        self.wait_until(lambda: self.children_of(process.pid), 'it works')
        for child in self.children_of(process.pid):
            os.kill(child, signal.SIGKILL)
        self.assertEqual(FAILED, process.wait(PATIENCE_SECONDS))
        self.assertEqual(1, self.read()[0]['last_attempt_exit_code', None])
        self.assertIn('ended by signal 9', self.execute('status', expect=PARTIAL).out)

    def test_names_are_escaped(self):
        odd = os.fsdecode(os.fsencode(self.top) + b'/re"\\\n\xff')
        self.execute('run', '-s', self.source, '-r', odd, '--metrics-file', self.metrics, expect=DONE)
        _, labels = self.read()
        self.assertTrue(dict(next(iter(labels)))['replica'].endswith('/re\\"\\\\\\n\ufffd'))

    def test_they_never_go_into_the_folders(self):
        self.run_it()
        for folder in (self.source, self.replica):
            self.metrics = os.path.join(folder, 'metrics.prom')
            said = self.run_it(expect=(DONE, REFUSED)).err
            self.assertTrue('would lie in' in said or 'metrics' in said, said)
            self.assertFalse(os.path.exists(self.metrics))

    def test_what_cannot_be_written_is_a_warning(self):
        self.metrics = self.at('no such folder', 'metrics.prom')
        self.assertIn('no metrics', self.run_it().err)

    def test_a_file_that_is_none_of_metrics_stays(self):
        for text in ('a key that somebody needs', '#'):
            trees.write(self.metrics, text.encode())
            self.assertIn('it is none of metrics', self.run_it().err)
            self.assertEqual(text.encode(), trees.read(self.metrics))
        trees.write(self.metrics, b'')
        self.run_it()
        self.read()

    def test_a_loop_writes_them_after_each_cycle(self):
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.1',
                             '--metrics-file', self.metrics)
        self.wait_until(lambda: os.path.exists(self.metrics), 'a cycle is over')
        os.remove(self.metrics)
        self.wait_until(lambda: os.path.exists(self.metrics), 'another one is')
        self.assertEqual(0, self.read()[0]['failures_in_a_row', None])
        self.stop(process)


if __name__ == '__main__':
    unittest.main()
