"""Disks, quotas and inodes that run out for real: at each of several levels of room that is left.

SYNC_TEST_LEVELS says how many levels are tried. At each one every file is old or new, whole, and
what both trees have is there; with room again the next run makes the replica exact.
"""
import errno
import os
import shutil
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.disks import MIB, DiskTest
from tests.support.program import DONE, FAILED, PARTIAL, REFUSED, with_mounts

LEVELS = int(os.environ.get('SYNC_TEST_LEVELS', '10'))
NAMES = [f'f{number:02}' for number in range(24)]


def _content(word, name, size):
    return f'{word} {name} '.encode() * (size // 8)


class NoRoomTest(DiskTest):
    """A replica of files that are all replaced, and some new ones, with too little room."""

    size = 300_000  # bytes, about, of each file
    needed = 0      # how much room a run takes when it has it, in what limit() takes
    errors = ()     # one of these is told

    def setUp(self):
        super().setUp()
        self.prepare()
        self.replica = self.at('disk', 'replica')
        self.original = self.at('original')
        self.given({**{name: _content('new', name, self.size) for name in NAMES},
                    'd': {f'n{number}': _content('created', str(number), self.size)
                          for number in range(6)}})
        trees.build(self.original, {
            **{name: _content('old', name, self.size * 4 // 5) for name in NAMES},
            'gone': {f'g{number}': 'x' for number in range(6)}})
        self.old, self.new = self.contents(self.original), self.contents(self.source)

    def prepare(self):
        """Mounts what `disk` is."""
        raise NotImplementedError

    def limit(self, room):
        """Leaves so much room."""
        raise NotImplementedError

    def lift(self):
        """Leaves all the room there is."""
        raise NotImplementedError

    @staticmethod
    def contents(root):
        return {path: trees.read(os.path.join(root, path)) for path in compare.paths(root)
                if os.path.isfile(os.path.join(root, path))}

    def sweep(self):
        codes = {}
        for level in range(LEVELS):
            room = self.needed * level // LEVELS
            with self.subTest(room=room):
                codes[room] = self.run_with(room)
        self.assertNotEqual({DONE}, set(codes.values()), 'there was room at every level')

    def run_with(self, room):
        self.lift()
        if os.path.exists(self.replica):
            trees.remove(self.replica)
        shutil.copytree(self.original, self.replica)
        os.sync()
        self.limit(room)
        code = self.sync('run', '--no-space-check', expect=(DONE, FAILED, PARTIAL, REFUSED)).code
        said = self.log_text()
        if code != DONE:
            self.assertTrue(any(error in said for error in self.errors), said[-2000:])
        after = {path: content for path, content in self.contents(self.replica).items()
                 if not path.startswith('.sync-txn/')}
        torn = {path for path, content in after.items()
                if content not in (self.old.get(path), self.new.get(path))}
        self.assertEqual(set(), torn)
        self.assertEqual(set(), self.old.keys() & self.new.keys() - after.keys(), 'lost')
        self.lift()
        os.remove(self.log)
        self.sync('run')
        self.assert_mirrored()
        self.assert_quiet()
        return code


@with_mounts
class FullDiskTest(NoRoomTest):
    needed = 12 * MIB
    errors = ('ENOSPC',)

    def prepare(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-m', '0', mib=24)

    def limit(self, room):
        with open(self.at('disk', 'ballast'), 'wb', buffering=0) as ballast:
            status = os.statvfs(self.at('disk'))
            blocks = status.f_bavail - 16 - room // status.f_frsize  # 16: to keep account of them
            if blocks > 0:
                os.posix_fallocate(ballast.fileno(), 0, blocks * status.f_frsize)
            if room == 0:
                self.fill(ballast)

    @staticmethod
    def fill(file):
        file.seek(0, os.SEEK_END)
        try:
            while file.write(b'x' * 512):
                pass
        except OSError as full:
            if full.errno != errno.ENOSPC:
                raise

    def lift(self):
        if os.path.exists(self.at('disk', 'ballast')):
            os.unlink(self.at('disk', 'ballast'))

    def test_a_full_disk_keeps_every_file_whole_at_each_level(self):
        self.sweep()


@with_mounts
class FullQuotaTest(NoRoomTest):
    needed = 14 * MIB
    errors = ('EDQUOT',)

    def prepare(self):
        self.disk(self.at('btrfs'), 'mkfs.btrfs', '-q', mib=256)
        try:
            self.btrfs('quota', 'enable', self.at('btrfs'))
            self.btrfs('subvolume', 'create', self.at('btrfs', 'disk'))
        except subprocess.CalledProcessError as refused:
            self.skipTest(f'no quotas here: {refused.stderr}')
        os.symlink('btrfs/disk', self.at('disk'))

    def limit(self, room):
        self.btrfs('filesystem', 'sync', self.at('btrfs'))
        said = subprocess.run(['btrfs', 'qgroup', 'show', '--raw', '-f', self.at('btrfs', 'disk')],
                              check=True, capture_output=True, text=True).stdout
        used = int(said.splitlines()[-1].split()[1])
        self.btrfs('qgroup', 'limit', str(used + room + 64 * 1024), self.at('btrfs', 'disk'))

    def lift(self):
        self.btrfs('qgroup', 'limit', 'none', self.at('btrfs', 'disk'))

    def test_a_full_quota_keeps_every_file_whole_at_each_level(self):
        self.sweep()


@with_mounts
class NoInodesTest(NoRoomTest):
    size = 8000
    needed = 50
    errors = ('ENOSPC',)

    def prepare(self):
        self.mount_tmpfs(self.at('disk'), 'nr_inodes=10000')

    def limit(self, room):
        status = os.statvfs(self.at('disk'))
        self.remount(self.at('disk'), f'nr_inodes={status.f_files - status.f_ffree + room + 1}')

    def lift(self):
        self.remount(self.at('disk'), 'nr_inodes=10000')

    def test_a_disk_without_inodes_keeps_every_file_whole_at_each_level(self):
        self.sweep()


del NoRoomTest


if __name__ == '__main__':
    unittest.main()
