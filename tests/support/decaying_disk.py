"""A disk of a test's own that goes bad: bytes change below the file system."""
import contextlib
import os
import subprocess

from tests.support import trees
from tests.support.disks import DiskTest

LONG_AGO = '@1600000000'


class DecayingDiskTest(DiskTest):
    """Both trees lie on one disk (ext4), which can be worked on while it is not mounted."""

    def setUp(self):
        super().setUp()
        self.disk_folder = self.at('disk')
        self.image = f'{self.disk_folder}.img'
        self.disk(self.disk_folder, 'mkfs.ext4', '-q', mib=16)
        self.source, self.replica = (f'{self.disk_folder}/{name}' for name in ('s', 'r'))

    @contextlib.contextmanager
    def unmounted(self):
        self.unmount(self.disk_folder)
        # Another look at the device can keep it for a moment, with all that it has in memory.
        self.wait_until(lambda: not self._devices(), 'the loop device to go')
        yield
        self.mount('-o', 'loop', self.image, self.disk_folder)

    def _devices(self):
        return subprocess.run(['losetup', '--associated', self.image], check=True,
                              capture_output=True).stdout

    def debugfs(self, *requests, writes=False):
        text = '\n'.join(requests)
        done = subprocess.run(['debugfs', *(['-w'] if writes else []), '-f', '-', self.image],
                              input=text, text=True, check=True, capture_output=True)
        return done.stdout

    def _on_disk(self, path):
        return '/' + os.path.relpath(path, self.disk_folder)

    def grow_old(self):
        """All files were changed so long ago that what is read of them is remembered."""
        files = [os.path.join(folder, name) for tree in (self.source, self.replica)
                 for folder, _, names in os.walk(tree) for name in names]
        with self.unmounted():
            self.debugfs(*(f'set_inode_field {self._on_disk(path)} ctime {LONG_AGO}'
                           for path in files), writes=True)

    def decay(self, *paths, at=0):
        """Flips one bit of the byte `at` of each file, and nothing else."""
        block = os.statvfs(self.disk_folder).f_bsize
        with self.unmounted():
            for path in paths:
                told = self.debugfs(f'bmap {self._on_disk(path)} {at // block}')
                number = int(told.split()[-1])
                self.assertGreater(number, 0, f'{path} has no block there')
                self._flip(number * block + at % block)

    def _flip(self, offset):
        with open(self.image, 'r+b') as image:
            image.seek(offset)
            byte = image.read(1)[0]
            image.seek(offset)
            image.write(bytes([byte ^ 1]))

    @staticmethod
    def give_time(path, seconds):
        """A change that shows, and changes nothing else."""
        os.utime(path, ns=(seconds * trees.SECOND, seconds * trees.SECOND))
