"""What the caller may not read is reported, and nothing that it might have held is deleted."""
import os
import unittest

from tests.support import trees
from tests.support.program import NOBODY, PARTIAL, ProgramTest, as_root
from tests.support.trees import file, folder, symlink


@as_root
class UnreadableTest(ProgramTest):
    def given_for_nobody(self, source, replica):
        """The source stays root's, the replica belongs to the user who runs the program."""
        self.given(source, replica)
        self.live_as(NOBODY, self.replica)

    def test_nothing_below_an_unreadable_directory_is_deleted(self):
        self.given_for_nobody({'locked': folder({'x': 'new'}, mode=0o700), 'a': 'new', 'b': 'b'},
                              {'locked': {'x': 'old', 'y': {'z': 'old'}}, 'a': 'old', 'gone': 'x'})
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(['a', 'b', 'locked', 'locked/x', 'locked/y', 'locked/y/z'],
                         self.replica_paths())
        self.assertEqual(b'old', self.content('locked', 'x'))
        self.assertEqual(b'new', self.content('a'))

    def test_a_directory_that_cannot_be_listed_may_take_the_place_of_a_link(self):
        self.given_for_nobody({'d': folder({'x': 'new'}, mode=0o700)}, {'d': symlink('elsewhere')})
        plan = self.plan_text(uid=NOBODY, expect=PARTIAL)
        self.execute('apply', '-', input=plan, uid=NOBODY, expect=PARTIAL)
        self.assertEqual(['d'], self.replica_paths())
        self.assertTrue(os.path.isdir(self.in_replica('d')))

    def test_an_unreadable_file_keeps_its_old_copy_and_the_rest_is_mirrored(self):
        self.given_for_nobody({'locked': file('new!', mode=0o600), 'a': 'new', 'd': {'b': 'x'}},
                              {'locked': 'old', 'a': 'old', 'gone': 'x'})
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(b'old', self.content('locked'))
        self.assertEqual(b'new', self.content('a'))
        self.assertEqual(['a', 'd', 'd/b', 'locked'], self.replica_paths())

    def test_an_unreadable_file_that_the_replica_lacks_is_recorded(self):
        self.given_for_nobody({'locked': file('x', mode=0o600), 'a': 'x'}, {})
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(['a'], self.replica_paths())
        self.assertIn('locked', self.log_text())

    def test_the_plan_lists_what_could_not_be_read_and_is_incomplete(self):
        self.given_for_nobody({'locked': folder({'x': 'x'}, mode=0o700), 'a': 'x'},
                              {'locked': {'y': 'y'}})
        plan = self.plan(uid=NOBODY, expect=PARTIAL)
        self.assertFalse(plan['complete'])
        self.assertEqual([('locked', 'EACCES')],
                         [(problem['path'], problem['errno']) for problem in plan['problems']])
        self.assertNotIn('locked/y', [action['path'] for action in plan['actions']])

    def test_an_unreadable_directory_that_moved_is_not_taken_for_a_deletion(self):
        self.given_for_nobody({'new name': folder({'x': 'x'}, mode=0o700)}, {'other': {'x': 'x'}})
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertNotIn('new name/x', self.replica_paths())

    def test_an_unreadable_root_of_the_source_deletes_nothing(self):
        self.given_for_nobody(folder({'x': 'x'}, mode=0o700), {'x': 'old'})
        with self.untouched():
            result = self.sync('run', uid=NOBODY, expect=None)
        self.assertIn(result.code, (1, 3, 5))

    def test_a_directory_that_can_be_listed_but_not_entered_deletes_nothing(self):
        self.given_for_nobody({'d': folder({'x': 'x', 'sub': {}}, mode=0o744)},
                              {'d': {'x': 'old', 'sub': {'y': 'old'}}})
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(['d', 'd/sub', 'd/sub/y', 'd/x'], self.replica_paths())

    def test_entries_of_others_in_the_replica_are_recorded_and_the_rest_goes_on(self):
        self.given_for_nobody({'a': 'x', 'd': {'new': 'x'}}, {'d': {'old': 'x'}, 'extra': 'x'})
        os.chown(self.in_replica('d'), 0, 0)
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(['a', 'd', 'd/old'], self.replica_paths())

    def test_a_replica_that_cannot_be_written_is_recorded_and_stays_as_it_is(self):
        self.given_for_nobody({'a': 'x'}, {'old': 'x'})
        trees.give_to(0, self.replica)
        with self.untouched():
            result = self.sync('run', uid=NOBODY, expect=None)
        self.assertIn(result.code, (1, 3, 5))


@as_root
class PlainUserTest(ProgramTest):
    def given_own(self, source, replica=None):
        """Source and replica belong to the user who runs the program."""
        self.given(source, replica)
        os.makedirs(self.replica, exist_ok=True)
        self.live_as(NOBODY, self.source, self.replica)

    def mirror_as_nobody(self):
        self.sync('run', uid=NOBODY)
        self.assert_mirrored(owners=False)
        self.assert_quiet(uid=NOBODY)

    def test_read_only_directories_are_filled_changed_and_emptied(self):
        locked = {'x': 'x', 'deeper': folder({'y': 'y'}, mode=0o555)}
        self.given_own({'d': folder(locked, mode=0o555)})
        self.mirror_as_nobody()
        trees.write(self.in_source('d', 'x'), 'changed')
        self.mirror_as_nobody()
        trees.remove(self.in_source('d', 'deeper', 'y'))
        self.mirror_as_nobody()
        trees.remove(self.in_source('d'))
        self.mirror_as_nobody()

    def test_a_read_only_root_of_the_source_is_mirrored(self):
        self.given_own(folder({'a': 'x', 'd': {'b': 'x'}}, mode=0o555))
        self.mirror_as_nobody()
        trees.write(self.in_source('new'), 'x')
        trees.give_to(NOBODY, self.source)
        self.mirror_as_nobody()

    def test_a_read_only_directory_moves_to_another_parent(self):
        self.given_own({'one': {'d': folder({'x': 'x' * 500}, mode=0o555)}, 'two': {}})
        self.mirror_as_nobody()
        os.rename(self.in_source('one', 'd'), self.in_source('two', 'd'))
        self.mirror_as_nobody()

    def test_read_only_files_are_rewritten_and_removed(self):
        self.given_own({'a': file('new', mode=0o444)},
                       {'a': file('older', mode=0o444), 'b': file('x', mode=0o000)})
        self.mirror_as_nobody()

    def test_a_file_without_permissions_in_the_replica_gets_its_content_compared(self):
        self.given_own({'a': file('same', mtime=5)}, {'a': file('same', mtime=9, mode=0o000)})
        self.mirror_as_nobody()

    def test_owners_are_no_difference_for_a_plain_user(self):
        self.given({'a': 'x', 'd': {'b': 'x'}}, {})
        self.live_as(NOBODY, self.replica)
        self.sync('run', uid=NOBODY)
        self.assert_quiet(uid=NOBODY)
        with self.untouched():
            self.sync('run', uid=NOBODY)

    def test_set_id_bits_are_masked_where_the_owner_differs(self):
        self.given({'a': file('x', mode=0o6755)}, {})
        self.live_as(NOBODY, self.replica)
        self.sync('run', uid=NOBODY)
        self.assertEqual(0o755, os.lstat(self.in_replica('a')).st_mode & 0o7777)
        self.assert_quiet(uid=NOBODY)



@as_root
class ChangingHandsTest(ProgramTest):
    """What somebody else wrote, and may go on writing through a descriptor, is not made root's."""

    def assert_written_anew(self, *place):
        old = os.open(self.in_replica(*place), os.O_RDWR)
        self.sync('run')
        os.write(old, b'TOOL')
        os.close(old)
        self.assertEqual(b'tool', self.content('bin', 'tool'))
        self.assertEqual(0o4755, os.lstat(self.in_replica('bin', 'tool')).st_mode & 0o7777)

    def test_a_file_that_gets_another_owner_in_its_place(self):
        self.given({'bin': {'tool': file('tool', mode=0o4755, mtime=5)}},
                   {'bin': {'tool': file('tool', mtime=5)}})
        os.chown(self.in_replica('bin', 'tool'), NOBODY, NOBODY)
        self.assert_written_anew('bin', 'tool')

    def test_a_file_that_seems_to_have_moved_away_from_its_owner(self):
        self.given({'bin': {'tool': file('tool', mode=0o4755, mtime=5)}},
                   {'bin': {}, 'home': {'x': file('tool', mode=0o4755, mtime=5)}})
        trees.give_to(NOBODY, self.in_replica('home'))
        os.chmod(self.in_replica('home', 'x'), 0o4755)
        self.assert_written_anew('home', 'x')


if __name__ == '__main__':
    unittest.main()
