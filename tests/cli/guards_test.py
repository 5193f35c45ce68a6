"""The rules that keep a plan from being applied: each with its figures and its way around."""
import os
import unittest

from tests.support import trees
from tests.support.program import (DONE, PARTIAL, REFUSED, USAGE, ProgramTest, as_root, parse_plan)
from tests.support.trees import SECOND, file, folder, symlink


class RuleTest(ProgramTest):
    """What every rule does."""

    def assert_refused(self, rule, option, *options):
        """Plan and run refuse and touch nothing; the plan is written all the same, and apply
        refuses it for the same reason. Returns the reason."""
        path = self.at('refused.json')
        with self.untouched(*([self.replica] if os.path.exists(self.replica) else [self.source])):
            planned = self.sync('plan', '-o', path, *options, expect=REFUSED)
            run = self.sync('run', *options, expect=REFUSED)
            applied = self.execute('apply', path, expect=REFUSED)
        [guard] = self.guards(trees.read(path).decode(), rule)
        self.assertEqual('refused', guard['verdict'])
        reasons = [line.partition(': ')[2] for line in planned.err.splitlines() if option in line]
        self.assertEqual(1, len(reasons), planned)
        self.assertIn(reasons[0], applied.err)
        if rule != 'space':  # what is free may have changed in between
            self.assertIn(reasons[0], run.err)
        self.assertIn('refused', planned.out)
        return reasons[0]

    @staticmethod
    def guards(text, rule):
        return [guard for guard in parse_plan(text)['guards'] if guard['rule'] == rule]


class MaxUpdateTest(RuleTest):
    def given_updates(self):
        self.given({'a': 'new', 'b': 'new', 'c': file('same', mtime=SECOND), 'new': 'x'},
                   {'a': 'of old', 'b': folder({'x': 'x'}), 'c': file('same', mtime=2 * SECOND),
                    'd': 'extra'})

    def test_more_updates_than_allowed_are_refused(self):
        self.given({'a': 'new', 'b': 'new', 'c': 'c'}, {'a': 'of old', 'b': 'of old', 'c': 'c'})
        reason = self.assert_refused('max-update', '--max-update', '--max-update', '1')
        self.assertIn('overwrites 2 of the replica\'s 3 entries', reason)
        self.assert_refused('max-update', '--max-update', '--max-update', '66%')
        self.mirror('--max-update', '2')

    def test_new_files_deletions_folders_and_metadata_do_not_count(self):
        self.given_updates()
        [guard] = self.guards(self.plan_text('--max-update', '1'), 'max-update')
        self.assertEqual(('1', {'count': 1, 'of': 5}, 'ok'),
                         (guard['limit'], guard['value'], guard['verdict']))
        self.assert_refused('max-update', '--max-update', '--max-update', '0')
        self.mirror('--max-update', '20%')

    def test_each_name_of_a_hard_link_group_counts(self):
        self.given({'a': 'new'}, {'a': 'of old'})
        for root in (self.source, self.replica):
            os.link(os.path.join(root, 'a'), os.path.join(root, 'b'))
        self.assert_refused('max-update', '--max-update', '--max-update', '1')
        self.mirror('--max-update', '2')

    def test_without_the_option_there_is_no_rule(self):
        self.given_updates()
        self.assertEqual([], self.guards(self.plan_text(), 'max-update'))
        self.mirror()


class RequireTest(RuleTest):
    def test_a_source_that_lacks_it_is_refused(self):
        self.given({'a': 'x'}, {'old': 'x'})
        reason = self.assert_refused('require', '--require', '--require', '.mounted')
        self.assertIn("lacks '.mounted'", reason)
        trees.write(self.in_source('.mounted'), '')
        self.mirror('--require', '.mounted')

    def test_no_replica_is_made_from_a_source_that_lacks_it(self):
        self.given({'a': 'x'})
        self.assert_refused('require', '--require', '--require', '.mounted')
        self.assertFalse(os.path.exists(self.replica))

    def test_all_of_several_must_be_there_each_told_for_itself(self):
        self.given({'a': 'x', 'sub': {'b': 'x'}}, {'old': 'x'})
        text = self.plan_text('--require', 'a', '--require', 'sub/c', expect=REFUSED)
        self.assertEqual([('a', 'ok'), ('sub/c', 'refused')],
                         [(guard['limit'], guard['verdict'])
                          for guard in self.guards(text, 'require')])
        self.mirror('--require', 'a', '--require', 'sub/b')

    def test_any_entry_will_do_and_no_link_is_followed_to_one(self):
        self.given({'dangling': symlink('nowhere'), 'link': symlink('sub'), 'sub': {'b': 'x'}},
                   {'old': 'x'})
        self.assert_refused('require', '--require', '--require', 'link/b')
        self.mirror('--require', 'dangling', '--require', 'sub')

    def test_apply_looks_for_it_again(self):
        self.given({'a': 'x', 'mark': ''}, {'old': 'x'})
        plan = self.plan_file('--require', 'mark')
        os.remove(self.in_source('mark'))
        with self.untouched():
            result = self.execute('apply', plan, expect=REFUSED)
        self.assertIn('--require', result.err)
        trees.write(self.in_source('mark'), '')
        self.execute('apply', self.plan_file('--require', 'mark'), expect=DONE)
        self.assert_mirrored()

    def test_the_name_may_be_any_bytes(self):
        name = 'caf\udce9 \n'
        self.given({name: 'x'}, {})
        plan = self.plan_file('--require', name)
        self.execute('apply', plan, expect=DONE)
        self.assert_mirrored()
        os.remove(self.in_source(name))
        self.assertIn("'caf%E9 %0A'", self.execute('apply', plan, expect=REFUSED).err)

    def test_a_name_that_leads_elsewhere_is_wrong_usage(self):
        self.given({'a': 'x'}, {})
        for name in ('', '.', '..', '../a', 'a/..', '/a', 'a/', 'a//b'):
            with self.subTest(name=name), self.untouched():
                result = self.sync('plan', '--require', name, expect=USAGE)
                self.assertIn('--require', result.err)


@as_root
class SpaceTest(RuleTest):
    def given_too_much(self):
        self.given({'small': 'x', 'large': 'x' * 3_000_000})

    def test_what_does_not_fit_is_refused_by_the_plan_too(self):
        self.given_too_much()
        self.mount_tmpfs(self.replica, 'size=1m')
        reason = self.assert_refused('space', '--no-space-check')
        self.assertIn('2.9 MiB', reason)
        self.assertIn('1.0 MiB', reason)

    def test_the_check_can_be_left_out_of_plan_and_apply(self):
        self.given_too_much()
        self.mount_tmpfs(self.replica, 'size=1m')
        path = self.plan_file('--no-space-check')
        self.assertEqual([], self.guards(trees.read(path).decode(), 'space'))
        with self.untouched():
            self.execute('apply', path, expect=REFUSED)
        refused = self.plan_file(expect=REFUSED)
        # On one thread: on two the disk may be full of the large one while the small one is written.
        self.execute('apply', '--no-space-check', '--threads', '1', refused, expect=PARTIAL)
        self.assertEqual(b'x', self.content('small'))

    def test_a_refused_plan_stays_refused_when_room_was_made(self):
        self.given_too_much()
        self.mount_tmpfs(self.replica, 'size=1m')
        path = self.plan_file(expect=REFUSED)
        self.mount('-o', 'remount,size=16m', self.replica)
        with self.untouched():
            self.assertIn('plan again', self.execute('apply', path, expect=REFUSED).err)
        self.execute('apply', self.plan_file(), expect=DONE)
        self.assert_mirrored()

    def test_a_replica_that_is_to_be_made_must_fit_where_it_will_be(self):
        self.given_too_much()
        self.mount_tmpfs(self.at('disk'), 'size=1m')
        self.replica = self.at('disk', 'replica')
        self.sync('plan', expect=REFUSED)
        self.assertEqual([], os.listdir(self.at('disk')))
        self.execute('plan', '-s', self.source, '-r', self.replica + '/', expect=REFUSED)
        self.sync('plan', '--no-space-check')

    def test_the_figures_of_what_fits_are_in_the_plan(self):
        self.given({'a': 'x' * 10_000, 'old': 'same'}, {'old': 'same'})
        self.mount_tmpfs(self.replica, 'size=1m')
        [guard] = self.guards(self.plan_text(), 'space')
        self.assertEqual('ok', guard['verdict'])
        self.assertEqual(str(guard['value']['of']), guard['limit'])
        self.assertEqual(4096 * 4, guard['value']['count'])
        self.mirror()


if __name__ == '__main__':
    unittest.main()
