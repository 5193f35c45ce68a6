"""Directories that are exchanged with links all the time lead nobody outside of the two trees.

SYNC_TEST_RACE_SECONDS says for how long each race is tried.
"""
import os
import stat
import subprocess
import sys
import time
import unittest

from tests.support import compare, trees
from tests.support.program import DONE, PARTIAL, STALE, ProgramTest
from tests.support.trees import symlink

SECONDS = float(os.environ.get('SYNC_TEST_RACE_SECONDS', '5'))
CANARY = b'nobody may read this\n' * 50

# Exchanges a directory with a link as fast as it can, and says when its input ends how often. What
# the program took away is put there again.
FLIPPER = """
import ctypes, os, sys, threading
folder, link, target = sys.argv[1:]
first, second = os.fsencode(folder), os.fsencode(link)
stop, flips, spares, libc = threading.Event(), 0, 0, ctypes.CDLL(None)
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
while not stop.is_set():
    for _ in range(50):
        flips += libc.renameat2(-100, first, -100, second, 2) == 0
    try:
        if not os.path.lexists(folder):
            os.makedirs(os.path.join(folder, 'd'))
        if not os.path.islink(folder) and not os.path.islink(link):
            spares += 1
            os.rename(link, f'{link}.{spares}')
            os.symlink(target, link)
    except OSError:
        pass
print(flips)
"""


class LinkRaceTest(ProgramTest):
    def flip(self, folder, link, target):
        """Starts to exchange the two; returns the process."""
        process = subprocess.Popen([sys.executable, '-c', FLIPPER, folder, link, target],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def flips(self, process):
        return int(process.communicate()[0])

    def mirror_for_a_while(self, between_runs):
        """Runs the program until the time is over; returns how often."""
        runs, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end:
            between_runs(runs)
            result = self.execute('run', '-s', self.source, '-r', self.replica, '-q',
                                  '--new-source', source_may_change=True)
            self.assertIn(result.code, (DONE, PARTIAL, STALE), result)
            runs += 1
        return runs

    def canaries(self, root):
        """The files below `root` that hold what nobody may read."""
        found = []
        for path, parent, name, status in compare.walk(root):
            if stat.S_ISREG(status.st_mode):
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=parent)
                if os.read(fd, len(CANARY)) == CANARY:
                    found.append(path)
                os.close(fd)
        return found

    def outside(self, name, content):
        """A folder beside the two trees, and a link to it that is not in them either."""
        folder = self.at(name)
        trees.build(folder, {'d': {f'{i}': content for i in range(20)},
                             **{f'{i}': content for i in range(20)}})
        trees.build(self.at('links'), {name: symlink(folder)})
        return folder, self.at('links', name)

    def files(self, content):
        return {'a': {'b': {**{f'{i}': content for i in range(20)},
                            'd': {f'{i}': content for i in range(20)}}}}

    def test_links_in_the_source_are_not_followed(self):
        self.given(self.files('inside'), {})
        folder, link = self.outside('secrets', CANARY)
        flipper = self.flip(self.in_source('a', 'b'), link, folder)
        arrived = set()

        def look(runs):
            self.assertEqual([], self.canaries(self.replica))
            arrived.update(compare.paths(self.replica))
            if runs % 4 == 3:
                trees.remove(self.replica)
                os.mkdir(self.replica)
        runs = self.mirror_for_a_while(look)
        look(0)
        flips = self.flips(flipper)
        self.assertGreater(flips, 100 * runs, f'{runs} runs')
        self.assertIn('a/b', arrived)

    def test_links_in_the_replica_are_not_followed(self):
        self.given({}, self.files('old'))
        folder, link = self.outside('valuables', 'untouched')
        before = compare.fingerprint(folder)
        flipper = self.flip(self.in_replica('a', 'b'), link, folder)

        def change(runs):
            # New content, then other attributes, then nothing at all.
            trees.remove(self.source)
            content = self.files(f'{runs:05}') if runs % 3 else {'a': {}}
            trees.build(self.source, content)
        runs = self.mirror_for_a_while(change)
        flips = self.flips(flipper)
        self.assertEqual([], compare.changes(before, compare.fingerprint(folder)))
        self.assertGreater(flips, 100, f'{runs} runs')


if __name__ == '__main__':
    unittest.main()
