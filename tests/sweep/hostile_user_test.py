"""A user who owns the two roots works against root's run for a while: nothing of root's is hurt."""
import os
import stat
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.hostile_user import HostileUser
from tests.support.program import DONE, PARTIAL, STALE, ProgramTest, as_root

OTHER = 1001
SECONDS = float(os.environ.get('SYNC_TEST_HOSTILE', '10'))
SEED = os.environ.get('SYNC_TEST_SEED', '1')
SET_ID_PROGRAM = b'the only set-id program of root\n'


@as_root
class HostileUserTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        mine = {'keys': 'secret of root', 'deep': {'er': {'x': 'of root too'}}}
        self.given({'mine': mine, 'program': SET_ID_PROGRAM, 'many': {str(n): f'{n}' * n
                                                                       for n in range(200)},
                    'theirs': {'sub': {'f': 'x'}, 'g': 'y'}}, {})
        os.chmod(self.in_source('program'), 0o4755)
        os.chmod(self.in_source('mine'), 0o700)
        for path in ('', 'theirs', 'theirs/sub'):
            os.chown(self.in_source(path), OTHER, OTHER)
        trees.build(self.at('outside'), {'f': 'of nobody else', 'd': {'e': 'x'}})
        self.sync('run', '--exclude', '/private')
        trees.build(self.in_replica('private'), {'only': 'copy', 'd': {'x': 'y'}})
        os.chmod(self.in_replica('private'), 0o700)
        os.chown(self.replica, OTHER, OTHER)

    @staticmethod
    def as_other(user):
        """Lets the user work, in a process of that user's; 0 if any trick went well."""
        child = os.fork()
        if child == 0:
            done = 0
            try:
                os.setgroups([])
                os.setgid(OTHER)
                os.setuid(OTHER)
                done = user.work(SECONDS)
            finally:
                os._exit(0 if done > 0 else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def contents(self, root):
        return sorted(trees.read(os.path.join(root, path)) for path in compare.paths(root)
                      if os.path.isfile(os.path.join(root, path)))

    def set_id_files_of_root(self):
        """Those anywhere below the test's folder that are not the one that the source has."""
        found = []
        for folder, _, names in os.walk(self.top):
            for name in names:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                if (stat.S_ISREG(status.st_mode) and status.st_mode & 0o6000 and
                        0 in (status.st_uid, status.st_gid) and
                        trees.read(path) != SET_ID_PROGRAM):
                    found.append(path)
        return found

    def test_nothing_of_roots_is_hurt_and_the_mirror_goes_on(self):
        outside = compare.fingerprint(self.at('outside'))
        private = self.contents(self.in_replica('private'))
        run = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.05', '--exclude',
                         '/private', stdout=subprocess.DEVNULL)
        self.assertEqual(0, self.as_other(HostileUser(self.source, self.replica,
                                                      self.at('outside'), SEED)))
        self.assertIsNone(run.poll(), self.log_text()[-2000:])
        self.stop(run)
        self.assertGreater(self.log_text().count('done: '), 3, 'the mirror did not go on')
        self.assertEqual([], compare.changes(outside, compare.fingerprint(self.at('outside'))))
        self.assertEqual(private, self.contents(self.in_replica('private')))
        self.assertEqual([], self.set_id_files_of_root())
        self.assertEqual(b'secret of root', trees.read(self.in_source('mine', 'keys')))
        self.converge()

    def converge(self):
        """When the user is gone, a run makes all equal but what has our name."""
        for _ in range(3):
            self.sync('run', '--exclude', '/private', expect=(DONE, PARTIAL, STALE))
        self.execute('recover', '-r', self.replica, '--discard', expect=(DONE, PARTIAL))
        self.execute('recover', '-r', self.replica, '--drop-conflicts', expect=(DONE, PARTIAL))
        self.sync('run', '--exclude', '/private', expect=(DONE, PARTIAL))
        self.assertEqual([], self.differences(ignore=['private']))
        self.assertEqual([], self.set_id_files_of_root())


if __name__ == '__main__':
    unittest.main()
