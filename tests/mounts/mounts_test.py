"""Replicas on the mounts that people have, each a test: see trial.py for what is tried.

SYNC_TEST_MOUNTS=all tries every one that works, as root and as a plain user; otherwise there is one
of them. A mount whose package is missing is skipped.
"""
import os
import unittest

from tests.mounts import trial
from tests.support import mounts
from tests.support.program import NOBODY, as_root

EVERY_ONE = os.environ.get('SYNC_TEST_MOUNTS') == 'all'
EDITS = 500 if EVERY_ONE else 60
KILLS = 20 if EVERY_ONE else 6
# Those on which all is as it should be; docs/file-systems.md says what the others do.
GOOD = ('bindfs', 'fuse-overlayfs')
# Mounted anew, it is taken for another replica, where its device number is another one.
WITHOUT = ('--no-cut',)
TRIED = GOOD if EVERY_ONE else ('bindfs',)


@as_root
class MountsTest(unittest.TestCase):
    def try_mount(self, name, *who):
        said = []
        options = trial.parser().parse_args(
            ['--edits', str(EDITS), '--kills', str(KILLS), *WITHOUT, *who, name])
        try:
            mounts.in_a_world_of_its_own()
            done = trial.attempt(name, options, said.append)
        except mounts.Missing as missing:
            self.skipTest(str(missing))
        self.assertEqual([], done.wrong, '\n'.join(said))


def add(name, suffix, *who):
    method = f'test_a_replica_on_{name.replace("-", "_")}{suffix}'
    setattr(MountsTest, method, lambda self: self.try_mount(name, *who))


for mount in TRIED:
    add(mount, '')
    if EVERY_ONE:
        add(mount, '_of_a_plain_user', '--user', str(NOBODY))


if __name__ == '__main__':
    unittest.main()
