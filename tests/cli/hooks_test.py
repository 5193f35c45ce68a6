"""Commands of one's own before and after each attempt: --on-start, --on-success, --on-failure."""
import fcntl
import os
import re
import signal
import unittest

from tests.support import trees
from tests.support.program import DONE, PARTIAL, REFUSED, USAGE, ProgramTest


class HooksTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'x', 'b': 'y'}, {'a': 'old', 'gone': 'z'})
        self.told = self.at('told')

    def hooks(self, *events):
        """Options: each of these appends its variables to a file outside of both folders."""
        command = f'env -0 | grep -z ^FOLDERSYNC_RESULT_ >>"{self.told}" && printf END >>"{self.told}"'
        return [word for event in events for word in (f'--on-{event}', command)]

    def events(self):
        """What was told, a dict an event."""
        if not os.path.exists(self.told):
            return []
        return [{name.removeprefix('FOLDERSYNC_RESULT_'): value for name, value in
                 (one.split('=', 1) for one in text.split('\0') if one)}
                for text in trees.read(self.told).decode('utf-8', 'surrogateescape').split('END')[:-1]]

    ALL = ('start', 'success', 'failure')

    def test_they_are_told_what_the_attempt_was_and_what_came_of_it(self):
        self.sync('run', *self.hooks(*self.ALL))
        start, success = self.events()
        self.assertEqual(('start', 'run', self.source, self.replica, ''),
                         tuple(start[name] for name in ('EVENT', 'COMMAND', 'SOURCE', 'REPLICA', 'JOB')))
        self.assertNotIn('EXIT', start)
        self.assertEqual(('success', '0', '1', '1', '1', '0'),
                         tuple(success[name] for name in ('EVENT', 'EXIT', 'CREATE', 'UPDATE', 'DELETE', 'ERRORS')))
        self.assertRegex(success['SUMMARY'], '^done: create 1, update 1, delete 1')
        self.assertEqual(start['STARTED'], success['STARTED'])
        self.assertGreaterEqual(float(success['SECONDS']), 0)

    def test_also_where_nothing_was_planned_and_for_a_plan_that_is_applied(self):
        missing = self.at("it's\nmissing")
        self.execute('run', '-s', missing, '-r', self.replica, *self.hooks(*self.ALL), expect=REFUSED)
        _, failure = self.events()
        self.assertEqual(('failure', '5', missing), tuple(failure[name] for name in ('EVENT', 'EXIT', 'SOURCE')))
        self.assertIn('does not exist', failure['ERROR'])
        os.unlink(self.told)
        self.execute('run', '-s', self.source, '-r', self.source, *self.hooks(*self.ALL), expect=REFUSED)
        self.assertEqual(['failure'], [one['EVENT'] for one in self.events()])
        os.unlink(self.told)
        self.sync('plan', '-o', self.at('plan'))
        self.execute('apply', self.at('plan'), *self.hooks(*self.ALL), expect=DONE)
        start, success = self.events()
        self.assertEqual(('apply', ''), (start['COMMAND'], start['SOURCE']))
        self.assertEqual((self.source, '1'), (success['SOURCE'], success['CREATE']))

    def test_one_that_fails_before_the_start_refuses_the_run(self):
        with self.untouched(self.replica):
            said = self.sync('run', '--on-start', 'exit 7', *self.hooks('success', 'failure'), expect=REFUSED)
        self.assertIn('--on-start: its command ended with exit code 7', said.err)
        self.assertIn('exit code 7', self.log_text())
        failure, = self.events()
        self.assertEqual(('failure', '5'), (failure['EVENT'], failure['EXIT']))
        with self.untouched(self.replica):
            self.sync('run', '--on-start', 'kill -9 $$', expect=REFUSED)
            self.sync('plan', '-o', self.at('plan'))
            self.execute('apply', self.at('plan'), '--on-start', 'false', expect=REFUSED)

    def test_one_that_fails_at_the_end_is_told_and_all_is_not_well(self):
        said = self.sync('run', '--on-success', 'no-such-program', expect=PARTIAL).err
        self.assertIn('--on-success: its command ended with exit code 127', said)
        self.assert_mirrored()
        self.sync('run', '--on-failure', 'false', '--on-start', 'false', expect=REFUSED)

    def test_a_dry_run_runs_none(self):
        self.sync('run', '--dry-run', *self.hooks(*self.ALL))
        self.sync('run', '--dry-run', '--on-start', 'false')
        self.assertEqual([], self.events())

    def test_each_cycle_of_a_loop_has_its_own(self):
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.01',
                             *self.hooks(*self.ALL))
        self.wait_until(lambda: len(self.events()) >= 6, 'three cycles are told')
        self.assertIn(self.stop(process), (DONE, 128 + signal.SIGTERM))
        events = [one['EVENT'] for one in self.events()]
        self.assertEqual(['start', 'success'] * 3, events[:6])

    def test_after_a_stop_the_last_one_is_run(self):
        stop = 'read -r _ _ _ main _ </proc/$PPID/stat; kill -TERM $main'
        self.sync('run', '--on-start', stop, *self.hooks('success', 'failure'), expect=128 + signal.SIGTERM)
        failure, = self.events()
        self.assertEqual('143', failure['EXIT'])

    def test_it_has_what_the_program_was_started_with(self):
        told = self.at('surroundings')
        self.sync('run', '--on-success',
                  f'(umask; pwd; cat; grep -E "^(CapEff|NoNewPrivs|SigIgn|SigBlk)" /proc/self/status) >"{told}"; '
                  'echo shown; echo wrong >&2', umask=0o027)
        here = [line for line in trees.read('/proc/self/status').decode().splitlines()
                if line.startswith(('CapEff', 'NoNewPrivs'))]
        lines = trees.read(told).decode().splitlines()
        self.assertEqual(['0027', self.cwd], lines[:2])
        for line in here:
            self.assertIn(line, lines)
        own_of_the_library = 3 << 31  # signals 32 and 33
        for mask in re.findall(r'Sig(?:Ign|Blk):\t(\w+)', '\n'.join(lines)):
            self.assertEqual(0, int(mask, 16) & ~own_of_the_library)

    def test_its_lines_are_on_standard_error(self):
        done = self.sync('run', '--on-success', 'echo shown; echo wrong >&2')
        self.assertNotIn('shown', done.out)
        self.assertIn('shown\nwrong\n', done.err)

    def test_a_command_that_is_none_is_wrong_usage(self):
        self.sync('run', '--on-start', '', expect=USAGE)

    def test_the_process_that_mirrors_can_start_none(self):
        """Who takes it over would have all rights by that."""
        def links(pid):
            folder = f'/proc/{pid}/fd'
            return [os.readlink(f'{folder}/{fd}') for fd in os.listdir(folder)]
        def workers():
            return [pid for pid in self.children_of(process.pid) if self.replica in links(pid)]
        replica = os.open(self.replica, os.O_RDONLY)
        self.addCleanup(os.close, replica)
        fcntl.flock(replica, fcntl.LOCK_EX)
        for loop in ((), ('-i', '600')):
            process = self.start('run', '-s', self.source, '-r', self.replica, '--lock-wait', '600',
                                 '--on-success', 'true', *loop)
            self.wait_until(workers, 'it waits for the lock')
            worker, = workers()
            self.assertEqual([], [link for link in links(worker) if link.startswith('socket:')])
            self.stop(process)


if __name__ == '__main__':
    unittest.main()
