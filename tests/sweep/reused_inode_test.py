"""A run of root's is killed; the owner of a folder puts a file of his own under a recorded inode."""
import os
import subprocess
import unittest

from tests.support import trees
from tests.support.program import as_root, with_mounts
from tests.support.trees import SECOND, file, folder
from tests.sweep.sweep import KILLED, StoppedTest

THEN = 1_000_000_000 * SECOND
NAME = 'a\x1b[2J'  # of his choice, too
SOMEBODY = 1001
TRIES = 200


@as_root
@with_mounts
class ReusedInodeTest(StoppedTest):
    def setUp(self):
        super().setUp()
        self.theirs = self.in_replica('d', NAME)

    def prepare(self, *mkfs):
        self.mount_image(self.at('disk'), *mkfs)
        self.replica = self.at('disk', 'replica')
        his = {'owner': (SOMEBODY, SOMEBODY)}
        self.given(folder({'d': folder({NAME: file('right', mode=0o644, mtime=THEN)}, **his)}),
                   folder({'d': folder({NAME: file('right', mode=0o600, mtime=THEN)}, **his)}))
        os.chmod(self.at('disk'), 0o755)
        self.theirs = os.path.join(self.replica, 'd', NAME)

    def kill_after_commit(self):
        commit = os.path.join(self.replica, '.sync-txn', 'COMMIT')
        for point in range(1, 100):
            wrapper = self.stopper('--only', 'fsync', '--kill-after', str(point))
            code = self.execute('run', '-s', self.source, '-r', self.replica, '--threads', '1',
                                wrapper=wrapper).code
            self.assertEqual(KILLED, code, f'the run ended before point {point}')
            if os.path.exists(commit):
                return
        self.fail('no point after COMMIT')

    def take_the_inode(self):
        """As the owner of the folder: another file of the same number, size and time."""
        number = os.lstat(self.theirs).st_ino
        script = ('import os, sys\npath, number = sys.argv[1], int(sys.argv[2])\n'
                  'os.unlink(path)\n'
                  f'for turn in range({TRIES}):\n'
                  '  name = path if turn == 0 else f"{path}{turn}"\n'
                  '  open(name, "w").write("wrong")\n'
                  '  if os.lstat(name).st_ino == number: break\n'
                  'else: sys.exit(9)\n'
                  'os.chmod(name, 0o600)\n'
                  f'os.utime(name, ns=({THEN}, {THEN}))\n'
                  'os.rename(name, path)\n')
        done = subprocess.run(['python3', '-c', script, self.theirs, str(number)], check=False,
                              user=SOMEBODY, group=SOMEBODY, extra_groups=[])
        if done.returncode == 9:
            self.skipTest('this file system does not use inode numbers again at once')
        self.assertEqual(0, done.returncode)

    def recovered(self, mkfs, *options):
        self.prepare(*mkfs)
        self.kill_after_commit()
        self.take_the_inode()
        said = self.execute('recover', '-r', self.replica, *options)
        self.assertNotIn('\x1b', said.out + said.err)
        status = os.lstat(self.theirs)
        self.assertEqual((SOMEBODY, SOMEBODY), (status.st_uid, status.st_gid))
        self.assertEqual(b'wrong', trees.read(self.theirs))
        self.sync('run')
        self.assertEqual(b'right', trees.read(self.theirs))

    def test_the_time_of_birth_tells_it_from_the_recorded_file(self):
        for options in ((), ('--rollback',)):
            with self.subTest(options):
                self.source = self.at('source' + '-'.join(options))
                self.recovered(('mkfs.ext4', '-q', '-I', '256'), *options)
                self.unmount(self.at('disk'))

    def test_the_generation_does_where_nobody_knows_the_birth(self):
        for options in ((), ('--rollback',)):
            with self.subTest(options):
                self.source = self.at('source' + '-'.join(options))
                self.recovered(('mkfs.ext4', '-q', '-I', '128'), *options)
                self.unmount(self.at('disk'))


if __name__ == '__main__':
    unittest.main()
