"""What may have moved to where nothing can be read is not deleted from the replica."""
import os
import unittest

from tests.support import trees
from tests.support.program import DONE, NOBODY, PARTIAL, ProgramTest, as_root

TREE = {'a': 'the only copy', 'b': 'another', 'closed': {'x': 'x'}, 'open': {'y': 'y', 'z': 'zz'}}


@as_root
class HeldTest(ProgramTest):
    """The runs are somebody's who may not read everything."""

    def setUp(self):
        super().setUp()
        self.given(TREE, {})
        self.live_as(NOBODY, self.source, self.replica)

    def close(self, *names):
        os.chown(self.in_source(*names), 0, 0)
        os.chmod(self.in_source(*names), 0o700)

    def open(self, *names):
        trees.give_to(NOBODY, self.in_source(*names))

    def run_as_nobody(self, *args, expect=DONE):
        return self.sync('run', *args, expect=expect, uid=NOBODY)

    def there(self):
        return sorted(name for name in ('a', 'b') if os.path.exists(self.in_replica(name)))

    def test_a_file_that_moved_into_a_directory_that_became_unreadable_stays_for_ten_cycles(self):
        self.run_as_nobody()
        os.rename(self.in_source('a'), self.in_source('closed', 'a'))
        self.close('closed')
        for _ in range(10):
            said = self.run_as_nobody(expect=PARTIAL).err
            self.assertIn('--delete-anyway', said)
            self.assertEqual(['a', 'b'], self.there())
        os.rename(self.in_source('closed'), self.in_source('renamed'))
        for _ in range(2):
            self.run_as_nobody(expect=PARTIAL)
            self.assertEqual(['a', 'b'], self.there())
        plan = self.plan(expect=PARTIAL, uid=NOBODY)
        self.assertIn({'path': 'a', 'reason': 'held'}, plan['skipped'])
        self.open('renamed')
        self.run_as_nobody()
        self.assert_mirrored()

    def test_what_was_unreadable_from_the_beginning_holds_nothing_up(self):
        self.close('closed')
        self.assertIn('first run', self.run_as_nobody(expect=PARTIAL).err)
        os.remove(self.in_source('a'))
        self.assertNotIn('first run', self.run_as_nobody(expect=PARTIAL).err)
        self.assertEqual(['b'], self.there())
        self.open('closed')
        self.run_as_nobody()
        os.remove(self.in_source('b'))
        self.close('closed')  # it was readable meanwhile
        self.run_as_nobody(expect=PARTIAL)
        self.assertEqual(['b'], self.there())

    def test_a_directory_that_is_gone_holds_nothing_up_nor_does_one_that_a_person_gives_up(self):
        self.run_as_nobody()
        os.remove(self.in_source('a'))
        self.close('closed')
        self.run_as_nobody(expect=PARTIAL)
        self.run_as_nobody('--exclude', '/closed', expect=PARTIAL)
        self.assertEqual(['a', 'b'], self.there())
        trees.remove(self.in_source('closed'))
        self.run_as_nobody()
        self.assertEqual(['b'], self.there())
        os.remove(self.in_source('b'))
        self.close('open')
        self.run_as_nobody(expect=PARTIAL)
        self.assertEqual(['b'], self.there())
        self.run_as_nobody('--delete-anyway', expect=PARTIAL)
        self.assertEqual([], self.there())
        trees.write(self.in_source('a'), 'x')
        self.run_as_nobody(expect=PARTIAL)
        os.remove(self.in_source('a'))
        self.run_as_nobody(expect=PARTIAL)
        self.assertEqual([], self.there())

    def test_moves_and_writes_go_on_and_directories_of_what_is_held_stay(self):
        self.run_as_nobody()
        self.close('closed')
        os.mkdir(self.in_source('new'))
        os.rename(self.in_source('open', 'z'), self.in_source('new', 'z'))
        trees.remove(self.in_source('open'))
        trees.write(self.in_source('b'), 'changed')
        trees.give_to(NOBODY, self.in_source('b'), self.in_source('new'))
        self.run_as_nobody(expect=PARTIAL)
        self.assertEqual(b'changed', self.content('b'))
        self.assertEqual(b'zz', self.content('new', 'z'))
        self.assertEqual(['y'], os.listdir(self.in_replica('open')))
        with self.untouched():
            self.run_as_nobody(expect=PARTIAL)

    def test_a_file_that_moved_and_cannot_be_read_keeps_its_copy(self):
        self.run_as_nobody()
        for command in ('run', 'plan and apply'):
            with self.subTest(command=command):
                os.rename(self.in_source('open', 'y'), self.in_source('moved'))
                self.close('moved')
                if command == 'run':
                    self.run_as_nobody(expect=PARTIAL)
                else:
                    plan = self.plan_text(uid=NOBODY)
                    self.execute('apply', '-', input=plan, uid=NOBODY, expect=PARTIAL)
                self.assertEqual(b'y', self.content('open', 'y'))
                os.rename(self.in_source('moved'), self.in_source('open', 'y'))
                self.open('open', 'y')
                self.run_as_nobody()
        os.rename(self.in_source('open', 'y'), self.in_source('moved'))
        self.close('moved')
        self.run_as_nobody('--delete-anyway', expect=PARTIAL)
        self.assertFalse(os.path.exists(self.in_replica('open', 'y')))

    def test_a_whole_directory_that_goes_keeps_what_could_not_be_written_elsewhere(self):
        self.run_as_nobody()
        os.rename(self.in_source('open', 'y'), self.in_source('moved'))
        self.close('moved')
        trees.remove(self.in_source('open'))
        self.run_as_nobody(expect=PARTIAL)
        self.assertEqual(['y'], os.listdir(self.in_replica('open')))

    def test_an_unreadable_file_that_is_compared_holds_what_has_its_size_and_time(self):
        self.run_as_nobody()
        trees.write(self.in_source('b'), 'the only copY')
        os.remove(self.in_source('a'))
        stamp = os.stat(self.in_replica('a')).st_mtime_ns
        trees.set_mtime(self.in_source('b'), stamp)
        os.remove(self.in_replica('b'))
        trees.write(self.in_replica('b'), 'the only copy')
        trees.set_mtime(self.in_replica('b'), stamp + 1)
        self.close('b')
        self.run_as_nobody(expect=PARTIAL)
        self.assertEqual(['a', 'b'], self.there())


if __name__ == '__main__':
    unittest.main()
