"""Before a command looks at what others wrote, it gives up to write elsewhere."""
import json
import os
import signal

from tests.support import trees
from tests.support.program import DONE, as_root, with_mounts
from tests.support.terminal import TerminalTest
from tests.sweep.call_rules import is_changing
from tests.sweep.sweep import KILLED, StoppedTest

QUESTION = 'Apply this plan? y, n or view: '
CONFINE = 'landlock_restrict_self'
REFUSAL = 'could write elsewhere'


def landlock_works():
    """Whether a run on this machine confines itself, as far as it can be known from here."""
    import ctypes
    return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 2


def end(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


class ConfinementBase(StoppedTest):
    def setUp(self):
        super().setUp()
        if not landlock_works():
            self.skipTest('this kernel has no Landlock of version 2')
        self.given({'a': 'x', 'd': {'b': 'x'}}, {'gone': 'x', 'a': 'old'})
        self.backups = self.at('backups')
        self.pair = ('-s', self.source, '-r', self.replica)


class ConfinementTest(ConfinementBase):
    def traced(self, *args, expect=DONE):
        trace = self.at('trace')
        wrapper = self.stopper('--from', self.top, '--trace', trace)
        self.execute(*args, wrapper=wrapper, expect=expect, source_may_change=True)
        with open(trace, encoding='ascii') as lines:
            return [json.loads(line) for line in lines]

    def below(self, call, folder):
        places = list(zip(call.get('names', ()), call.get('dirs', ())))
        paths = [os.path.normpath(os.path.join(directory or self.cwd, name or ''))
                 for name, directory in places] + [file for file in call.get('files', ()) if file]
        return any(path.startswith(folder) for path in paths)

    def assert_confined_before_changes(self, calls, folder):
        names = [call['call'] for call in calls]
        self.assertEqual(1, names.count(CONFINE), 'one process, once')
        before = calls[:names.index(CONFINE)]
        changes = [call for call in before if is_changing(call) and self.below(call, folder)]
        self.assertEqual([], changes)

    def test_before_the_first_change(self):
        calls = self.traced('run', *self.pair, '--backup-dir', self.backups)
        self.assert_confined_before_changes(calls, self.replica)
        self.assert_mirrored()
        undo = os.path.join(self.backups, os.listdir(self.backups)[0], 'undo.json')
        calls = self.traced('apply', undo, '-r', self.replica)
        self.assert_confined_before_changes(calls, self.replica)
        self.assertEqual(b'old', self.content('a'))

    def test_where_the_replica_is_yet_to_be_made(self):
        trees.remove(self.replica)
        calls = self.traced('run', *self.pair)
        self.assertEqual(1, [call['call'] for call in calls].count(CONFINE))
        self.assert_mirrored()

    def test_before_what_a_killed_run_left_comes_to_rest(self):
        for command in (('recover', '-r', self.replica), ('run', *self.pair)):
            with self.subTest(command=command[0]):
                trees.write(self.in_source('a'), command[0])
                wrapper = self.stopper('--only', 'renameat2', '--kill-after', '1')
                self.sync('run', wrapper=wrapper, expect=KILLED, source_may_change=True)
                self.assert_confined_before_changes(self.traced(*command), self.replica)

    def test_who_only_looks_is_confined_too(self):
        out = self.at('out')
        os.mkdir(out)
        for command in (
                ('run', *self.pair, '--dry-run'), ('plan', *self.pair),
                ('plan', *self.pair, '-o', os.path.join(out, 'plan')),
                ('plan', *self.pair, '-o', os.path.join(out, 'plan')), ('scan', '-s', self.source),
                ('scan', '-s', self.source, '-o', os.path.join(out, 'scan')),
                ('verify', '-s', self.source),
                ('scan', '-s', self.source, '--md5', '-o', '/dev/null')):
            with self.subTest(command), self.untouched():
                calls = self.traced(*command)
                self.assertEqual(1, [call['call'] for call in calls].count(CONFINE))
        self.assertEqual(['plan', 'scan'], sorted(os.listdir(out)))

    def test_a_loop_has_more_cycles_than_a_process_can_be_confined(self):
        # At the 20th, the loop is told to stop, and stops that cycle.
        wrapper = self.stopper('--only', CONFINE, '--signal', '20=TERM')
        self.execute('run', *self.pair, '-i', '0.01', wrapper=wrapper, expect=143)
        self.assertEqual(20, self.calls_seen())
        self.assertNotIn(REFUSAL, self.log_text())
        self.assert_mirrored()

    def test_a_kernel_without_is_no_obstacle_and_not_worth_a_word(self):
        for errno in ('ENOSYS', 'EOPNOTSUPP', 'EPERM'):
            with self.subTest(errno):
                trees.write(self.in_source('a'), errno)
                wrapper = self.stopper('--only', 'landlock_create_ruleset', '--fail', f'1={errno}')
                said = self.sync('run', wrapper=wrapper, source_may_change=True)
                self.assertEqual('', said.err)
                self.assert_mirrored()

    def test_a_refusal_is_told_and_no_obstacle(self):
        for call, number in (('landlock_create_ruleset', 2), ('landlock_add_rule', 1),
                             (CONFINE, 1)):
            with self.subTest(call):
                trees.write(self.in_source('a'), call)
                wrapper = self.stopper('--only', call, '--fail', f'{number}=E2BIG')
                said = self.sync('run', wrapper=wrapper, source_may_change=True)
                self.assertIn(REFUSAL, said.err)
                self.assert_mirrored()

    def test_a_loop_tells_of_a_refusal_once(self):
        wrapper = self.stopper('--only', CONFINE, '--fail-from', '1=E2BIG')
        loop = self.start('run', *self.pair, '-i', '0.01', wrapper=wrapper)
        self.wait_until(lambda: self.log_text().count(' INFO done: ') >= 3, 'three cycles are over')
        os.kill(self.children_of(loop.pid)[0], signal.SIGTERM)
        self.assertIn(loop.wait(), (DONE, 143))
        self.assertEqual(1, self.log_text().count(REFUSAL))

    def traced_without_a_refusal(self, *options):
        calls = self.traced('run', *self.pair, *options)
        self.assert_confined_before_changes(calls, self.replica)
        self.assertNotIn(REFUSAL, self.log_text())

    @as_root
    @with_mounts
    def test_a_backup_on_another_file_system_is_kept(self):
        self.mount('-t', 'tmpfs', 'tmpfs', self.backups)
        self.traced_without_a_refusal('--backup-dir', self.backups)
        self.assert_mirrored()
        kept, = os.listdir(self.backups)
        self.execute('apply', os.path.join(self.backups, kept, 'undo.json'), '-r', self.replica)
        self.assertEqual((b'old', b'x'), (self.content('a'), self.content('gone')))

    def test_the_backup_of_a_killed_run_is_finished_by_whoever_comes_next(self):
        for command in (('recover', '-r', self.replica), ('run', *self.pair)):
            with self.subTest(command=command[0]):
                trees.write(self.in_source('a'), 'new for ' + command[0])
                backups = self.at('backups of ' + command[0])
                os.mkdir(backups, 0o700)
                wrapper = self.stopper('--only', 'renameat2', '--kill-after', '1')
                self.sync('run', '--backup-dir', backups, wrapper=wrapper, expect=KILLED,
                          source_may_change=True)
                self.traced(*command)
                kept, = os.listdir(backups)
                self.assertIn('undo.json', os.listdir(os.path.join(backups, kept)))

    @as_root
    @with_mounts
    def test_what_is_mounted_in_the_replica_is_written(self):
        os.mkdir(self.in_replica('d'))
        self.mount('-t', 'tmpfs', 'tmpfs', self.in_replica('d'))
        trees.write(self.in_replica('d', 'goes'), 'x')
        self.traced_without_a_refusal('--cross-mounts')
        self.assertEqual(b'x', self.content('d', 'b'))
        self.assertEqual(['b'], os.listdir(self.in_replica('d')))


class ConfirmTest(ConfinementBase, TerminalTest):
    """What a person asks for is started by a process that is not confined."""

    def asked(self, *options):
        self.trace = self.at('trace')
        terminal = self.at_terminal('run', *self.pair, '--confirm', *options, env={
            'PAGER': f'cat >{self.at("paged")}'},
            wrapper=self.stopper('--from', self.top, '--trace', self.trace))
        terminal.read_until(QUESTION)
        return terminal

    def confined(self):
        return CONFINE in trees.read(self.trace).decode()

    def answer_yes(self, terminal):
        terminal.type('y\n')
        self.assertEqual(DONE, terminal.end(), terminal.text)
        self.assertTrue(self.confined())
        self.assert_mirrored()

    def test_the_pager_writes_where_it_likes(self):
        terminal = self.asked()
        self.assertTrue(self.confined())
        terminal.type('view\n')
        terminal.read_until(QUESTION)
        self.assertIn('create d/b', trees.read(self.at('paged')).decode())
        self.answer_yes(terminal)

    def test_a_signal_ends_it_while_the_pager_is_open(self):
        terminal = self.at_terminal('run', *self.pair, '--confirm', env={
            # What the end of the terminal does to it does not count.
            'PAGER': f'trap "" HUP; echo $$ >{self.at("pager")}; exec sleep 1000'})
        terminal.read_until(QUESTION)
        terminal.type('view\n')
        self.wait_until(lambda: os.path.exists(self.at('pager')) and trees.read(self.at('pager')),
                        'the pager is open')
        pager = int(trees.read(self.at('pager')))
        self.addCleanup(end, pager)
        os.kill(terminal.process.pid, signal.SIGTERM)
        self.assertEqual(143, terminal.end(), terminal.text)
        self.wait_until(lambda: not os.path.exists(f'/proc/{pager}'), 'the pager has ended')
        self.assertEqual(b'old', self.content('a'))

    def test_folders_that_are_made_after_the_answer_are_written(self):
        for old in (self.replica, None):
            with self.subTest(old=old):
                if old:
                    trees.remove(old)
                else:
                    trees.write(self.in_source('a'), 'newer')
                    trees.remove(self.backups)
                terminal = self.asked('--backup-dir', self.backups)
                self.assertFalse(self.confined())
                self.answer_yes(terminal)
