"""Dangerous command lines are refused before anything is touched."""
import os
import shutil
import stat
import unittest

from tests.support import trees
from tests.support.program import NOBODY, REFUSED, USAGE, ProgramTest, as_root, with_mounts
from tests.support.trees import fifo, symlink

SOURCE = {'a': 'x', 'sub': {'b': 'x'}}
REPLICA = {'old': 'x', 'sub': {'c': 'x'}}


class RefusalTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def assert_refused(self, source, replica, *options, code=REFUSED, **others):
        """Plan and run refuse; neither tree is written to; the refusal says why."""
        with self.untouched(self.source, self.replica):
            for command in ('plan', 'run'):
                result = self.execute(command, '-s', source, '-r', replica, *options, expect=code,
                                      **others)
                self.assertNotEqual('', result.out + result.err)

    # Roots

    def test_a_missing_source_is_refused(self):
        self.assert_refused(self.at('nowhere'), self.replica)
        self.assert_refused(self.at('nowhere', 'deeper'), self.replica)

    def test_a_source_that_is_no_directory_is_refused(self):
        trees.build(self.at('odd'), {'file': 'x', 'fifo': fifo(), 'dangling': symlink('nowhere')})
        for name in ('file', 'fifo', 'dangling'):
            with self.subTest(name=name):
                self.assert_refused(self.at('odd', name), self.replica)

    def test_a_replica_that_is_no_directory_is_refused(self):
        trees.build(self.at('odd'), {'file': 'x', 'fifo': fifo(), 'dangling': symlink('nowhere'),
                                     'to file': symlink('file')})
        with self.untouched(self.at('odd')):
            for name in ('file', 'fifo', 'dangling', 'to file'):
                with self.subTest(name=name):
                    self.assert_refused(self.source, self.at('odd', name))

    def test_a_replica_whose_parent_is_missing_is_refused(self):
        self.assert_refused(self.source, self.at('nowhere', 'replica'))
        self.assertFalse(os.path.exists(self.at('nowhere')))

    def test_a_replica_below_a_file_is_refused(self):
        trees.write(self.at('file'), 'x')
        self.assert_refused(self.source, self.at('file', 'replica'))

    def test_an_empty_root_is_wrong_usage(self):
        self.assert_refused('', self.replica, code=USAGE)
        self.assert_refused(self.source, '', code=USAGE)

    @as_root
    def test_a_link_of_somebody_else_is_not_followed_to_the_replica(self):
        os.symlink(self.replica, self.at('planted'))
        os.chown(self.at('planted'), NOBODY, NOBODY, follow_symlinks=False)
        for end in ('', '/', '/.'):
            self.assert_refused(self.source, self.at('planted') + end)

    # The same folder, or one inside the other

    def test_the_same_folder_is_refused_however_it_is_spelled(self):
        os.symlink('source', self.at('link'))
        for other in (self.source, self.source + '/', self.at('source', '.'), self.at('link'),
                      self.at('replica', '..', 'source'), self.at('link', 'sub', '..')):
            with self.subTest(other=other):
                self.assert_refused(self.source, other)

    def test_a_replica_inside_the_source_is_refused(self):
        for name in ('sub', 'new', 'sub/new'):
            with self.subTest(name=name):
                self.assert_refused(self.source, self.in_source(name))

    def test_a_source_inside_the_replica_is_refused(self):
        self.assert_refused(self.in_replica('sub'), self.replica)

    def test_nesting_through_a_link_is_refused(self):
        os.symlink('source/sub', self.at('link'))
        self.assert_refused(self.source, self.at('link'))
        self.assert_refused(self.source, self.at('link', 'new'))
        self.assert_refused(self.at('link'), self.source)

    @with_mounts
    def test_the_same_folder_through_a_bind_mount_is_refused(self):
        self.mount_bind(self.source, self.at('bound'))
        self.assert_refused(self.source, self.at('bound'))
        self.assert_refused(self.at('bound'), self.source)

    @with_mounts
    def test_nesting_through_a_bind_mount_is_refused(self):
        self.mount_bind(self.source, self.at('bound'))
        self.assert_refused(self.source, self.at('bound', 'sub'))
        self.assert_refused(self.source, self.at('bound', 'new'))
        self.assert_refused(self.at('bound', 'sub'), self.source)

    @with_mounts
    def test_a_bind_mount_of_a_part_of_the_other_tree_is_refused(self):
        self.mount_bind(self.in_source('sub'), self.at('bound'))
        self.assert_refused(self.source, self.at('bound'))

    @with_mounts
    def test_the_replica_mounted_inside_the_source_is_refused(self):
        self.mount_bind(self.replica, self.in_source('sub'))
        self.assert_refused(self.source, self.replica)

    # What is not there yet

    def test_what_is_missing_above_the_replica_is_made_where_that_is_asked_for(self):
        self.replica = self.at('x', 'y', 'replica')
        self.assertIn('--mkpath', self.sync('run', expect=REFUSED).err)
        self.assertFalse(os.path.exists(self.at('x')))
        plan = self.plan_file('--mkpath')
        self.assertFalse(os.path.exists(self.at('x')))
        self.sync('apply', plan, expect=REFUSED)
        self.sync('apply', plan, '--mkpath', umask=0o027)
        self.assertEqual(0o750, stat.S_IMODE(os.stat(self.at('x', 'y')).st_mode))
        self.assert_mirrored()
        shutil.rmtree(self.at('x'))
        self.sync('run', '--mkpath', '--new-replica')
        self.assert_mirrored()

    # Precious places

    def test_the_home_folder_itself_is_refused(self):
        trees.write(os.path.join(self.home, 'precious'), 'x')
        with self.untouched(self.home):
            self.assert_refused(self.source, self.home)

    def test_a_folder_in_the_home_folder_is_fine(self):
        self.replica = os.path.join(self.home, 'backup')
        self.mirror()

    def test_the_root_of_the_file_system_is_refused(self):
        self.execute('plan', '-s', self.source, '-r', '/', expect=REFUSED)
        self.execute('plan', '-s', self.source, '-r', '//.', expect=REFUSED)

    # Files of our own inside the replica

    def test_a_log_inside_the_replica_is_refused(self):
        for name in ('log.txt', 'sub/log.txt', 'old'):
            with self.subTest(name=name), self.untouched():
                self.sync('run', '-l', self.in_replica(name), expect=REFUSED)

    def test_a_log_inside_the_replica_through_a_link_is_refused(self):
        os.symlink('replica/sub', self.at('link'))
        with self.untouched():
            self.sync('run', '-l', self.at('link', 'log.txt'), expect=REFUSED)

    def test_the_default_log_inside_the_replica_is_refused(self):
        with self.untouched():
            self.sync('run', cwd=self.replica, expect=REFUSED)

    def test_state_and_plan_inside_the_replica_are_refused(self):
        with self.untouched():
            self.sync('run', '--state', self.in_replica('state'), expect=REFUSED)
        with self.untouched():
            self.sync('plan', '-o', self.in_replica('plan.json'), expect=REFUSED)

    def test_the_replica_itself_is_no_place_for_what_is_our_own(self):
        os.symlink('replica', self.at('link'))
        for place in (self.replica, self.replica + '/', self.at('link'), self.at('link', 'sub')):
            for command, option in (('run', '--state'), ('plan', '--state'), ('run', '-l'),
                                    ('plan', '-o')):
                with self.subTest(place=place, option=option), self.untouched():
                    result = self.sync(command, option, place, expect=REFUSED)
                    self.assertIn('--state', result.err)
        with self.untouched():
            self.execute('recover', '-r', self.replica, '--state', self.replica, expect=REFUSED)

    def test_a_replica_that_is_not_there_yet_is_no_place_either(self):
        trees.remove(self.replica)
        for command, option in (('run', '--state'), ('plan', '--state'), ('run', '-l'),
                                ('plan', '-o')):
            for place in (self.replica, self.in_replica('deeper')):
                with self.subTest(place=place, option=option):
                    self.sync(command, option, place, expect=REFUSED)
                    self.assertFalse(os.path.exists(self.replica))

    def test_a_place_beside_the_replica_is_fine(self):
        self.mirror('--state', self.in_replica('..', 'beside'))
        self.mirror('--state', self.in_replica('..'))
        self.sync('plan', '-o', self.replica + '.json')

    # Files of our own inside the source

    def test_the_source_itself_is_no_place_for_what_is_our_own(self):
        os.symlink('source', self.at('link'))
        for place in (self.source, self.source + '/', self.at('link')):
            for command, option in (('run', '--state'), ('plan', '--state'), ('run', '-l'),
                                    ('plan', '-o')):
                with self.subTest(place=place, option=option), self.untouched(self.source,
                                                                              self.replica):
                    self.sync(command, option, place, expect=REFUSED)

    def test_a_state_in_the_source_is_left_out_by_any_name(self):
        os.symlink('source/state', self.at('link'))
        os.mkdir(self.in_source('state'), mode=0o700)
        for place in (self.in_source('state'), self.at('link')):
            self.sync('run', '--state', place, source_may_change=True)
            self.assertTrue(os.path.exists(self.in_source('state', 'memory.db')))
            self.assertFalse(os.path.lexists(self.in_replica('state')))

    def test_a_log_that_cannot_be_opened_is_refused_where_it_was_asked_for(self):
        trees.build(self.at('odd'), {'dir': {}, 'fifo': fifo(), 'link': symlink('target')})
        for name in ('dir', 'fifo', 'link', 'missing/log.txt'):
            with self.subTest(name=name), self.untouched():
                self.sync('run', '-l', self.at('odd', name), expect=REFUSED)

    def test_a_default_log_that_cannot_be_opened_is_a_warning(self):
        os.mkdir(self.log)
        result = self.mirror()
        self.assertIn('log.txt', result.out + result.err)


if __name__ == '__main__':
    unittest.main()
