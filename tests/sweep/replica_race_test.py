"""Files of the replica that somebody saves while a plan is applied are never lost.

SYNC_TEST_HITS says how often somebody has to be in time: between the look at a file and the rename
that puts another one in its place.
"""
import ctypes
import os
import unittest

from tests.support import trees
from tests.support.program import PARTIAL, STALE, ProgramTest
from tests.support.trees import SECOND, file

HITS = int(os.environ.get('SYNC_TEST_HITS', '200'))
FILES = 1000
ROUNDS = 10 + HITS  # a round without any hit is possible, a hundred of them are not

AT_FDCWD, RENAME_EXCHANGE = -100, 2
_libc = ctypes.CDLL(None, use_errno=True)


def exchange(one, other):
    if _libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE):
        raise OSError(ctypes.get_errno(), f'exchange {one}')


class ReplicaRaceTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.names = [f'f{number:04}' for number in range(FILES)]
        self.given({name: file(f'new {name}', mtime=SECOND) for name in self.names})

    def save_all(self, process):
        """Saves every file once, from the last to the first, as soon as renames may begin.

        Returns how many it was in time for: what it displaced was the old one. What the program
        had looked at before was that, too, since all its looks come before its renames.
        """
        for name in self.names:
            trees.write(self.at('saved', name), f'of somebody else: {name}')
        while process.poll() is None and not os.path.exists(self.in_replica('.sync-txn', 'COMMIT')):
            pass
        hits = 0
        for name in reversed(self.names):
            exchange(self.at('saved', name), self.in_replica(name))
            hits += process.poll() is None and trees.read(self.at('saved', name)) == b'old'
        return hits

    def round(self):
        for folder in (self.replica, self.at('saved')):
            if os.path.exists(folder):
                trees.remove(folder)
        trees.build(self.replica, {name: file('old', mtime=SECOND) for name in self.names})
        os.mkdir(self.at('saved'))
        plan = self.plan_file()
        with open(self.at('said'), 'wb') as said:
            process = self.start('apply', plan, '--durability', 'none', stdout=said)
        hits = self.save_all(process)
        self.assertIn(process.wait(), (0, STALE, PARTIAL), trees.read(self.at('said'))[-2000:])
        kept = {trees.read(os.path.join(folder, name))
                for folder, _, names in os.walk(self.replica) for name in names}
        lost = {f'of somebody else: {name}' for name in self.names} - {
            content.decode() for content in kept}
        self.assertEqual(set(), lost)
        return hits

    def test_what_is_saved_between_look_and_rename_is_kept(self):
        hits = rounds = 0
        while hits < HITS and rounds < ROUNDS:
            hits += self.round()
            rounds += 1
        print(f'in time {hits} times in {rounds} rounds of {FILES} files, nothing lost')
        self.assertGreaterEqual(hits, HITS)


if __name__ == '__main__':
    unittest.main()
