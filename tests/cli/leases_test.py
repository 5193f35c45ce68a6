"""Files that another program holds a lease on, as file servers do for their clients."""
import fcntl
import os
import signal
import unittest

from tests.support import trees
from tests.support.program import PARTIAL, ProgramTest


class LeaseTest(ProgramTest):
    def lease(self, path, gives_back):
        """Takes a lease for writing, which the system asks for back when somebody opens the file."""
        fd = os.open(path, os.O_RDWR)
        self.addCleanup(os.close, fd)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        asked = []

        def answer(*_):
            asked.append(True)
            if gives_back:
                fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        self.addCleanup(signal.signal, signal.SIGIO, signal.signal(signal.SIGIO, answer))
        return asked

    def test_in_the_source_it_is_waited_for(self):
        self.given({'copied': 'x' * 5000, 'read': 'equal'}, {'read': 'equal'})
        os.utime(self.in_source('read'), (1, 1))
        for name in ('read', 'copied'):
            with self.subTest(name=name):
                asked = self.lease(self.in_source(name), gives_back=True)
                self.sync('run', '--exclude', 'copied' if name == 'read' else 'read')
                self.assertTrue(asked)
        self.assert_mirrored()

    def test_a_wait_ends_with_a_signal(self):
        self.given({'new': 'x'})
        asked = self.lease(self.in_source('new'), gives_back=False)
        process = self.start('run', '-s', self.source, '-r', self.replica)
        self.wait_until(lambda: asked, 'the lease is asked for')
        self.assertEqual(128 + signal.SIGTERM, self.stop(process))

    def test_in_the_replica_it_is_a_problem_and_the_file_stays(self):
        self.given({'a': 'equal', 'b': 'new'}, {'a': 'equal'})
        trees.write(self.in_source('a'), 'equal')
        os.utime(self.in_source('a'), (1, 1))
        before = os.stat(self.in_replica('a'))
        self.lease(self.in_replica('a'), gives_back=False)
        result = self.sync('run', expect=PARTIAL)
        self.assertIn("'a' in the replica: another program holds a lease on it", result.err)
        self.assertEqual(before, os.stat(self.in_replica('a')))
        self.assertEqual(b'new', trees.read(self.in_replica('b')))


if __name__ == '__main__':
    unittest.main()
