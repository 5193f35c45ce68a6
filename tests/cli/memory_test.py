"""The source or the replica is not what the last run saw."""
import os
import unittest

from tests.support import trees
from tests.support.program import REFUSED, ProgramTest, with_mounts
from tests.support.trees import SECOND

SOURCE = {'a': 'x', 'sub': {'b': 'x'}}


class MemoryTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, {})

    def test_an_emptied_source_that_is_the_same_folder_is_mirrored(self):
        self.mirror()  # of fewer than ten entries: see strange_folders_test
        for name in SOURCE:
            trees.remove(self.in_source(name))
        self.mirror()

    def test_an_empty_source_that_is_another_folder_than_last_time_is_refused(self):
        self.mirror()
        os.rename(self.source, self.at('away'))
        os.mkdir(self.source)
        with self.untouched():
            for command in ('run', 'plan'):
                result = self.sync(command, expect=REFUSED)
                self.assertIn('3 entries', result.err)
                self.assertIn('--new-source', result.err)
        self.mirror('--new-source')

    def test_the_cache_may_be_deleted_and_what_the_last_run_saw_is_known_all_the_same(self):
        trees.set_mtime(self.in_source('a'), SECOND)
        self.mirror()
        trees.set_mtime(self.in_source('a'), 2 * SECOND)  # asks for its hash
        self.mirror()
        folder = os.path.join(self.state, 'foldersync')
        self.assertIn('cache.db', os.listdir(folder))
        for name in os.listdir(folder):
            if name.startswith('cache.db'):
                os.remove(os.path.join(folder, name))
        os.rename(self.source, self.at('away'))
        os.mkdir(self.source)
        with self.untouched():
            self.assertIn('3 entries', self.sync('run', expect=REFUSED).err)

    @with_mounts
    def test_a_source_whose_disk_is_not_mounted_is_refused(self):
        self.source = self.at('disk')
        self.mount_tmpfs(self.source)
        self.given(SOURCE)
        self.mirror()
        self.unmount(self.source)
        with self.untouched():
            self.sync('run', expect=REFUSED)
            self.sync('plan', expect=REFUSED)

    def test_a_replica_that_the_last_run_knew_and_is_missing_is_refused(self):
        self.mirror()
        os.rename(self.replica, self.at('away'))
        for command in ('run', 'plan'):
            result = self.sync(command, expect=REFUSED)
            self.assertIn('3 entries', result.err)
            self.assertIn('--new-replica', result.err)
        self.assertFalse(os.path.exists(self.replica))
        self.mirror('--new-replica')

    @with_mounts
    def test_a_replica_whose_disk_is_not_mounted_is_refused(self):
        self.replica = self.at('disk')
        self.mount_tmpfs(self.replica)
        self.mirror()
        self.unmount(self.replica)
        with self.untouched():
            self.sync('run', expect=REFUSED)
        self.mirror('--new-replica')


@with_mounts
class SourceMountTest(ProgramTest):
    def given_a_mount(self):
        self.given({'a': 'x', 'd': {'m': {}}})
        self.mount_tmpfs(self.in_source('d', 'm'))
        trees.build(self.in_source('d', 'm'), {'inside': 'x', 'e': {'f': 'y'}})

    def test_a_mount_that_has_gone_is_refused_and_not_emptied(self):
        self.given_a_mount()
        self.mirror()
        self.unmount(self.in_source('d', 'm'))
        with self.untouched():
            self.sync('run', expect=REFUSED)
        self.assertEqual(b'y', self.content('d', 'm', 'e', 'f'))

    def test_a_mount_that_has_come_back_is_mirrored_again(self):
        self.given_a_mount()
        self.mirror()
        self.unmount(self.in_source('d', 'm'))
        self.sync('run', expect=REFUSED)
        self.mount_tmpfs(self.in_source('d', 'm'))
        trees.build(self.in_source('d', 'm'), {'inside': 'changed'})
        self.sync('run', expect=(0, REFUSED))


if __name__ == '__main__':
    unittest.main()
