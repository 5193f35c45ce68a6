"""File systems of a test's own: images on loop devices, overlays, and what FUSE offers.

Where the machine can't make one of them, the test that asks for it is skipped and says why.
"""
import os
import shutil
import subprocess

from tests.support.program import ProgramTest

MIB = 1 << 20


class DiskTest(ProgramTest):
    """A test that mounts what it needs below its own folder; all of it is gone afterwards."""

    def disk(self, path, *mkfs, mib=64):
        """Mounts a new file system of `mib` MiB, sparse, at `path`."""
        self._mount_or_skip(mkfs[0], '-o', 'loop', self._image(path, mkfs, mib), path)

    def exfat_disk(self, path, mib=64):
        """exFAT by the kernel, or by FUSE where the kernel lacks it: no owners, modes and links."""
        image = self._image(path, ('mkfs.exfat',), mib)
        made = subprocess.run(['losetup', '--find', '--show', image], check=False,
                              capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest('loop devices cannot be had here')
        device = made.stdout.strip()
        self.addCleanup(self._done, ['losetup', '--detach', device])
        os.makedirs(path, exist_ok=True)
        for command in (['mount', '-t', 'exfat'], ['mount.exfat-fuse']):
            if shutil.which(command[0]) and self._done([*command, device, path]):
                self.addCleanup(self._done, ['umount', '-l', path])
                return
        self.skipTest('exFAT cannot be mounted here, neither by the kernel nor by exfat-fuse')

    def disk_in_its_place(self, path, *mkfs):
        """Unmounts the disk at `path`, and mounts one that `mkfs` makes on the same device."""
        device = subprocess.run(['findmnt', '-n', '-o', 'SOURCE', path], check=True,
                                capture_output=True, text=True).stdout.strip()
        subprocess.run(['umount', path], check=True, capture_output=True)
        if not self._done([*mkfs, device]):
            self.skipTest(f'{mkfs[0]} does not work here')
        self._mount_or_skip(mkfs[0], device, path)

    def overlay(self, path, lower, *options):
        """An overlay over the folder `lower`; what is changed in it goes to a tmpfs."""
        upper = f'{path}.upper'
        self.mount_tmpfs(upper)
        for name in ('upper', 'work'):
            os.mkdir(f'{upper}/{name}')
        layers = f'lowerdir={lower},upperdir={upper}/upper,workdir={upper}/work'
        self._mount_or_skip('overlay', '-t', 'overlay', '-o', ','.join((layers, *options)),
                            'overlay', path)

    @staticmethod
    def btrfs(*args):
        subprocess.run(['btrfs', *args], check=True, capture_output=True)

    def remount(self, path, option):
        subprocess.run(['mount', '-o', f'remount,{option}', path], check=True, capture_output=True)

    def chattr(self, flags, *paths):
        """Sets inode flags, as `+i`, or takes them away, as `-R -i`."""
        for path in paths:
            if not self._done(['chattr', *flags.split(), path]):
                self.skipTest(f'chattr {flags} does not work here')

    def _image(self, path, mkfs, mib):
        image = f'{path}.img'
        with open(image, 'wb') as out:
            out.truncate(mib * MIB)
        if shutil.which(mkfs[0]) is None or not self._done([*mkfs, image]):
            self.skipTest(f'{mkfs[0]} does not work here')
        return image

    def _mount_or_skip(self, what, *args):
        try:
            self.mount(*args)
        except subprocess.CalledProcessError as refused:
            reason = refused.stderr.decode(errors='replace').strip()
            self.skipTest(f'{what}: cannot be mounted here: {reason}')

    @staticmethod
    def _done(command):
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
