"""A command keeps the rights of root that it needs, and what it starts gets no more."""
import signal
import subprocess
import unittest

from tests.support import trees
from tests.support.program import NOBODY, ProgramTest, as_root
from tests.support.terminal import TerminalTest

QUESTION = 'Apply this plan? y, n or view: '
# The numbers of capabilities(7): CHOWN to FSETID, MKNOD, SETFCAP.
OF_FILES = sum(1 << number for number in (0, 1, 2, 3, 4, 27, 31))
SYS_ADMIN = 1 << 21


def rights(text):
    """What /proc/PID/status tells of the rights of a process, by name."""
    lines = dict(line.split(':', 1) for line in text.splitlines() if ':' in line)
    return {name: int(lines[name], 16) for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd',
                                                    'CapAmb', 'NoNewPrivs')}


OURS = rights(trees.read('/proc/self/status').decode())


class PrivilegeTest(ProgramTest):
    def rights_of(self, process):
        return rights(trees.read(f'/proc/{process.pid}/status').decode())

    def of_waiting_run(self, *options, **others):
        """The rights of a run that has mirrored and waits for the next cycle."""
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', '100000',
                             *options, **others)
        self.wait_until(self.mirrored, 'the first cycle is over')
        found = self.rights_of(process)
        self.stop(process)
        return found

    def mirrored(self):
        try:
            return not self.differences()
        except OSError:
            return False

    @as_root
    def test_a_run_of_root_keeps_what_mirroring_needs(self):
        self.given({'a': 'x'})
        kept = (OF_FILES | SYS_ADMIN) & OURS['CapBnd']
        self.assertEqual({'CapInh': 0, 'CapPrm': kept, 'CapEff': kept, 'CapBnd': kept, 'CapAmb': 0,
                          'NoNewPrivs': 1}, self.of_waiting_run('--ionice', 'realtime:7'))

    @as_root
    def test_a_run_of_somebody_else_has_none_and_can_get_none(self):
        self.given({'a': 'x'}, {})
        self.live_as(NOBODY, self.source, self.replica)
        found = self.of_waiting_run(uid=NOBODY)
        self.assertEqual((0, 0, 1), (found['CapPrm'], found['CapEff'], found['NoNewPrivs']))


    @as_root
    def test_who_only_reads_may_not_even_read_attributes_of_root(self):
        self.given({f'{number:03}' + 'x' * 200: '' for number in range(500)})
        kept = OF_FILES & OURS['CapBnd']
        pair = ('-s', self.source, '-r', self.replica)
        for command, expected in ((('scan', '-s', self.source), kept),
                                  (('plan', '--json', *pair), kept),
                                  (('plan', '--json', '--xattrs', *pair), kept | SYS_ADMIN)):
            with self.subTest(command=command):
                # Nobody reads what it says, so that it waits.
                process = self.start(*command, stderr=subprocess.DEVNULL)
                self.wait_until(lambda: self.rights_of(process)['CapPrm'] == expected,
                                'it has what it needs')
                self.assertEqual(expected, self.rights_of(process)['CapBnd'])
                self.stop(process, signal.SIGKILL)


class PagerTest(TerminalTest):
    @as_root
    def test_the_pager_works_and_has_no_more(self):
        self.given({f'{number:03}': 'x' for number in range(100)}, {})
        pager = f'cat /proc/self/status >{self.at("status")}; cat'
        terminal = self.at_terminal('run', '-s', self.source, '-r', self.replica, '--confirm',
                                    rows=20, env={'PAGER': pager})
        terminal.read_until(QUESTION)
        terminal.type('view\n')
        self.assertIn('create 050', terminal.read_until(QUESTION))
        terminal.type('n\n')
        terminal.end()
        found = rights(trees.read(self.at('status')).decode())
        kept = (OF_FILES | SYS_ADMIN) & OURS['CapBnd']
        self.assertEqual((0, kept, 1),
                         (found['CapEff'] & ~kept, found['CapBnd'], found['NoNewPrivs']))


if __name__ == '__main__':
    unittest.main()
