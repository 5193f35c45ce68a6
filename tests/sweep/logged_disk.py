"""File systems on a disk that logs what is written to it, and on what a power cut left of it.

block_log (tests/tools) is named by the environment variable SYNC_BLOCK_LOG, else it is
build/dev/bin/block_log of the checkout; it is only built where libfuse is. Where it is missing, or
disks cannot be had, the test that asks for one is skipped and says why.
"""
import contextlib
import dataclasses
import os
import shutil
import subprocess
import time

from tests.support.program import CHECKOUT

BLOCK_LOG = os.path.abspath(os.environ.get('SYNC_BLOCK_LOG') or
                            f'{CHECKOUT}/build/dev/bin/block_log')


@dataclasses.dataclass(frozen=True)
class Kind:
    """A file system. `sector`: what it takes to be written wholly or not at all."""
    name: str
    mkfs: tuple
    mib: int
    options: str
    sector: int

    @property
    def size(self):
        return self.mib << 20


# Nothing is discarded or initialised behind the back of those who write. ext4 and Btrfs take it for
# granted that their superblocks, of 1024 and 4096 bytes, are written wholly, and XFS that its blocks
# of directories are.
EXT4 = Kind('ext4', ('mkfs.ext4', '-q', '-F', '-b', '4096', '-J', 'size=4', '-E',
                     'lazy_itable_init=0,lazy_journal_init=0'), 48, 'nodiscard', 1024)
XFS = Kind('xfs', ('mkfs.xfs', '-q', '-f', '-s', 'size=4096'), 300, 'nodiscard', 4096)
BTRFS = Kind('btrfs', ('mkfs.btrfs', '-q', '-f'), 128, 'nodiscard', 4096)


def call(*command):
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f'{" ".join(command)}: {done.stderr.strip()}')
    return done.stdout.strip()


def reason_to_skip(kind):
    if os.geteuid() != 0:
        return 'needs root'
    if not os.access(BLOCK_LOG, os.X_OK):
        return 'block_log is not built: libfuse3-dev is missing'
    if shutil.which(kind.mkfs[0]) is None:
        return f'there is no {kind.mkfs[0]}'
    try:
        os.close(os.open('/dev/fuse', os.O_RDWR))
    except OSError as error:
        return f'/dev/fuse cannot be used: {error}'
    return None


def make_image(path, kind):
    with open(path, 'xb') as image:
        image.truncate(kind.size)
    call(*kind.mkfs, path)


@contextlib.contextmanager
def loop_device(path):
    device = call('losetup', '--find', '--show', path)
    try:
        yield device
    finally:
        call('losetup', '--detach', device)
        wait_until_released(device)


def wait_until_released(device):
    """While others look at a device, as every mount on a machine does, its file stays in use."""
    backing = f'/sys/block/{os.path.basename(device)}/loop/backing_file'
    deadline = time.monotonic() + 60
    while os.path.exists(backing):
        if time.monotonic() > deadline:
            raise RuntimeError(f'{device} is still in use a minute after it was detached')
        time.sleep(0.01)


@contextlib.contextmanager
def mounted(device, kind, folder):
    call('mount', '-t', kind.name, '-o', kind.options, device, folder)
    try:
        yield folder
    finally:
        call('umount', folder)


@contextlib.contextmanager
def served(image, log, folder):
    """A file with the content of the image, whose writes are logged; and a function for marks."""
    call(BLOCK_LOG, image, log, folder)

    def mark(name):
        with open(os.path.join(folder, 'mark'), 'r+b', buffering=0) as out:
            out.write(name.encode())
    try:
        yield os.path.join(folder, 'disk'), mark
    finally:
        call('umount', folder)


@contextlib.contextmanager
def logged_device(image, log, folder):
    """The same as a device."""
    with served(image, log, folder) as (disk, mark), loop_device(disk) as device:
        yield device, mark
