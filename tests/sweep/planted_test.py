"""What others put under the name of a staging folder is never executed, resumed, emptied or removed."""
import os
import shutil
import stat
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.program import DONE, PARTIAL, as_root, with_mounts
from tests.sweep.sweep import KILLED, StoppedTest

OTHER = 1001  # somebody who may write in parts of the trees
STAGING = '.sync-txn'
TREE = {'a': 'new a', 'b': 'new b', 'd': {'c': 'new c'}}
OLD = {'a': 'old', 'gone': 'goes', 'd': {'c': 'old c', 'x': 'goes'}}


class PlantedTest(StoppedTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.given(TREE, OLD)

    def kill_after_commit(self, replica):
        """A run on the replica, killed after the first change that others can see.

        The name of its staging folder.
        """
        self.execute('run', '-s', self.source, '-r', replica, '--threads', '1', expect=KILLED,
                     wrapper=self.stopper('--only', 'renameat,renameat2', '--kill-after', '1'))
        name, = (name for name in os.listdir(replica) if name.startswith(STAGING)
                 and os.path.exists(os.path.join(replica, name, 'COMMIT')))
        return name

    @staticmethod
    def state_of(path):
        if not os.path.isdir(path) or os.path.islink(path):
            return os.lstat(path).st_ino, os.lstat(path).st_ctime_ns
        return compare.fingerprint(path)

    def use_state(self, name):
        self.state = self.at(name)
        os.makedirs(self.state, exist_ok=True)

    def assert_kept(self, *paths, first=PARTIAL, **options):
        """Two runs leave what lies at the paths as it is, and make all else equal."""
        before = [self.state_of(self.in_replica(path)) for path in paths]
        said = [self.sync('run', expect=first, **options), self.sync('run', expect=DONE, **options)]
        for path, old in zip(paths, before):
            self.assertEqual(old, self.state_of(self.in_replica(path)))
        for result, told_once in zip(said, (True, False)):
            for path in paths:
                self.assertEqual(told_once, f"'{path}' in the replica" in result.err, result)
            self.assertIn('not known to be ours', result.out + result.err)
        away = [shutil.move(self.in_replica(path), self.at(f'aside{number}'))
                for number, path in enumerate(paths)]
        self.sync('run')
        self.assert_mirrored()
        return away

    # Records

    def test_a_record_of_another_state_is_not_executed(self):
        self.use_state('forger')
        forged = self.at('forged')
        trees.build(forged, {'a': 'old'})
        self.kill_after_commit(forged)
        self.use_state('state')
        for mode in (0o700, 0o770):
            shutil.copytree(os.path.join(forged, STAGING), self.in_replica(STAGING))
            os.chmod(self.in_replica(STAGING), mode)
            trees.remove(self.assert_kept(STAGING)[0])

    def test_a_forged_one_in_the_place_of_a_killed_run_is_not_executed(self):
        self.kill_after_commit(self.replica)
        os.rename(self.in_replica(STAGING), self.at('genuine'))
        shutil.copytree(self.at('genuine'), self.in_replica(STAGING))
        shutil.rmtree(self.in_replica(STAGING, '0'))
        os.mkdir(self.in_replica(STAGING, '0'))
        self.assert_kept(STAGING)

    def test_a_genuine_one_is_not_executed_in_another_replica(self):
        other = self.at('other')
        trees.build(other, OLD)
        self.kill_after_commit(other)
        os.rename(os.path.join(other, STAGING), self.in_replica(STAGING))
        self.assert_kept(STAGING)

    def test_a_genuine_one_is_not_executed_once_a_run_did_not_find_it(self):
        self.kill_after_commit(self.replica)
        os.rename(self.in_replica(STAGING), self.at('away'))
        self.sync('run')
        self.assert_mirrored()
        os.rename(self.at('away'), self.in_replica(STAGING))
        self.assert_kept(STAGING)

    def test_a_genuine_one_is_not_executed_below_the_root(self):
        self.kill_after_commit(self.replica)
        os.rename(self.in_replica(STAGING), self.in_replica('d', STAGING))
        self.assert_kept(os.path.join('d', STAGING))

    def test_where_the_state_is_lost_the_leftovers_are_kept_and_the_mirror_goes_on(self):
        self.kill_after_commit(self.replica)
        trees.remove(self.state)
        os.mkdir(self.state)
        self.assert_kept(STAGING)

    def test_two_hosts_use_a_disk_in_turn(self):
        self.use_state('first')
        self.kill_after_commit(self.replica)
        self.use_state('second')
        self.sync('run', expect=PARTIAL)
        self.use_state('first')
        self.sync('run')
        self.assert_mirrored()

    @as_root
    @with_mounts
    def test_one_that_is_damaged_is_a_problem_of_that_folder_alone(self):
        self.mount_image(self.replica, 'mkfs.ext4', '-q')
        trees.build(self.replica, OLD)
        self.kill_after_commit(self.replica)
        image = f'{self.replica}.img'
        subprocess.run(['umount', self.replica], check=True)
        subprocess.run(['debugfs', '-w', '-R', f'clri {STAGING}', image], check=True,
                       capture_output=True)
        subprocess.run(['mount', '-o', 'loop', image, self.replica], check=True)
        said = self.execute('recover', '-r', self.replica, expect=PARTIAL)
        self.assertIn(f"'{STAGING}' of a run that was killed can't be looked at", said.err)
        pair = ('-s', self.source, '-r', self.replica)
        for _ in range(2):
            said = self.execute('run', *pair, expect=PARTIAL)
            self.assertIn(f"stat '{STAGING}' in the replica", said.err)
            for path, content in (('a', b'new a'), ('b', b'new b'), ('d/c', b'new c')):
                self.assertEqual(content, self.content(path))
        left = [name for name in os.listdir(self.replica) if name.startswith(STAGING)]
        self.assertEqual([STAGING], left)

    # Whatever else has the name

    def test_a_private_folder_is_untouched(self):
        for place in ('', 'd', 'gone-with-it'):
            os.makedirs(self.in_replica(place), exist_ok=True)
            trees.build(self.in_replica(place, STAGING), {'keys': 'secret', 'e': {'f': 'x'}})
            os.chmod(self.in_replica(place, STAGING), 0o700)
            for path in self.assert_kept(os.path.join(place, STAGING)):
                self.assertEqual(b'secret', trees.read(os.path.join(path, 'keys')))
                trees.remove(path)

    def test_a_partial_copy_is_untouched(self):
        trees.build(self.in_replica(STAGING), {'partial': {'1': 'theirs', '1.of': 'partial copy 1'},
                                               'earlier': {'2': 'theirs'}})
        self.assert_kept(STAGING)

    @as_root
    def test_what_somebody_else_has_under_the_name_is_a_problem_of_that_folder(self):
        def folder(path):
            trees.build(path, {'x': 'theirs'})

        def link(path):
            os.symlink('/etc', path)

        for make in (folder, link, os.mkfifo):
            path = self.in_replica('d', STAGING)
            make(path)
            trees.give_to(OTHER, path) if make is folder else os.lchown(path, OTHER, OTHER)
            kept, = self.assert_kept(os.path.join('d', STAGING))
            trees.remove(kept)

    def test_another_case_of_the_name_is_told_too(self):
        trees.build(self.in_replica('d', '.Sync-TXN'), {'x': 'theirs'})
        self.assert_kept(os.path.join('d', '.Sync-TXN'))

    def test_what_others_wrote_in_a_run_that_was_killed_is_told_until_it_is_dropped(self):
        os.mkdir(self.in_replica(STAGING))
        self.sync('run', expect=PARTIAL)  # which is another folder's name from now on
        trees.write(self.in_source('a'), 'newer')
        name = self.kill_after_commit(self.replica)
        trees.write(self.in_replica(name, 'conflict', '1'), 'of somebody else')
        for _ in range(2):
            said = self.sync('run', expect=PARTIAL).err
            self.assertIn(f"'{name}/conflict'", said)
            self.assertIn('--drop-conflicts', said)
        self.assertEqual(b'of somebody else', self.content(name, 'conflict', '1'))
        self.execute('recover', '-r', self.replica, '--drop-conflicts', expect=DONE)
        self.assertEqual([], [found for found in os.listdir(self.replica) if found == name])

    def test_many_of_them_are_told_in_few_lines_and_once(self):
        for number in range(1, 31):
            trees.build(self.in_replica(f'k{number}', STAGING), {'x': 'theirs'})
        said = self.sync('run', expect=PARTIAL).err
        self.assertEqual(10, said.count('has the name of a staging folder'))
        self.assertIn('and 20 more of that kind', said)
        said = self.sync('run', expect=DONE)
        self.assertNotIn('of a staging folder', said.err)
        self.assertIn('and 29 more', said.out + said.err)

    # On request

    def test_discard_removes_it_and_nothing_else_does(self):
        trees.build(self.in_replica(STAGING), {'x': 'theirs'})
        trees.build(self.in_replica('d', STAGING), {'x': 'theirs'})
        with self.untouched():
            result = self.execute('recover', '-r', self.replica, expect=PARTIAL)
        self.assertIn(self.state, result.out)
        self.assertIn('recover --discard', result.err)
        self.execute('recover', '-r', self.replica, '--discard', expect=DONE)
        self.assertFalse(os.path.lexists(self.in_replica(STAGING)))
        self.assertFalse(os.path.lexists(self.in_replica('d', STAGING)))
        self.mirror()

    def test_an_empty_folder_of_a_run_that_was_killed_before_it_had_a_proof_goes(self):
        self.sync('plan')  # makes the state folder
        for _ in range(4):  # it also makes folders elsewhere, which are there the next time
            self.sync('run', expect=KILLED,
                      wrapper=self.stopper('--only', 'mkdir,mkdirat', '--kill-after', '1'))
            if os.path.lexists(self.in_replica(STAGING)):
                break
        self.assertEqual([], os.listdir(self.in_replica(STAGING)))
        self.assertEqual(0o700, stat.S_IMODE(os.stat(self.in_replica(STAGING)).st_mode))
        self.mirror()


if __name__ == '__main__':
    unittest.main()
