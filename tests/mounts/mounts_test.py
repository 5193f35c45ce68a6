"""Replicas and sources on the mounts that people have, each a test: see trial.py for what is tried.

SYNC_TEST_MOUNTS=all tries every one that works, as root and as a plain user; otherwise there is one
of them. A mount whose package is missing is skipped.
"""
import os
import unittest

from tests.mounts import full_trial, source_trial, trial
from tests.support import mounts
from tests.support.program import NOBODY, as_root

EVERY_ONE = os.environ.get('SYNC_TEST_MOUNTS') == 'all'
EDITS = 500 if EVERY_ONE else 60
KILLS = 20 if EVERY_ONE else 6
# Those on which all is as it should be; docs/file-systems.md says what the others do.
GOOD = {'a_replica_on': (trial, ('bindfs', 'encfs', 'exfat-fuse', 'fuse-overlayfs', 'gocryptfs',
                                 'mergerfs-2-epmfs', 'mergerfs-2-mfs', 'mergerfs-3-rand', 'ntfs-3g',
                                 'sshfs', 'unionfs')),
        'a_source_on': (source_trial, ('gocryptfs', 'mergerfs-2-mfs', 'sshfs', 'sshfs-links', 'unionfs')),
        'a_full': (full_trial, ('bindfs', 'fuse-overlayfs'))}


@as_root
class MountsTest(unittest.TestCase):
    def try_mount(self, how, name, *who):
        said = []
        options = trial.parser().parse_args(
            ['--edits', str(EDITS), '--kills', str(KILLS), *who, name])
        try:
            mounts.in_a_world_of_its_own()
            done = how.attempt(name, options, said.append)
        except mounts.Missing as missing:
            self.skipTest(str(missing))
        self.assertEqual([], done.wrong, '\n'.join(said))


def add(title, how, name, *who):
    method = f'test_{title}_{name.replace("-", "_")}{"_of_a_plain_user" if who else ""}'
    setattr(MountsTest, method, lambda self: self.try_mount(how, name, *who))


add('a_replica_on', trial, 'bindfs')
for title, (how, names) in GOOD.items():
    for name in names if EVERY_ONE else ():
        add(title, how, name)
        add(title, how, name, '--user', str(NOBODY))


if __name__ == '__main__':
    unittest.main()
