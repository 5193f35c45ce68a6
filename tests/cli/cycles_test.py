"""Each cycle of a loop is a process of its own: what ends it, and what it finds."""
import os
import signal
import subprocess
import unittest

from tests.support import report as reports, trees
from tests.support.program import DONE, ProgramTest, as_root, with_mounts

QUICK = '0.05'
STOPPED = (DONE, 128 + signal.SIGTERM)
LARGE = 'x' * (8 << 20)


class CyclesTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'first'})

    def start_loop(self, *options, **others):
        return self.start('run', '-s', self.source, '-r', self.replica, '-i', QUICK, *options,
                          **others)

    def cycles(self):
        return self.log_text().count(' INFO done: ')

    def wait_for_cycles(self, count):
        more = self.cycles() + count
        self.wait_until(lambda: self.cycles() >= more, f'{count} more cycles are over')

    def wait_until_it_holds(self, name, content):
        def holds():
            try:
                return self.content(name) == content
            except OSError:
                return False
        self.wait_until(holds, f'{name} is mirrored')

    def in_the_middle(self, *options, **others):
        """A loop, and the process of its cycle, which copies slowly."""
        trees.write(self.in_source('large'), LARGE)
        loop = self.start_loop('--bwlimit', '64K', *options, **others)
        self.wait_until(lambda: self.copying(loop), 'the copy is begun')
        return loop, self.copying(loop)[0]

    def copying(self, loop):
        """The processes of the loop that have the large file open."""
        return [child for child in self.children_of(loop.pid)
                if self.in_source('large') in self.files_of(child)]

    @staticmethod
    def files_of(process):
        folder = f'/proc/{process}/fd'
        try:
            return [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)]
        except OSError:
            return []  # it closed one meanwhile, or has ended


class EndsTest(CyclesTest):
    def test_a_cycle_that_is_killed_is_told_and_the_loop_goes_on(self):
        report = self.at('report')
        loop, cycle = self.in_the_middle('--report', report)
        os.kill(cycle, signal.SIGKILL)
        self.wait_until(lambda: 'ended by signal 9' in self.log_text(), 'it is told')
        trees.write(self.in_source('large'), 'small')
        self.wait_until_it_holds('large', b'small')
        self.assertIn(self.stop(loop), STOPPED)
        lines, rest = reports.parse(trees.read(report).decode())
        self.assertEqual('', rest)
        self.assertIn(1, [line['exit_code'] for line in lines if line['event'] == 'summary'])

    def test_told_to_stop_the_loop_stops_its_cycle(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                loop, cycle = self.in_the_middle()
                self.assertEqual(128 + number, self.stop(loop, number))
                self.assertFalse(os.path.exists(f'/proc/{cycle}'))

    def test_a_signal_to_the_group_stops_once(self):
        loop, _ = self.in_the_middle(start_new_session=True)
        os.killpg(loop.pid, signal.SIGINT)
        self.assertEqual(128 + signal.SIGINT, loop.wait())
        self.assertEqual(1, self.log_text().count('stopped, run it again'))

    def test_hangup_of_the_group_reopens_the_log_and_stops_nothing(self):
        log = self.at('log')
        loop = self.start_loop('-l', log, start_new_session=True)
        self.wait_until_it_holds('a', b'first')
        os.rename(log, log + '.1')
        os.killpg(loop.pid, signal.SIGHUP)
        self.wait_until(lambda: ' INFO done: ' in self.log_text(log), 'the new log has a line')
        self.assertIsNone(loop.poll())
        self.assertIn(self.stop(loop), STOPPED)

    def test_no_cycle_outlives_its_loop(self):
        loop, cycle = self.in_the_middle()
        loop.kill()
        self.wait_until(lambda: not os.path.exists(f'/proc/{cycle}'), 'the cycle has ended')
        trees.write(self.in_source('large'), 'small')
        self.mirror()


class FoldersTest(CyclesTest):
    """A cycle finds the folders that are there, whatever the earlier ones were restricted to."""

    def test_many_cycles_are_as_good_as_the_first(self):
        loop = self.start_loop()
        self.wait_for_cycles(20)
        trees.write(self.in_source('a'), 'last')
        self.wait_until_it_holds('a', b'last')
        self.assertNotIn(' WARN ', self.log_text())
        self.assertIn(self.stop(loop), STOPPED)

    def test_a_replica_that_is_exchanged_or_made_anew_is_written(self):
        loop = self.start_loop('--new-replica')
        self.wait_until_it_holds('a', b'first')
        os.rename(self.replica, self.at('old'))
        os.mkdir(self.replica)
        self.wait_until_it_holds('a', b'first')
        os.rename(self.replica, self.at('older'))
        self.wait_until_it_holds('a', b'first')
        self.assertIn(self.stop(loop), STOPPED)

    @as_root
    @with_mounts
    def test_a_replica_that_is_unmounted_and_mounted_again_is_written(self):
        self.mount_image(self.replica, 'mkfs.ext4', '-q')
        loop = self.start_loop()
        self.wait_until_it_holds('a', b'first')

        def unmounted():
            # A cycle may be at work in it.
            return subprocess.run(['umount', self.replica], check=False,
                                  capture_output=True).returncode == 0
        self.wait_until(unmounted, 'it is unmounted')
        trees.write(self.in_source('a'), 'second')
        self.wait_until(lambda: ' ERROR ' in self.log_text(), 'the missing disk is told')
        self.assertEqual([], os.listdir(self.replica))
        self.mount('-o', 'loop', f'{self.replica}.img', self.replica)
        self.wait_until_it_holds('a', b'second')
        self.assertIn(self.stop(loop), STOPPED)

    def test_the_state_folder_that_is_made_anew_is_written(self):
        loop = self.start_loop()
        self.wait_until_it_holds('a', b'first')
        os.rename(self.state, self.at('old state'))
        self.wait_for_cycles(3)
        self.assertIn('memory.db', os.listdir(os.path.join(self.state, 'foldersync')))
        self.assertIn(self.stop(loop), STOPPED)


if __name__ == '__main__':
    unittest.main()
