"""What the scripts that people use for this today get wrong, one test each."""
import os
import unittest

from tests.support import compare, trees
from tests.support.program import NOBODY, PARTIAL, REFUSED, ProgramTest, as_root, with_mounts
from tests.support.trees import SECOND, fifo, file, folder, symlink


class RegressionTest(ProgramTest):
    def test_an_extra_link_to_a_directory_is_removed_and_its_target_left_alone(self):
        trees.build(self.at('outside'), {'precious': 'x', 'd': {'e': 'y'}})
        self.given({'a': 'x'}, {'link': symlink(self.at('outside')), 'a': 'x'})
        with self.untouched(self.at('outside')):
            self.mirror()

    def test_a_link_in_place_of_a_directory_is_not_written_through(self):
        trees.build(self.at('outside'), {'precious': 'x'})
        self.given({'d': {'new': 'x'}}, {'d': symlink(self.at('outside'))})
        with self.untouched(self.at('outside')):
            self.mirror()

    def test_a_link_in_place_of_a_file_is_not_written_through(self):
        trees.build(self.at('outside'), {'precious': file('x', mode=0o600)})
        self.given({'a': file('new', mode=0o644)}, {'a': symlink(self.at('outside', 'precious'))})
        with self.untouched(self.at('outside')):
            self.mirror()

    def test_a_link_to_a_directory_in_the_source_is_not_followed(self):
        trees.build(self.at('outside'), {'private': 'x'})
        self.given({'link': symlink(self.at('outside'))})
        self.mirror()
        self.assertEqual(['link'], self.replica_paths())

    def test_a_file_takes_the_place_of_a_directory(self):
        self.given({'a': 'file'}, {'a': {'b': {'c': 'x'}}})
        self.mirror()

    def test_a_directory_takes_the_place_of_a_file(self):
        self.given({'a': {'b': {'c': 'x'}}}, {'a': 'file'})
        self.mirror()

    def test_a_broken_link_is_mirrored_and_can_be_removed(self):
        self.given({'new': symlink('nowhere')}, {'old': symlink('nowhere'), 'new': 'file'})
        self.mirror()

    def test_a_fifo_does_not_hang_the_run(self):
        self.given({'a': fifo(), 'b': 'x'}, {'b': fifo(), 'c': fifo()})
        self.mirror()

    @as_root
    def test_nothing_below_a_directory_that_cannot_be_read_is_deleted(self):
        self.given({'locked': folder({'x': 'x'}, mode=0o000)}, {'locked': {'x': 'x', 'y': 'y'}})
        self.live_as(NOBODY, self.replica)
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(['locked', 'locked/x', 'locked/y'], self.replica_paths())

    def test_a_replica_inside_the_source_is_refused(self):
        self.given({'a': 'x'})
        with self.untouched(self.source):
            self.execute('run', '-s', self.source, '-r', self.in_source('copy'), expect=REFUSED)

    def test_a_source_inside_the_replica_is_refused(self):
        self.given({'a': 'x', 'inner': {'b': 'x'}})
        with self.untouched(self.source):
            self.execute('run', '-s', self.in_source('inner'), '-r', self.source, expect=REFUSED)

    def test_the_same_folder_twice_is_refused(self):
        self.given({'a': 'x'})
        with self.untouched(self.source):
            self.execute('run', '-s', self.source, '-r', self.source, expect=REFUSED)

    @with_mounts
    def test_a_bind_mount_does_not_hide_that_the_folders_are_nested(self):
        self.given({'a': 'x', 'inner': {'b': 'x'}})
        self.mount_bind(self.source, self.at('bound'))
        with self.untouched(self.source):
            for source, replica in ((self.source, 'bound'), (self.source, 'bound/inner'),
                                    (self.in_source('inner'), 'bound')):
                self.execute('run', '-s', source, '-r', self.at(replica), expect=REFUSED)

    def test_a_log_inside_the_replica_is_refused(self):
        self.given({'a': 'x'}, {'old': 'x'})
        with self.untouched():
            self.sync('run', '-l', self.in_replica('log.txt'), expect=REFUSED)

    def test_a_log_inside_the_source_is_left_out(self):
        self.given({'a': 'x'})
        for _ in range(2):
            self.sync('run', '-l', self.in_source('log.txt'), source_may_change=True)
            self.assertEqual(['a'], self.replica_paths())
        self.assert_log_is_clean(self.in_source('log.txt'))

    def test_a_touched_but_identical_file_gets_its_time_and_keeps_its_inode(self):
        self.given({'a': file('same content', mtime=9 * SECOND)},
                   {'a': file('same content', mtime=5 * SECOND)})
        inode = trees.inode(self.in_replica('a'))
        self.assertEqual([('metadata', 'a')], self.operations())
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('a')))

    def test_a_change_of_mode_only_keeps_the_inode(self):
        self.given({'a': file('x', mode=0o600, mtime=5), 'd': folder({}, mode=0o700, mtime=5)},
                   {'a': file('x', mode=0o644, mtime=5), 'd': folder({}, mode=0o755, mtime=5)})
        inodes = [trees.inode(self.in_replica(name)) for name in 'ad']
        self.mirror()
        self.assertEqual(inodes, [trees.inode(self.in_replica(name)) for name in 'ad'])

    def test_an_empty_directory_is_mirrored(self):
        self.given({'d': {'e': {}}})
        self.mirror()
        self.assertEqual(['d', 'd/e'], compare.paths(self.replica))

    def test_an_unreadable_source_is_not_an_empty_one(self):
        self.given({'a': 'x'}, {'a': 'x', 'b': 'x'})
        os.rename(self.source, self.at('away'))
        with self.untouched():
            self.sync('run', expect=REFUSED)


if __name__ == '__main__':
    unittest.main()
