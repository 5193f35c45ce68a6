"""Applying a reviewed plan: it looks again first, and does no more than a fresh run would."""
import json
import os
import subprocess
import unittest

from tests.support import sealed_plan, trees
from tests.support.program import (BAD_PLAN, DONE, NOBODY, PENDING, REFUSED, STALE, ProgramTest,
                                   as_root)
from tests.support.trees import fifo, file, folder, symlink

SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 't': {'inside': 'x'}}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 't': 'file', 'gone': {'x': {'y': 'y'}}}


class NewReplicaTest(ProgramTest):
    """A plan for a replica that did not exist names no identity, and can only create."""

    def test_it_applies_again_and_to_one_that_somebody_made(self):
        self.given({'a': 'x', 'd': {'b': 'y'}})
        plan = self.plan_file()
        os.mkdir(self.replica)
        self.execute('apply', plan, expect=DONE)
        self.assert_mirrored()
        self.execute('apply', plan, expect=DONE)
        self.assert_mirrored()

    def test_one_that_deletes_is_not_believed_without_an_identity(self):
        self.given({'a': 'x'}, {'a': 'x', 'gone': 'x'})
        plan = self.plan()
        plan['replica']['identity'] = ''
        trees.write(self.at('plan.json'), sealed_plan.seal(plan))
        os.chmod(self.at('plan.json'), 0o600)
        with self.untouched():
            result = self.execute('apply', self.at('plan.json'), expect=REFUSED)
        self.assertIn('-r', result.err)

    def test_a_source_that_was_made_anew_is_named_or_refused(self):
        self.given({'a': 'x'}, {'b': 'x'})
        plan = self.plan_file()
        os.rename(self.source, self.at('kept'))
        subprocess.run(['cp', '-a', self.at('kept'), self.source], check=True)
        with self.untouched():
            self.execute('apply', plan, expect=REFUSED)
        self.execute('apply', plan, '-s', self.source, '-r', self.replica, expect=DONE)


class ApplyTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def apply(self, plan, *args, expect=DONE, **options):
        return self.execute('apply', plan, *args, expect=expect, **options)

    def test_a_plan_from_a_file_is_applied(self):
        self.apply(self.plan_file())
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_plan_from_stdin_is_applied(self):
        self.apply('-', input=self.plan_text())
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_plan_for_a_missing_replica_creates_it(self):
        trees.remove(self.replica)
        self.apply(self.plan_file())
        self.assert_mirrored()

    def test_applying_twice_is_harmless_and_writes_nothing(self):
        plan = self.plan_file()
        self.apply(plan)
        with self.untouched():
            self.apply(plan)

    def test_applying_after_a_run_is_harmless_and_writes_nothing(self):
        plan = self.plan_file()
        self.sync('run')
        with self.untouched():
            self.apply(plan)

    def test_a_dry_run_checks_and_changes_nothing(self):
        plan = self.plan_file()
        with self.untouched():
            self.apply(plan, '--dry-run')
        trees.write(self.in_replica('a'), 'mine')
        with self.untouched():
            self.apply(plan, '--dry-run', expect=STALE)

    def test_a_pretty_printed_copy_is_applied_as_well(self):
        self.apply('-', input=json.dumps(self.plan(), indent=4))
        self.assert_mirrored()

    def test_other_roots_can_be_given(self):
        plan = self.plan_file()
        for old, new in ((self.source, 's2'), (self.replica, 'r2')):
            os.rename(old, self.at(new))
        self.source, self.replica = self.at('s2'), self.at('r2')
        self.apply(plan, '-s', self.source, '-r', self.replica)
        self.assert_mirrored()


    # Stale

    def test_a_replica_file_changed_since_the_plan_is_left_alone(self):
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'mine!')
        self.apply(plan, expect=STALE)
        self.assertEqual(b'mine!', self.content('a'))
        self.assertEqual(["b'a': content", "b'a': mtime_ns", "b'a': size"],
                         sorted(line.split(' is ')[0] for line in self.differences()))

    def test_a_replica_file_of_the_same_size_but_another_time_is_left_alone(self):
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'OLD')
        self.apply(plan, expect=STALE)
        self.assertEqual(b'OLD', self.content('a'))

    def test_an_entry_that_came_where_one_was_to_be_created_is_left_alone(self):
        plan = self.plan_file()
        trees.write(self.in_replica('l'), 'mine!')
        self.apply(plan, expect=STALE)
        self.assertEqual(b'mine!', self.content('l'))
        self.assertEqual(b'new content', self.content('a'))

    def test_a_file_that_was_to_be_deleted_but_changed_is_left_alone(self):
        plan = self.plan_file()
        trees.write(self.in_replica('gone', 'x', 'y'), 'still in use')
        self.apply(plan, expect=STALE)
        self.assertEqual(b'still in use', self.content('gone', 'x', 'y'))

    def test_a_directory_that_got_new_content_is_not_deleted(self):
        plan = self.plan_file()
        trees.write(self.in_replica('gone', 'x', 'new'), 'x')
        self.apply(plan, expect=STALE)
        self.assertEqual(b'x', self.content('gone', 'x', 'new'))

    def test_a_source_file_changed_since_the_plan_is_not_mirrored(self):
        plan = self.plan_file()
        trees.write(self.in_source('a'), 'newer content than the plan knew')
        self.apply(plan, expect=STALE)
        self.assertEqual(b'old', self.content('a'))
        self.assertEqual(b'x', self.content('d', 'b'))

    def test_a_source_file_that_vanished_deletes_nothing(self):
        plan = self.plan_file()
        os.unlink(self.in_source('a'))
        self.apply(plan, expect=STALE)
        self.assertEqual(b'old', self.content('a'))

    def test_a_path_that_the_source_has_again_is_not_deleted(self):
        plan = self.plan_file()
        trees.build(self.in_source('gone', 'x'), {'y': 'y'})
        self.apply(plan, expect=STALE)
        self.assertEqual(b'y', self.content('gone', 'x', 'y'))

    def test_a_fresh_run_settles_what_was_stale(self):
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'mine!')
        self.apply(plan, expect=STALE)
        self.sync('plan', '--detailed-exitcode', expect=PENDING)
        self.mirror()

    # Documents that are not to be believed

    def assert_invalid(self, text):
        with self.untouched():
            self.apply('-', input=text, expect=BAD_PLAN)

    def test_a_truncated_plan_is_invalid_wherever_it_ends(self):
        text = self.plan_text().encode()
        for length in [*range(0, 60), *range(60, len(text) - 1, 97), len(text) - 3]:
            with self.subTest(length=length):
                self.assert_invalid(text[:length])

    def test_an_edited_plan_is_invalid(self):
        for old, new in (('"gone/x/y"', '"a"'),
                         ('"format_version":"1.0"', '"format_version":"1.1"'),
                         ('"op":"delete"', '"op":"remove"'), ('"seq":2', '"seq":3'),
                         ('"kind":"mirror"', '"kind":"other"'),
                         ('"complete":true', '"complete":false')):
            with self.subTest(edit=new):
                text = self.plan_text()
                self.assertIn(old, text)
                self.assert_invalid(text.replace(old, new, 1))

    def test_paths_that_lead_out_of_the_tree_are_invalid(self):
        for path in ('../x', '/etc/passwd', 'a//b', './a', 'a/', '', 'a/../b', '.sync-txn/x',
                     'x' * 256, 'nul\\u0000byte'):
            with self.subTest(path=path):
                self.assert_invalid(self.plan_text().replace('"gone/x/y"', f'"{path}"', 1))

    def test_anything_around_the_document_is_invalid(self):
        text = self.plan_text()
        for wrong in (text + 'x', text + text, '\ufeff' + text, '[' + text + ']', '', 'null', '{}',
                      text.replace('{"seq"', '{"more":1,"seq"', 1), '[' * 100_000,
                      text.replace('"kind":"mirror"', '"kind":"mirror","kind":"mirror"', 1)):
            with self.subTest(start=wrong[:20], length=len(wrong)):
                self.assert_invalid(wrong)

    def test_files_that_are_no_plans_are_invalid(self):
        trees.build(self.at('odd'), {'fifo': fifo(), 'dir': {}, 'empty': '',
                                     'zero': symlink('/dev/zero'), 'dangling': symlink('nowhere')})
        for name in ('fifo', 'dir', 'empty', 'zero', 'dangling', 'missing'):
            with self.subTest(name=name), self.untouched():
                self.assertIn(self.apply(self.at('odd', name), expect=None).code, (64, 65))

    def test_a_plan_that_others_can_write_needs_roots_on_the_command_line(self):
        plan = self.plan_file()
        os.chmod(plan, 0o666)
        with self.untouched():
            self.assertIn(self.apply(plan, expect=None).code, (5, 64, 65))
        self.apply(plan, '-s', self.source, '-r', self.replica)
        self.assert_mirrored()

    @as_root
    def test_a_plan_that_belongs_to_somebody_else_needs_roots_on_the_command_line(self):
        plan = self.plan_file()
        os.chown(plan, NOBODY, NOBODY)
        with self.untouched():
            self.assertIn(self.apply(plan, expect=None).code, (5, 64, 65))
        self.apply(plan, '-s', self.source, '-r', self.replica)
        self.assert_mirrored()


class PinTest(ProgramTest):
    def test_a_pinned_file_with_other_bytes_but_the_same_look_is_stale(self):
        self.given(folder({'a': file('good', mtime=5)}), {})
        plan = self.plan_file('--pin')
        trees.write(self.in_source('a'), 'evil', mtime=5)
        self.execute('apply', plan, expect=STALE)
        self.assertEqual([], self.replica_paths())

    def test_a_pinned_plan_of_unchanged_files_is_applied(self):
        self.given({'a': 'x', 'd': {'b': 'y' * 100_000}}, {'a': 'old'})
        self.execute('apply', self.plan_file('--pin'), expect=DONE)
        self.assert_mirrored()


if __name__ == '__main__':
    unittest.main()
