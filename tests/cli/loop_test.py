"""`run -i`: cycles, signals, and a log that may be moved away."""
import fcntl
import os
import resource
import shutil
import signal
import subprocess
import time
import unittest

from tests.support import trees
from tests.support.program import DONE, REFUSED, USAGE, ProgramTest, as_root

QUICK, SLOW = '0.1', '100000'
STOPPED = (DONE, 128 + signal.SIGTERM)  # between cycles, or inside one


class LoopTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'first'})

    def start_loop(self, interval, *options, **others):
        return self.start('run', '-s', self.source, '-r', self.replica, '-i', interval, *options,
                          **others)

    def wait_until_mirrored(self):
        def mirrored():
            try:
                return os.path.isdir(self.replica) and not self.differences()
            except OSError:
                return False  # it changed while we looked
        self.wait_until(mirrored, 'the replica is exact')

    def lock_is_free(self):
        fd = os.open(self.replica, os.O_RDONLY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            os.close(fd)

    def wait_until_asleep(self, process):
        """The cycle is over: the lock is free and no thread is running, several times in a row."""
        quiet = []

        def asleep():
            states = [trees.read(f'/proc/{process.pid}/task/{task}/stat').rsplit(b')', 1)[1][1:2]
                      for task in os.listdir(f'/proc/{process.pid}/task')]
            quiet.append(self.lock_is_free() and set(states) == {b'S'})
            return len(quiet) >= 10 and all(quiet[-10:])
        self.wait_until(asleep, 'the program sleeps')

    def wait_for_sleeps(self, process, count):
        def sleeps():
            status = trees.read(f'/proc/{process.pid}/status').decode()
            return int(status.split('\nvoluntary_ctxt_switches:')[1].split()[0])
        before = sleeps()
        self.wait_until(lambda: sleeps() >= before + count, 'some cycles are over')

    def test_changes_are_mirrored_in_later_cycles(self):
        process = self.start_loop(QUICK)
        self.wait_until_mirrored()
        for number in range(3):
            trees.write(self.in_source('a'), f'change {number}')
            trees.build(self.in_source(), {f'new {number}': {'x': 'x'}})
            self.wait_until_mirrored()
        self.assertIsNone(process.poll())
        self.assertIn(self.stop(process), STOPPED)

    def test_a_stop_between_cycles_ends_with_0(self):
        for ending in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=ending.name):
                process = self.start_loop(SLOW)
                self.wait_until_mirrored()
                self.wait_until_asleep(process)
                self.assertEqual(DONE, self.stop(process, ending))

    def test_the_first_cycle_starts_at_once(self):
        process = self.start_loop(SLOW)
        self.wait_until_mirrored()
        self.assertIn(self.stop(process), STOPPED)

    def test_time_in_suspend_counts(self):
        process = self.start_loop(SLOW)
        clock, left = self.wait_for_timer(process.pid)
        self.assertEqual(time.CLOCK_BOOTTIME, clock)
        self.assertTrue(0 < left <= int(SLOW), left)
        self.stop(process)

    @as_root
    def test_no_other_clock_is_mixed_up_with_that_of_suspended_machines(self):
        process = self.start_loop(SLOW, wrapper=('unshare', '--time', '--fork', '--kill-child',
                                                 '--boottime', '50000000'))
        self.wait_until_mirrored()
        loop, = self.children_of(process.pid)
        _, left = self.wait_for_timer(loop)
        self.assertTrue(0 < left <= int(SLOW), left)

    def test_hangup_reopens_the_log(self):
        log = self.at('sync.log')
        process = self.start_loop(SLOW, '-l', log)
        self.wait_until_mirrored()
        self.wait_until_asleep(process)
        os.rename(log, log + '.1')
        process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: os.path.exists(log), 'the log is opened again')
        self.assertIsNone(process.poll())
        self.assertIn(self.stop(process), STOPPED)
        for path in (log, log + '.1'):
            self.assert_log_is_clean(path)

    def test_a_log_that_was_moved_away_is_opened_again_in_the_next_cycle(self):
        log = self.at('sync.log')
        process = self.start_loop(QUICK, '-l', log)
        self.wait_until_mirrored()
        os.rename(log, log + '.1')
        trees.write(self.in_source('written later'), 'x')
        self.wait_until(lambda: 'written later' in self.log_text(log), 'the new log has the line')
        self.assertIn(self.stop(process), STOPPED)

    def test_a_source_that_is_missing_for_a_while_does_not_end_the_loop(self):
        process = self.start_loop(QUICK)
        self.wait_until_mirrored()
        os.rename(self.source, self.at('away'))
        self.wait_until(lambda: ' ERROR ' in self.log_text() or ' WARN ' in self.log_text(),
                        'the missing source is logged')
        with self.untouched():
            os.rename(self.at('away'), self.source)
        trees.write(self.in_source('a'), 'back again')
        self.wait_until_mirrored()
        self.assertIsNone(process.poll())
        self.assertIn(self.stop(process), STOPPED)

    def test_a_lock_that_is_held_for_a_while_does_not_end_the_loop(self):
        process = self.start_loop(QUICK)
        self.wait_until_mirrored()
        with self.lock_held():
            trees.write(self.in_source('a'), 'while locked')
            self.wait_until(lambda: ' ERROR ' in self.log_text() or ' WARN ' in self.log_text(),
                            'the held lock is logged')
            self.assertEqual(b'first', self.content('a'))
        self.wait_until_mirrored()
        self.assertIn(self.stop(process), STOPPED)

    def test_a_tripped_limit_does_not_end_the_loop(self):
        trees.build(self.source, {'b': 'x', 'c': 'x'})
        process = self.start_loop(QUICK, '--max-delete', '1')
        self.wait_until_mirrored()
        for name in 'abc':
            os.rename(self.in_source(name), self.at(f'{name} aside'))
        self.wait_until(lambda: 'max-delete' in self.log_text(), 'the limit is logged')
        self.assertEqual(['a', 'b', 'c'], self.replica_paths())
        for name in 'abc':
            shutil.move(self.at(f'{name} aside'), self.in_source(name))
        self.wait_until_mirrored()
        self.assertIn(self.stop(process), STOPPED)

    def test_equal_and_nested_roots_end_a_loop_at_the_start(self):
        for replica in (self.source, self.in_source('new')):
            self.execute('run', '-s', self.source, '-r', replica, '-i', QUICK, expect=REFUSED)

    def test_quiet_cycles_write_nothing_to_the_replica(self):
        process = self.start_loop(QUICK)
        self.wait_until_mirrored()
        self.wait_for_sleeps(process, 3)
        with self.untouched():
            self.wait_for_sleeps(process, 10)
        self.assertIn(self.stop(process), STOPPED)


class IntervalTest(ProgramTest):
    def test_intervals_that_are_none_are_wrong_usage(self):
        self.given({'a': 'x'})
        for interval in ('0', '-1', 'nan', 'inf', '1e300', '5x', '', ' ', '0x10', '31536001', '1,5',
                         '--1', '1 2', '0.0', '-0'):
            with self.subTest(interval=interval):
                self.sync('run', '-i', interval, expect=USAGE)
                self.assertFalse(os.path.exists(self.replica))

    def test_a_missing_interval_is_wrong_usage(self):
        self.given({'a': 'x'})
        self.sync('run', '-i', expect=USAGE)

    def test_intervals_up_to_a_year_are_accepted(self):
        self.given({'a': 'x'})
        for interval in ('31536000', '0.25', '1', '3600.5'):
            with self.subTest(interval=interval):
                process = self.start('run', '-s', self.source, '-r', self.replica, '-i', interval)
                self.wait_until(lambda: os.path.exists(self.in_replica('a')), 'it is mirrored')
                self.assertIn(self.stop(process), STOPPED)
                trees.remove(self.replica)
                trees.remove(self.state)
                os.mkdir(self.state)


class FullLogTest(ProgramTest):
    def test_a_log_that_takes_nothing_is_told_once_until_it_takes_something_again(self):
        self.given({'a': 'x'})
        log, said = self.at('log'), self.at('said')
        self.mirror()
        with open(log, 'w', encoding='ascii') as out:
            out.truncate(4_000_000)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, resource.RLIM_INFINITY))
        with open(said, 'wb') as out:
            loop = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.01', '-l', log,
                              stderr=out, preexec_fn=limit, stdout=subprocess.PIPE)
            lines = iter(loop.stdout.readline, b'')

            def wait_for_cycles(count):
                while count > 0:
                    count -= b' INFO done: ' in next(lines)

            def told():
                return trees.read(said).count(b"the log file can't be written")
            wait_for_cycles(4)
            self.assertEqual(1, told())
            os.truncate(log, 0)
            wait_for_cycles(4)
            self.assertEqual(1, told())
            self.assertIn(b' INFO done: ', trees.read(log))
            os.truncate(log, 4_000_000)
            self.wait_until(lambda: told() == 2, 'it is told anew')
            wait_for_cycles(4)
            self.assertEqual(2, told())
            loop.terminate()
            loop.stdout.read()
            self.assertIn(loop.wait(), (DONE, 143))


if __name__ == '__main__':
    unittest.main()
