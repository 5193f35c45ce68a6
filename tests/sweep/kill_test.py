"""Killed before and after its system calls, the program leaves whole files, and starts again."""
import os
import random
import unittest

from tests.support import compare
from tests.support.program import NOBODY, as_root, with_mounts
from tests.sweep.sweep import KILLED, SweepTest, part_of, spread

PARTS = 4


class KillSweep(SweepTest):
    """Kills one run at each of the points of a part, and lets the next one finish."""

    points = 0

    def kill_at(self, when, number):
        code = self.stopped(f'--kill-{when}', str(number))
        point = f'killed {when} call {number}'
        self.assertIn(code, (KILLED, 0), point)
        self.assert_nothing_is_torn(point)
        return code, point

    def sweep(self, part):
        total = self.count_calls()
        points = [(when, number) for number in range(1, total + 1)
                  for when in ('before', 'after')]
        chosen = part_of(spread(points, self.points), part, PARTS)
        kills = 0
        for when, number in chosen:
            with self.subTest(f'{when} call {number}'):
                self.start_again()
                code, point = self.kill_at(when, number)
                kills += code == KILLED
                self.assert_converges(point)
            self.forget()
        # Where threads take turns, a run may end before it has made as many calls as another.
        self.assertGreater(kills, 0.5 * len(chosen), 'hardly anything was killed')


def in_parts(name):
    """Gives a class a test for each part of its sweep, so that they can run side by side."""
    def add(case):
        for part in range(PARTS):
            def test(self, part=part):
                self.sweep(part)
            setattr(case, f'test_{name}_{part + 1}_of_{PARTS}', test)
        return case
    return add


@in_parts('killed_at_a_call_it_converges')
class KillTest(KillSweep):
    points = 160


@in_parts('killed_with_many_threads_it_converges')
class KillWithThreadsTest(KillSweep):
    """The order of calls changes from run to run: what a number means does, too."""

    command = ('run', '--threads', '4', '--xattrs')
    points = 40


@with_mounts
@in_parts('killed_where_room_is_made_first_it_converges')
class KillOnFullDiskTest(KillSweep):
    """On a tmpfs that has room for what is new only where the old is gone."""

    points = 60

    def pair(self):
        both = {'b': 'of both', 'c': {'x': 'x'}}
        large = 'x' * 800_000
        return ({**both, 'c': {'x': 'y', 'old': large}, 'gone': {'o': large, 'p': 'p'}, 'm': 'moved'},
                {**both, 'new': 'y' * 900_000, 'n': {'m': 'moved'}})

    def setUp(self):
        super().setUp()
        self.mount_tmpfs(self.at('disk'), 'size=2m')
        self.replica = self.at('disk', 'replica')

    def assert_converges(self, point):
        super().assert_converges(point)
        self.assertEqual(['replica'], os.listdir(self.at('disk')))

    def test_room_is_made_first(self):
        self.start_again()
        self.assertIn('deletions first', self.execute(*self.arguments(), expect=0).out)


@as_root
@in_parts('killed_as_a_plain_user_it_converges')
class KillAsPlainUserTest(KillSweep):
    """Directories that the user may not write to are opened up, and closed again."""

    uid = NOBODY
    points = 40


@in_parts('killed_while_it_applies_a_plan_it_converges_with_the_same_plan')
class KillApplyTest(KillSweep):
    """The plan stays the same: what the killed run did may not make its own plan stale."""

    command = ('apply', '--xattrs')
    points = 40

    def arguments(self):
        return ['apply', self.at('plan.json')]

    def start_again(self):
        super().start_again()
        self.sync('plan', *self.command[1:], '-o', self.at('plan.json'), source_may_change=True)

    def test_a_plan_that_is_done_already_changes_no_entry(self):
        self.command = ('apply',)
        self.start_again()
        self.execute(*self.arguments(), expect=0)
        before = compare.fingerprint(self.replica)
        self.execute(*self.arguments(), expect=0)
        # The root's time is set again when the staging folder has come and gone.
        after = {**compare.fingerprint(self.replica), b'.': before[b'.']}
        self.assertEqual([], compare.changes(before, after))


@in_parts('killed_several_times_it_converges')
class KillTwiceTest(KillSweep):
    """Kills of runs that have the remains of killed runs before them."""

    command = ('run', '--xattrs')
    seeds = 60

    def sweep(self, part):
        total = self.count_calls()
        for seed in part_of(spread(range(10_000), self.seeds), part, PARTS):
            rng = random.Random(seed)
            with self.subTest(f'seed {seed}'):
                self.start_again()
                points = []
                for _ in range(rng.randrange(2, 5)):
                    _, point = self.kill_at(rng.choice(('before', 'after')), rng.randint(1, total))
                    points.append(point)
                self.assert_converges(', '.join(points))
            self.forget()


if __name__ == '__main__':
    unittest.main()
