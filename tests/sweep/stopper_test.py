"""The tool does what it says: else the sweeps would prove nothing."""
import json
import os
import subprocess
import sys
import unittest

from tests.sweep.sweep import KILLED, STOPPER, StoppedTest

MKDIR = ('--only', 'mkdir,mkdirat')
THREE_FOLDERS = ('mkdir', 'a', 'b', 'c')
FOLDERS_IN_THREADS = """
import os, threading
threads = [threading.Thread(target=os.mkdir, args=(name,)) for name in 'abc']
for thread in threads:
    thread.start()
    thread.join()
"""


def is_running(process):
    """False of one that has ended, whether or not somebody has asked for its exit code."""
    try:
        with open(f'/proc/{process}/stat', encoding='ascii') as file:
            return file.read().rpartition(')')[2].split()[0] not in 'XZ'
    except FileNotFoundError:
        return False


class StopperTest(StoppedTest):
    def run_stopped(self, options, command):
        """Returns the finished process; its working directory is self.cwd."""
        return subprocess.run([*self.stopper(*options), *command], cwd=self.cwd, check=False,
                              capture_output=True, text=True)

    def folders(self):
        return sorted(os.listdir(self.cwd))

    def test_it_counts_the_calls_and_hands_the_exit_code_on(self):
        self.assertEqual(0, self.run_stopped(MKDIR, THREE_FOLDERS).returncode)
        self.assertEqual(3, self.calls_seen())
        self.assertEqual(['a', 'b', 'c'], self.folders())
        self.assertEqual(1, self.run_stopped(MKDIR, ('mkdir', 'a')).returncode)

    def test_a_kill_before_a_call_prevents_it(self):
        done = self.run_stopped((*MKDIR, '--kill-before', '2'), THREE_FOLDERS)
        self.assertEqual((KILLED, ['a']), (done.returncode, self.folders()))

    def test_a_kill_after_a_call_lets_it_happen_and_nothing_more(self):
        done = self.run_stopped((*MKDIR, '--kill-after', '2'), THREE_FOLDERS)
        self.assertEqual((KILLED, ['a', 'b']), (done.returncode, self.folders()))

    def test_a_kill_ends_every_process_of_the_command(self):
        script = 'sleep 1000 & echo $! >pid; mkdir a; mkdir b'
        done = self.run_stopped((*MKDIR, '--kill-after', '1'), ('sh', '-c', script))
        self.assertEqual((KILLED, ['a', 'pid']), (done.returncode, self.folders()))
        with open(os.path.join(self.cwd, 'pid'), encoding='ascii') as file:
            self.assertFalse(is_running(int(file.read())))

    def test_a_signal_comes_before_the_call_and_the_call_is_executed(self):
        script = 'trap "mkdir trapped; exit 7" TERM; mkdir a; mkdir b'
        done = self.run_stopped((*MKDIR, '--signal', '1=TERM'), ('sh', '-c', script))
        self.assertEqual((7, ['a', 'trapped']), (done.returncode, self.folders()))

    def test_a_call_that_fails_once_is_not_executed_and_the_next_one_is(self):
        done = self.run_stopped((*MKDIR, '--fail', '2=ENOSPC'), THREE_FOLDERS)
        self.assertEqual((1, ['a', 'c']), (done.returncode, self.folders()))
        self.assertIn('No space left on device', done.stderr)

    def test_calls_that_fail_for_good_are_not_executed(self):
        done = self.run_stopped((*MKDIR, '--fail-from', '2=EIO'), THREE_FOLDERS)
        self.assertEqual((1, ['a']), (done.returncode, self.folders()))
        self.assertEqual(2, done.stderr.count('Input/output error'))

    def test_the_calls_of_children_and_threads_count(self):
        self.run_stopped((*MKDIR, '--fail', '2=EIO'), ('sh', '-c', 'mkdir x; mkdir y; mkdir z'))
        self.assertEqual(['x', 'z'], self.folders())
        self.run_stopped((*MKDIR, '--fail', '2=EIO'), (sys.executable, '-c', FOLDERS_IN_THREADS))
        self.assertEqual(['a', 'c', 'x', 'z'], self.folders())

    def test_the_count_can_begin_at_a_path(self):
        words = ('mkdir', self.at('first'), self.at('cwd', 'a'), self.at('cwd', 'b'))
        self.run_stopped((*MKDIR, '--from', self.cwd), words)
        self.assertEqual(2, self.calls_seen())

    def test_the_trace_says_what_is_done_to_which_names(self):
        trace = self.at('trace')
        for words in (('mkdir', 'caf\xe9'), ('ln', '-s', 'to', 'l'), ('ln', 'l', 'm'),
                      ('mv', 'm', 'caf\xe9/n'), ('rm', 'l')):
            self.run_stopped(('--from', '', '--trace', trace), words)
            with open(trace, encoding='ascii') as lines:
                calls = [json.loads(line) for line in lines]
            name = words[-1].encode().decode('latin-1')
            found = [call for call in calls if name in call.get('names', [])
                     and call['call'].startswith(('mkdir', 'symlink', 'link', 'rename', 'unlink'))]
            self.assertTrue(found, f'{words}: {calls}')

    def test_wrong_usage_is_told(self):
        for words in (('--kill-before', '0', '--', 'true'), ('--fail', '1', '--', 'true'),
                      ('--fail', '1=ENONSENSE', '--', 'true'), ('--only', 'nonsense', '--', 'true'),
                      ('--nonsense', '1', '--', 'true'), ('--kill-after', '1'), ()):
            done = subprocess.run([STOPPER, *words], check=False, capture_output=True)
            self.assertEqual(64, done.returncode, words)


if __name__ == '__main__':
    unittest.main()
