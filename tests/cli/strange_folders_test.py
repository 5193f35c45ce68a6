"""What earlier runs saw decides whether most of a folder may go."""
import os
import unittest

from tests.support import trees
from tests.support.program import DONE, REFUSED, ProgramTest, with_mounts
from tests.support.terminal import TerminalTest


def files(count, begin='old'):
    return {f'{begin}-{number:02}': f'{begin} {number}' for number in range(count)}


class StrangeReplicaTest(ProgramTest):
    adopts = False

    def refused(self, *args, commands=('run', 'plan'), **options):
        """Both commands refuse, and the replica stays; what they said."""
        said = ''
        for command in commands:
            with self.untouched():
                said += self.sync(command, *args, expect=REFUSED, **options).err
        return said

    def test_a_first_run_that_would_take_most_of_a_folder_is_refused_and_names_what_would_go(self):
        self.given({'a': 'x'}, {**files(4), 'sub': files(5)})
        said = self.refused()
        self.assertIn('10 of the replica\'s 10 entries', said)
        self.assertIn('old-00', said)
        self.assertIn('--adopt', said)
        self.refused()  # nothing of it is remembered
        self.mirror('--adopt')
        trees.build(self.replica, files(30, 'new'))
        self.mirror()  # its own copy by now

    def test_fewer_than_ten_entries_or_no_more_than_half_go_without_a_word(self):
        self.given({'a': 'x'}, files(9))
        self.mirror()
        trees.remove(self.replica)
        self.replica = self.at('other')
        trees.remove(self.source)
        self.given(files(10, 'kept'), {**files(10, 'kept'), **files(10)})
        self.assertNotIn('adopt', self.mirror().err)

    def test_a_copy_that_another_tool_made_is_adopted_without_a_word_and_moves_are_moves(self):
        tree = files(20)
        self.given({'renamed': tree}, {'before': tree})
        for number in range(20):
            name = f'old-{number:02}'
            trees.set_mtime(self.in_source('renamed', name), 10 ** 18 + number)
            trees.set_mtime(self.in_replica('before', name), 10 ** 18 + number)
        self.assertEqual('', self.mirror().err)

    def test_nothing_is_asked_where_nothing_is_deleted(self):
        self.given({'a': 'x'}, files(20))
        self.sync('run', '--no-delete')
        self.assertEqual(b'old 3', self.content('old-03'))

    def test_what_is_protected_does_not_count(self):
        self.given({'a': 'x'}, {**files(9), 'kept': files(30)})
        self.sync('run', '--exclude', '/kept')
        self.assertEqual(['a', 'kept'], sorted(os.listdir(self.replica)))

    def test_a_plan_has_the_verdict_and_the_option_and_apply_believes_it(self):
        self.given({'a': 'x'}, files(20))
        refused = self.plan(expect=REFUSED)
        guard = {'rule': 'adopt', 'limit': '50%', 'value': {'count': 20, 'of': 20},
                 'verdict': 'refused'}
        self.assertEqual([guard], [g for g in refused['guards'] if g['rule'] == 'adopt'])
        self.assertEqual(['guards.rule=adopt'], refused['ignorable'])
        file = self.plan_file(expect=REFUSED)
        with self.untouched():
            said = self.execute('apply', file, expect=REFUSED).err
        self.assertIn('--adopt', said)
        file = self.plan_file('--adopt')
        self.assertIn('"limit":"100%"', trees.read(file).decode())
        self.execute('apply', file, expect=DONE)
        self.assert_mirrored()

    def test_a_replica_that_apply_has_made_is_known(self):
        self.given({**files(20), 'd': {}}, {})
        self.execute('apply', self.plan_file(), expect=DONE)
        for number in range(15):
            trees.remove(self.in_source(f'old-{number:02}'))
        self.execute('apply', self.plan_file(), expect=DONE)
        self.assert_mirrored()
        for number in range(15, 20):
            trees.remove(self.in_source(f'old-{number:02}'))
        os.mkdir(self.in_source('e'))
        self.sync('plan')  # of fewer than ten entries by now

    def test_a_state_that_cannot_be_used_makes_every_replica_a_strange_one(self):
        self.given(files(20))
        trees.write(self.at('file'), 'x')
        lost = {'env': {'XDG_STATE_HOME': self.at('file')}}
        warning = self.mirror(**lost).err
        self.assertIn('--state', warning)
        self.assertIn('emptied', warning)
        self.assertEqual(1, warning.count('--state'), 'one warning')
        for name in os.listdir(self.source):
            trees.remove(self.in_source(name))
        self.assertIn('--adopt', self.refused(**lost))

    @with_mounts
    def test_a_memory_that_cannot_be_written_makes_every_replica_a_strange_one(self):
        self.given(files(20))
        self.mirror()
        self.mount_bind(self.state, self.state)
        self.mount('-o', 'remount,ro,bind', self.state)
        self.assertIn('--state', self.sync('run').err)
        for number in range(15):
            trees.remove(self.in_source(f'old-{number:02}'))
        self.assertIn('--adopt', self.refused())


class OtherSourceTest(ProgramTest):
    adopts = False

    def exchange_source(self, tree):
        os.rename(self.source, self.at('away'))
        self.given(tree)

    def refuse(self, *args):
        with self.untouched():
            for command in ('run', 'plan'):
                said = self.sync(command, *args, expect=REFUSED).err
        return said

    def test_another_source_is_mirrored_as_long_as_it_takes_no_more_than_half_away(self):
        self.given(files(20))
        self.mirror()
        self.exchange_source({**files(10), **files(30, 'new')})
        self.mirror()

    def test_another_source_that_takes_more_than_half_away_is_refused(self):
        self.given(files(20))
        self.mirror()
        self.exchange_source({**files(9), **files(30, 'new')})
        self.assertIn('--new-source', self.refuse('--empty-source'))
        self.mirror('--new-source')

    def test_the_same_replica_is_known_by_another_path(self):
        self.given(files(20), {})
        self.mirror()
        os.rename(self.replica, self.at('elsewhere'))
        self.replica = self.at('elsewhere')
        for number in range(15):
            trees.remove(self.in_source(f'old-{number:02}'))
        self.mirror()

    def test_another_folder_under_the_path_of_a_replica_is_a_strange_one(self):
        self.given(files(20), {})
        self.mirror()
        os.rename(self.replica, self.at('elsewhere'))
        self.given({}, files(30, 'theirs'))
        with self.untouched():
            self.assertIn('--adopt', self.sync('run', expect=REFUSED).err)

    def test_an_emptied_source_is_refused_wherever_it_is(self):
        self.given({**files(9), 'sub': {'deep': 'x'}}, {})
        self.mirror()
        for name in files(9):
            trees.remove(self.in_source(name))
        trees.remove(self.in_source('sub', 'deep'))
        os.mkdir(self.in_source('lost+found'))
        said = self.refuse()
        self.assertIn('--empty-source', said)
        self.assertIn('11 entries', said)
        self.assertIn('--empty-source', self.refuse('--exclude', 'nothing'))
        guards = self.plan(expect=REFUSED)['guards']
        self.assertIn({'rule': 'empty-source', 'limit': '1', 'value': {'count': 0, 'of': 11},
                       'verdict': 'refused'}, guards)
        self.mirror('--empty-source')
        trees.build(self.source, files(30))
        self.mirror()
        for name in files(30):
            trees.remove(self.in_source(name))
        self.refuse()
        self.mirror('--new-source')

    def test_nothing_is_asked_of_an_emptied_source_where_nothing_goes(self):
        self.given(files(20), {})
        self.mirror()
        for name in files(20):
            trees.remove(self.in_source(name))
        self.sync('run', '--no-delete')

    def test_a_tree_of_directories_holds_no_file_and_never_did(self):
        self.given({f'd{number}': {} for number in range(20)}, {})
        self.mirror()
        os.rmdir(self.in_source('d3'))
        self.mirror()


@with_mounts
class ForgottenMountTest(ProgramTest):
    adopts = False

    def test_a_run_that_leaves_a_mount_out_does_not_forget_it(self):
        options = (('--one-file-system',), ('--exclude', '/m'), ('--exclude', '/d/'))
        for number, option in enumerate(options):
            with self.subTest(option=option):
                self.source, self.replica = self.at(f's{number}'), self.at(f'r{number}')
                self.given({'a': 'x', 'd': {'m': {}}, 'm': {}}, {})
                for place in (self.in_source('m'), self.in_source('d', 'm')):
                    self.mount_tmpfs(place)
                    trees.build(place, {'inside': 'x'})
                self.mirror()
                self.sync('run', *option)
                self.unmount(self.in_source('m'))
                self.unmount(self.in_source('d', 'm'))
                with self.untouched():
                    self.sync('run', expect=REFUSED)

    def test_a_mount_that_left_empty_directories_behind_is_gone_all_the_same(self):
        self.given({'a': 'x', 'm': {'left': {}}}, {})
        self.mount_tmpfs(self.in_source('m'))
        trees.build(self.in_source('m'), {'inside': 'x'})
        self.mirror()
        self.unmount(self.in_source('m'))
        with self.untouched():
            self.sync('run', '--empty-source', expect=REFUSED)
        trees.write(self.in_source('m', 'left', 'file'), 'filled on purpose')
        self.mirror()


class AskedTest(TerminalTest):
    adopts = False

    def test_at_a_terminal_a_person_is_asked(self):
        self.given({'a': 'x'}, files(20))
        with self.untouched():
            terminal = self.at_terminal('run', '-s', self.source, '-r', self.replica)
            self.assertIn('20 of the replica', terminal.read_until('Apply this plan?'))
            terminal.type('n\n')
            self.assertEqual(REFUSED, terminal.end())
        terminal = self.at_terminal('run', '-s', self.source, '-r', self.replica)
        terminal.read_until('Apply this plan?')
        terminal.type('y\n')
        self.assertEqual(DONE, terminal.end())
        self.assert_mirrored()


if __name__ == '__main__':
    unittest.main()
