"""After a kill, `recover` ends in the whole old tree or the whole new one, never in a mixture."""
import os
import random
import unittest

from tests.support import compare, trees
from tests.support.program import NOBODY, PARTIAL, as_root
from tests.sweep.kill_test import KillSweep
from tests.sweep.sweep import KILLED, StoppedTest, part_of, spread

PARTS = 4
OLD, NEW = 'old', 'new'


class RecoverSweep(KillSweep):
    """The plan is one window: what was begun can be finished, and taken back, as a whole."""

    points = 0
    how = ()

    def recover(self, *how):
        return self.execute('recover', '-r', self.replica, *how, uid=self.uid, expect=0)

    def state_of_replica(self, point):
        """Which of the two trees it is; a mixture fails the test."""
        owners = self.as_root
        from_old = self.beyond_the_root(
            compare.differences(self.original, self.replica, owners=owners))
        if not from_old:
            return OLD
        from_new = self.beyond_the_root(
            compare.differences(self.source, self.replica, owners=owners))
        shorter = min(from_old, from_new, key=len)
        self.assertEqual(0, len(from_new), f'{point}: neither old nor new: {shorter[:5]}')
        return NEW

    @staticmethod
    def beyond_the_root(differences):
        """The root gets its own metadata when the staging folder is gone, or by the next run."""
        return [line for line in differences if not line.startswith("b'.':")]

    def rounds(self, part, parts=PARTS):
        total = self.count_calls()
        points = [(when, number) for number in range(1, total + 1) for when in ('before', 'after')]
        ends = set()
        for when, number in part_of(spread(points, self.points), part, parts):
            with self.subTest(f'{when} call {number}'):
                self.start_again()
                _, point = self.kill_at(when, number)
                self.recover(*self.how)
                ends.add(self.state_of_replica(point))
                self.assert_converges(point)
            self.forget()
        return ends


class FinishTest(RecoverSweep):
    command = ('run', '--threads', '1', '--xattrs', '--atomic')
    points = 60

    def test_killed_and_recovered_it_is_old_or_new_1_of_4(self):
        self.assertEqual({OLD, NEW}, self.rounds(0))

    def test_killed_and_recovered_it_is_old_or_new_2_of_4(self):
        self.assertEqual({OLD, NEW}, self.rounds(1))

    def test_killed_and_recovered_it_is_old_or_new_3_of_4(self):
        self.assertEqual({OLD, NEW}, self.rounds(2))

    def test_killed_and_recovered_it_is_old_or_new_4_of_4(self):
        self.assertEqual({OLD, NEW}, self.rounds(3))


class RollBackTest(RecoverSweep):
    command = ('run', '--threads', '1', '--xattrs')
    how = ('--rollback',)
    points = 60

    def test_killed_and_rolled_back_it_is_old_or_new_1_of_4(self):
        self.assertIn(OLD, self.rounds(0))

    def test_killed_and_rolled_back_it_is_old_or_new_2_of_4(self):
        self.assertIn(OLD, self.rounds(1))

    def test_killed_and_rolled_back_it_is_old_or_new_3_of_4(self):
        self.assertIn(OLD, self.rounds(2))

    def test_killed_and_rolled_back_it_is_old_or_new_4_of_4(self):
        self.assertIn(OLD, self.rounds(3))


@as_root
class RollBackAsPlainUserTest(RecoverSweep):
    command = ('run', '--threads', '1', '--xattrs')
    how = ('--rollback',)
    uid = NOBODY
    points = 60

    def test_killed_and_rolled_back_as_a_plain_user_it_is_old_or_new(self):
        self.assertIn(OLD, self.rounds(0, 1))


class KilledRecoveryTest(RecoverSweep):
    """Kills of the recovery itself, in either direction and with changes of mind."""

    command = ('run', '--threads', '1', '--xattrs', '--atomic')
    seeds = 40

    def kill_recovery(self, generator):
        how = generator.choice(((), ('--rollback',)))
        wrapper = self.stopper('--from', self.top, f'--kill-{generator.choice(("before", "after"))}',
                               str(generator.randint(1, 600)))
        code = self.execute('recover', '-r', self.replica, *how, wrapper=wrapper).code
        self.assertIn(code, (KILLED, 0))

    def try_seeds(self, part):
        total = self.count_calls()
        for seed in part_of(spread(range(120), self.seeds), part, PARTS):
            generator = random.Random(seed)
            with self.subTest(f'seed {seed}'):
                self.start_again()
                # In the second half of a run most of its changes are visible.
                _, point = self.kill_at('before', generator.randint(total // 2, total))
                for _ in range(generator.randint(1, 3)):
                    self.kill_recovery(generator)
                self.recover(*generator.choice(((), ('--rollback',))))
                self.state_of_replica(f'seed {seed}, {point}')
                self.assert_converges(point)
            self.forget()

    def test_a_recovery_that_is_killed_ends_old_or_new_1_of_4(self):
        self.try_seeds(0)

    def test_a_recovery_that_is_killed_ends_old_or_new_2_of_4(self):
        self.try_seeds(1)

    def test_a_recovery_that_is_killed_ends_old_or_new_3_of_4(self):
        self.try_seeds(2)

    def test_a_recovery_that_is_killed_ends_old_or_new_4_of_4(self):
        self.try_seeds(3)


del KillSweep


@as_root
class LackTest(StoppedTest):
    def test_metadata_that_cannot_be_set_is_not_told_as_finished(self):
        then = 1_000_000_000 * trees.SECOND
        self.given({'f': trees.file('x', mode=0o644, mtime=then)},
                   {'f': trees.file('x', mode=0o600, mtime=then)})
        # Calls that give modes: the memory's, the staging folder's, and after COMMIT that of `f`.
        for number in range(1, 10):
            self.execute('run', '-s', self.source, '-r', self.replica, '--threads', '1',
                         wrapper=self.stopper('--only', 'chmod,fchmod',
                                              '--kill-before', str(number)))
            if os.path.exists(self.in_replica('.sync-txn', 'COMMIT')):
                break
            trees.remove(self.state)
            os.mkdir(self.state)
            trees.remove(self.replica)
            trees.build(self.replica, {'f': trees.file('x', mode=0o600, mtime=then)})
        else:
            self.fail('no point after COMMIT')
        if os.system(f"chattr +i {self.in_replica('f')} 2>/dev/null") != 0:
            self.skipTest('chattr +i does not work here')
        self.addCleanup(os.system, f"chattr -i {self.in_replica('f')} 2>/dev/null")
        result = self.execute('recover', '-r', self.replica, expect=PARTIAL)
        self.assertNotIn('is finished', result.err)
        self.assertIn('could not be set', result.err)


if __name__ == '__main__':
    unittest.main()
