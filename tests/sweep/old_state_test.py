"""An earlier version's state is taken over: stopped at any call, what it remembers is not lost."""
import contextlib
import os
import shutil
import sqlite3
import unittest

from tests.support import trees
from tests.support.old_state import make_old
from tests.support.program import DONE, PARTIAL, REFUSED
from tests.sweep.sweep import KILLED, StoppedTest, spread

POINTS = 40


class OldStateTest(StoppedTest):
    """A pair whose last run an earlier version made, and a source that has vanished since."""

    in_memory = True

    def setUp(self):
        super().setUp()
        self.given({'a': 'x', 'sub': {'b': 'x'}})
        self.mirror()
        self.folder = os.path.join(self.state, 'foldersync')
        make_old(self.folder)
        self.old = self.at('old')
        os.rename(self.folder, self.old)
        os.rename(self.source, self.at('away'))
        os.mkdir(self.source)

    def start_again(self):
        if os.path.exists(self.folder):
            trees.remove(self.folder)
        shutil.copytree(self.old, self.folder)

    def stopped(self, *options):
        wrapper = self.stopper('--from', self.folder, *options)
        return self.execute('plan', '-s', self.source, '-r', self.replica, wrapper=wrapper)

    def points(self):
        self.start_again()
        self.assertEqual(REFUSED, self.stopped().code)
        return spread(range(1, self.calls_seen() + 1), POINTS)

    def assert_nothing_is_lost(self):
        result = self.sync('plan', expect=REFUSED)
        self.assertIn('3 entries', result.err)
        self.assertFalse(os.path.lexists(os.path.join(self.folder, 'hashes.db')))

    def hashes(self):
        with contextlib.closing(sqlite3.connect(os.path.join(self.folder, 'cache.db'))) as cache:
            return cache.execute('SELECT count(*) FROM hashes').fetchone()[0]

    def test_killed_before_a_call_the_next_run_knows_all_of_it(self):
        for number in self.points():
            with self.subTest(f'killed before call {number}'):
                self.start_again()
                self.assertEqual(KILLED, self.stopped('--kill-before', str(number)).code)
                self.assert_nothing_is_lost()
                self.assertEqual(1, self.hashes())

    def sweep_failures(self, errno):
        for number in self.points():
            with self.subTest(f'call {number} fails with {errno}'):
                self.start_again()
                result = self.stopped('--fail', f'{number}={errno}')
                self.assertIn(result.code, (DONE, PARTIAL, REFUSED), result)
                if result.code == PARTIAL:  # nothing goes that might be where nothing could be read
                    self.assertIn("'.' in the source", result.err)
                    self.assertNotIn('delete', result.out)
                if result.code == DONE:
                    self.assertIn('a disk that is not mounted', result.err)
                self.assert_nothing_is_lost()

    def test_a_call_fails_with_EIO(self):
        self.sweep_failures('EIO')

    def test_a_call_fails_with_ENOSPC(self):
        self.sweep_failures('ENOSPC')


if __name__ == '__main__':
    unittest.main()
