"""What a loop tells the service manager (systemd) that has started it."""
import os
import re
import signal
import unittest

from tests.support import trees
from tests.support.program import DONE, ProgramTest
from tests.support.service_manager import ServiceManager

QUICK, SLOW = '0.3', '100000'  # a cycle has to end before the next one is due
TIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'
NEXT = f'; the next cycle begins at {TIME}'
RELOADING = r'RELOADING=1\nMONOTONIC_USEC=\d+'
STOPPED = (DONE, 128 + signal.SIGTERM)


class ServiceTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.manager = ServiceManager(self.at('notify'))
        self.addCleanup(self.manager.close)

    def start_loop(self, interval, *options, **environment):
        return self.start('run', '-s', self.source, '-r', self.replica, '-i', interval, *options,
                          env={**self.manager.environment, **environment})

    def start_slow_cycle(self, **environment):
        """The loop, the process of its cycle, which copies for ever, and where messages are."""
        self.given({'large': b'x' * 3_000_000})
        loop = self.start_loop(SLOW, '--bwlimit', '20000', **environment)
        heard = self.manager.wait_for(r'STATUS=applying, \d+ %: [01] of 2 actions, .*')
        return loop, self.children_of(loop.pid)[0], heard

    def statuses(self):
        return [message for message in self.manager.hear() if message.startswith('STATUS=')]

    def test_it_is_ready_then_works_then_waits_and_stops(self):
        self.given({'a': 'x'})
        loop = self.start_loop(SLOW)
        done = r'STATUS=done: create 1, finish 1, write 1 B, \d\.\d\d s' + NEXT
        self.manager.wait_for(done)
        self.assertIn(self.stop(loop), STOPPED)
        messages = self.manager.hear()
        self.assertEqual('READY=1', messages[0])
        # How far a cycle is, is told as often as somebody looks.
        self.assertRegex(messages[1], r'STATUS=(comparing|applying|done)')
        self.assertEqual(['STOPPING=1', 'STATUS=stopping'], messages[-2:])
        self.assertEqual({loop.pid}, set(self.manager.senders))
        self.assertFalse([message for message in messages if 'WATCHDOG' in message])

    def test_a_single_run_is_ready(self):
        self.given({'a': 'x'})
        self.sync('run', env=self.manager.environment)
        self.assertEqual(['READY=1'], self.manager.hear())

    def test_it_is_not_ready_where_nothing_can_ever_work(self):
        self.given({'a': 'x'})
        self.sync('run', '-i', 'never', expect=64, env=self.manager.environment)
        self.execute('run', '-s', self.source, '-r', self.source, '-i', SLOW, expect=5,
                     env=self.manager.environment)
        self.assertEqual([], self.manager.hear())

    def test_cycles_that_fail_are_counted_until_one_does_not(self):
        self.given({'a': 'x'})
        loop = self.start_loop(QUICK)
        self.manager.wait_for('STATUS=done: .*' + NEXT)
        os.rename(self.source, self.at('away'))
        first = self.manager.wait_for(
            rf'STATUS=the last cycle failed at ({TIME}): [^;]*\(5\): .*source.*' + NEXT)
        since = re.search(TIME, self.manager.messages[first - 1])[0]
        many = rf'cycles in a row failed since {since}, the last: [^;]*\(5\): .*source'
        third = self.manager.wait_for(f'STATUS=3 {many}.*{NEXT}', first)
        self.manager.wait_for(f'STATUS=comparing; [3-9] {many}.*', first)
        os.rename(self.at('away'), self.source)
        good = self.manager.wait_for('STATUS=done: unchanged 1.*', third)
        self.manager.wait_for('STATUS=comparing', good)
        self.assertIn(self.stop(loop), STOPPED)

    def test_a_cycle_that_is_killed_has_failed(self):
        loop, cycle, heard = self.start_slow_cycle()
        os.kill(cycle, signal.SIGKILL)
        self.manager.wait_for(r'STATUS=the last cycle failed at .*\(1\): .*signal 9.*', heard)
        self.assertIn(self.stop(loop), STOPPED)

    def test_hangup_is_a_reload(self):
        self.given({'a': 'x'})
        log = self.at('log')
        loop = self.start_loop(SLOW, '-l', log)
        heard = self.manager.wait_for('STATUS=done: .*')
        os.rename(log, log + '.1')
        loop.send_signal(signal.SIGHUP)
        heard = self.manager.wait_for(RELOADING, heard)
        self.manager.wait_for('READY=1', heard)
        self.assertTrue(os.path.exists(log))
        self.assertIn(self.stop(loop), STOPPED)

    def test_a_hangup_is_answered_in_the_middle_of_a_cycle(self):
        loop, _, heard = self.start_slow_cycle()
        os.rename(self.log, self.log + '.1')
        loop.send_signal(signal.SIGHUP)
        heard = self.manager.wait_for('READY=1', self.manager.wait_for(RELOADING, heard))
        self.assertTrue(os.path.exists(self.log))
        loop.terminate()
        self.manager.wait_for('STOPPING=1', heard)
        self.assertEqual(143, loop.wait())
        self.assertIn('stopped', self.log_text(self.log + '.1'))

    def test_a_cycle_that_waits_for_the_system_is_told_and_not_vouched_for(self):
        loop, cycle, _ = self.start_slow_cycle(WATCHDOG_USEC='400000')
        self.manager.wait_for('WATCHDOG=1', len(self.manager.hear()))
        os.kill(cycle, signal.SIGSTOP)
        waiting = self.manager.wait_for(f'STATUS=waiting for the system since {TIME}: applying.*')
        status = self.manager.messages[waiting - 1]
        # With each hangup the loop looks at its cycle, too.
        end = waiting
        for _ in range(3):
            loop.send_signal(signal.SIGHUP)
            end = self.manager.wait_for('READY=1', self.manager.wait_for(RELOADING, end))
        self.assertNotIn('WATCHDOG=1', self.manager.messages[waiting:end], status)
        os.kill(cycle, signal.SIGCONT)
        self.manager.wait_for('WATCHDOG=1', end)
        self.manager.wait_for('STATUS=applying, .*', end)
        self.assertIn(self.stop(loop), STOPPED)

    def test_between_two_cycles_the_loop_vouches_for_itself(self):
        self.given({'a': 'x'})
        loop = self.start_loop(SLOW, WATCHDOG_USEC='200000')
        heard = self.manager.wait_for('STATUS=done: .*')
        for _ in range(3):
            heard = self.manager.wait_for('WATCHDOG=1', heard)
        self.assertEqual(DONE, self.stop(loop))

    def test_a_manager_who_hears_nothing_holds_nothing_up(self):
        self.given({'a': 'x'})
        self.manager.fill()
        loop = self.start_loop(QUICK)
        self.wait_until(lambda: ' INFO done: ' in self.log_text(), 'the first cycle is over')
        trees.write(self.in_source('a'), 'changed')
        self.wait_until(lambda: self.content('a') == b'changed', 'another one, too')
        self.assertIn(self.stop(loop), STOPPED)
        self.assertEqual({'noise'}, set(self.manager.hear()))


if __name__ == '__main__':
    unittest.main()
