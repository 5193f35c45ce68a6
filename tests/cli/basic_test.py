"""Mirroring ordinary trees, and writing nothing where nothing is to be written."""
import os
import unittest

from tests.support import trees
from tests.support.program import PENDING, ProgramTest
from tests.support.trees import SECOND, file, folder, symlink

TREE = {'a': 'hello', 'empty': '', 'd': {'b': 'x' * 5000, 'e': {'f': {}}}, 'l': symlink('d/b')}


class BasicTest(ProgramTest):
    def test_a_missing_replica_is_created(self):
        self.given(TREE)
        self.mirror()

    def test_an_empty_replica_is_filled(self):
        self.given(TREE, {})
        self.mirror()

    def test_an_empty_source_makes_an_empty_replica(self):
        self.given({})
        self.mirror()

    def test_everything_that_the_source_lacks_is_removed(self):
        self.given(TREE, {'x': 'x', 'd': {'y': {'z': {'w': 'w'}}}, 'old': {}, 'l2': symlink('/')})
        self.mirror()

    def test_files_changed_in_size_content_and_time_are_updated(self):
        self.given({'size': 'longer', 'same size': 'new', 'd': {'deep': 'new'}},
                   {'size': 'short', 'same size': 'old', 'd': {'deep': 'older'}})
        self.mirror()

    def test_files_of_all_sizes_around_a_buffer_arrive_complete(self):
        sizes = [0, 1] + [2**power + more for power in (12, 16, 17, 18, 20) for more in (-1, 0, 1)]
        self.given({str(size): os.urandom(size) for size in sizes})
        self.mirror()

    def test_many_entries_in_one_directory_are_mirrored(self):
        self.given({f'{number:05}': str(number) for number in range(5000)})
        self.mirror()
        self.assertEqual(5000, len(self.replica_paths()))

    def test_the_second_run_writes_nothing(self):
        self.given(TREE)
        self.mirror()
        with self.untouched():
            self.sync('run')

    def test_a_second_run_without_a_cache_writes_nothing(self):
        self.given(TREE)
        self.mirror()
        trees.remove(self.state)
        with self.untouched():
            self.sync('run')

    def test_two_trees_made_alike_by_others_need_no_action(self):
        alike = {'a': file('x', mtime=5 * SECOND), 'd': folder({}, mtime=6)}
        self.given(folder(alike, mtime=SECOND), folder(alike, mtime=SECOND))
        with self.untouched():
            self.mirror()

    def test_plan_writes_nothing_and_creates_no_replica(self):
        self.given(TREE)
        self.sync('plan')
        self.assertFalse(os.path.exists(self.replica))

    def test_plan_does_not_touch_the_replica(self):
        self.given(TREE, {'extra': 'x', 'a': 'other'})
        with self.untouched():
            self.sync('plan')
            self.sync('plan', '--json')

    def test_a_plan_with_changes_exits_with_2_when_asked_for_details(self):
        self.given(TREE, {})
        self.sync('plan', '--detailed-exitcode', expect=PENDING)
        self.sync('plan')

    def test_a_dry_run_changes_nothing_and_names_the_changes(self):
        self.given(TREE, {'extra': 'x'})
        with self.untouched():
            said = self.sync('run', '--dry-run').out
        for word in ('extra', 'a', 'd/b'):
            self.assertIn(word, said)

    def test_a_dry_run_creates_no_replica(self):
        self.given(TREE)
        self.sync('run', '--dry-run')
        self.assertFalse(os.path.exists(self.replica))

    def test_nothing_of_our_own_is_left_in_the_replica(self):
        self.given(TREE, {'old': 'x'})
        self.sync('run')
        self.assertNotIn('.sync-txn', self.replica_paths())

    def test_relative_roots_with_slashes_at_the_end_are_understood(self):
        self.given(TREE)
        self.execute('run', '-s', 'source//', '-r', './replica/', cwd=self.top, expect=0)
        self.assert_mirrored()

    def test_roots_that_are_links_of_the_callers_own_are_followed(self):
        self.given(TREE, {})
        os.symlink('source', self.at('to-source'))
        os.symlink('replica', self.at('to-replica'))
        self.execute('run', '-s', self.at('to-source'), '-r', self.at('to-replica'), expect=0)
        self.assert_mirrored()

    def test_the_number_of_threads_does_not_matter(self):
        self.given(TREE)
        for threads in (1, 2, 7, 64):
            with self.subTest(threads=threads):
                self.replica = self.at(f'replica{threads}')
                self.mirror('--threads', str(threads))

    def test_a_reserved_name_in_the_source_is_left_out(self):
        self.given({'a': 'x', '.sync-txn': {'conflict': {'b': 'x'}}})
        self.sync('run')
        self.assertEqual(['a'], self.replica_paths())
        skipped = self.plan()['skipped']
        self.assertEqual(['.sync-txn'], [entry['path'] for entry in skipped])

    def test_a_replica_can_be_the_source_of_the_next_mirror(self):
        self.given(TREE)
        self.mirror()
        self.source, self.replica = self.replica, self.at('second')
        self.mirror()


if __name__ == '__main__':
    unittest.main()
