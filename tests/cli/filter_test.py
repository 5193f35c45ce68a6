"""Patterns as in gitignore files: what is excluded is neither copied nor deleted."""
import unittest

from tests.support import trees
from tests.support.program import PENDING, USAGE, ProgramTest
from tests.support.trees import folder


class FilterTest(ProgramTest):
    def assert_replica_after(self, options, expected):
        """Runs with `options`, then expects exactly these paths and nothing left to do."""
        self.sync('run', *options)
        self.assertEqual(sorted(expected), self.replica_paths())
        self.assert_quiet(*options)

    def test_an_excluded_name_is_left_out_at_any_depth(self):
        self.given({'a.o': 'x', 'a.c': 'x', 'd': {'b.o': 'x', 'b.c': 'x'}})
        self.assert_replica_after(['--exclude', '*.o'], ['a.c', 'd', 'd/b.c'])

    def test_what_is_excluded_is_protected_in_the_replica(self):
        self.given({'a': 'x', 'cache': {'new': 'x'}},
                   {'mine.o': 'x', 'old': 'x', 'cache': {'k': 'x'}})
        self.assert_replica_after(['--exclude', '*.o', '--exclude', 'cache'],
                                  ['a', 'cache', 'cache/k', 'mine.o'])

    def test_what_is_protected_keeps_its_parents(self):
        self.given({}, {'d': {'e': {'mine.o': 'x', 'old': 'x'}, 'old': 'x'}})
        self.assert_replica_after(['--exclude', '*.o'], ['d', 'd/e', 'd/e/mine.o'])

    def test_delete_excluded_removes_it(self):
        self.given({'a': 'x', 'a.o': 'x'}, {'mine.o': 'x', 'd': {'mine.o': 'x'}})
        self.assert_replica_after(['--exclude', '*.o', '--delete-excluded'], ['a'])

    def test_the_last_match_wins(self):
        self.given({'a.log': 'x', 'keep.log': 'x', 'b.txt': 'x'})
        self.assert_replica_after(['--exclude', '*.log', '--include', 'keep.log'],
                                  ['b.txt', 'keep.log'])

    def test_an_exclude_after_an_include_wins(self):
        self.given({'a.log': 'x', 'keep.log': 'x', 'b.txt': 'x'})
        self.assert_replica_after(['--include', 'keep.log', '--exclude', '*.log'], ['b.txt'])

    def test_a_leading_slash_means_the_root_only(self):
        self.given({'build': {'x': 'x'}, 'd': {'build': {'x': 'x'}}})
        self.assert_replica_after(['--exclude', '/build'], ['d', 'd/build', 'd/build/x'])

    def test_a_slash_at_the_end_means_directories_only(self):
        self.given({'cache': {'x': 'x'}, 'd': {'cache': 'a file'}})
        self.assert_replica_after(['--exclude', 'cache/'], ['d', 'd/cache'])

    def test_two_stars_cross_directories_and_one_does_not(self):
        self.given({'a': {'b': {'c': {'x.o': 'x'}, 'x.o': 'x'}}})
        self.assert_replica_after(['--exclude', 'a/*/x.o'],
                                  ['a', 'a/b', 'a/b/c', 'a/b/c/x.o'])
        self.assert_replica_after(['--exclude', 'a/**/x.o', '--delete-excluded'],
                                  ['a', 'a/b', 'a/b/c'])

    def test_a_file_of_patterns_may_have_comments_and_negations(self):
        self.given({'a.o': 'x', 'keep.o': 'x', '#a': 'x', 'b': 'x', 'c d': 'x'})
        trees.write(self.at('patterns'), '# objects\n\n*.o\n!keep.o\n\\#a\nc d\n')
        self.assert_replica_after(['--exclude-from', self.at('patterns')], ['b', 'keep.o'])

    def test_a_missing_file_of_patterns_is_wrong_usage(self):
        self.given({'a': 'x'}, {'old': 'x'})
        with self.untouched():
            self.sync('run', '--exclude-from', self.at('nowhere'), expect=(USAGE, 1))

    def test_rules_that_take_too_much_memory_are_refused_by_line(self):
        self.given({'a': 'x'}, {'old': 'x'})
        trees.write(self.at('rules'), '# many\n' + ('a*' * 10_000 + '\n') * 200)
        with self.untouched():
            result = self.sync('run', '--exclude-from', self.at('rules'), expect=USAGE)
        self.assertRegex(result.err, f"line 2[0-9] of '{self.at('rules')}' .* is one too many")

    def test_an_excluded_directory_is_not_even_read(self):
        self.given({'a': 'x', 'locked': folder({'x': 'x'})})
        self.assert_replica_after(['--exclude', 'locked/'], ['a'])

    def test_a_name_with_the_characters_of_a_pattern_can_be_escaped(self):
        self.given({'*': 'x', 'a': 'x', '[b]': 'x'})
        self.assert_replica_after(['--exclude', '\\*', '--exclude', '\\[b]'], ['a'])

    def test_excluded_entries_are_no_pending_changes(self):
        self.given({'a.o': 'new'}, {'b.o': 'old'})
        self.sync('plan', '--detailed-exitcode', expect=PENDING)
        self.sync('plan', '--detailed-exitcode', '--exclude', '*.o',
                  expect=(0, PENDING))  # the time of the root may differ
        self.assertEqual([], self.operations('--exclude', '*.o'))

    def test_the_options_of_a_plan_shape_its_apply(self):
        self.given({'a': 'x', 'a.o': 'x'}, {'mine.o': 'x', 'old': 'x'})
        self.execute('apply', '-', input=self.plan_text('--exclude', '*.o'), expect=0)
        self.assertEqual(['a', 'mine.o'], self.replica_paths())


class NoDeleteTest(ProgramTest):
    def test_nothing_is_deleted_and_the_rest_is_mirrored(self):
        self.given({'a': 'new', 'd': {'b': 'x'}}, {'a': 'older', 'extra': 'x', 'd': {'more': {}}})
        self.sync('run', '--no-delete')
        self.assertEqual(['a', 'd', 'd/b', 'd/more', 'extra'], self.replica_paths())
        self.assertEqual(b'new', self.content('a'))
        self.assert_quiet('--no-delete')

    def test_a_second_run_writes_nothing(self):
        self.given({'a': 'new'}, {'extra': 'x'})
        self.sync('run', '--no-delete')
        with self.untouched():
            self.sync('run', '--no-delete')

    def test_a_later_run_without_it_deletes(self):
        self.given({'a': 'new'}, {'extra': 'x'})
        self.sync('run', '--no-delete')
        self.mirror()


if __name__ == '__main__':
    unittest.main()
