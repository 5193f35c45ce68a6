"""The file system that is measured on: what is to be known of it, and one of its own."""
import contextlib
import glob
import os
import subprocess

# What lies on it at the same time: the source, the replica and a new copy of a data set.
COPIES = 3
# ext4 without a journal does not use an inode again for a minute after its deletion, and searches
# for others meanwhile: what is created then costs up to thirty times its price.
UNJOURNALED_REST_SECONDS = 62


class DiskFailed(Exception):
    pass


def run(*command):
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise DiskFailed(f'{" ".join(command)}: {done.stderr.strip()}')
    return done.stdout.strip()


def kind(path):
    """The type of the file system below a path, and whether it is an ext4 without a journal."""
    try:
        device, name = run('findmnt', '-n', '-o', 'SOURCE,FSTYPE', '-T', path).split()[-2:]
    except (DiskFailed, OSError, ValueError):
        return 'unknown', False
    device = glob.escape(os.path.basename(os.path.realpath(device)))
    return name, name == 'ext4' and not glob.glob(f'/proc/fs/jbd2/{device}-*')


def rest_seconds(path):
    """How long after a deletion nothing should be measured that creates files."""
    return UNJOURNALED_REST_SECONDS if kind(path)[1] else 0


def trim(mount_point):
    """Gives the room of what was deleted back to whoever holds the file; no matter if it fails."""
    subprocess.run(['fstrim', mount_point], check=False, capture_output=True)


def drop_caches():
    """The kernel forgets what it read of every disk; only root may ask for that."""
    with open('/proc/sys/vm/drop_caches', 'w', encoding='ascii') as file:
        file.write('3\n')


def room_for(data_sets):
    """(GiB, inodes) of a disk that holds the largest of the data sets COPIES times over."""
    gib = max(COPIES * each.gib for each in data_sets)
    inodes = max(COPIES * each.inodes for each in data_sets)
    # Inodes take 256 bytes each; the journal, the states and logs of the contenders the rest.
    return int(gib + inodes * 512 / 2**30) + 2, inodes + 10_000


@contextlib.contextmanager
def own_disk(folder, gib, inodes):
    """A new ext4 in a file in the folder, mounted while the context lasts. Needs root.

    Nobody else's deletions and writes disturb what is measured there; with a folder in memory
    (/dev/shm) no disk does either.
    """
    image = os.path.join(folder, f'sync-bench-{os.getpid()}.ext4')
    mount_point = f'{image}.mounted'
    os.mkdir(mount_point)
    try:
        with open(image, 'xb') as file:
            file.truncate(gib << 30)
        run('mkfs.ext4', '-q', '-F', '-N', str(inodes),
            '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', image)
        run('mount', '-o', 'loop', image, mount_point)
        try:
            yield mount_point
        finally:
            run('umount', mount_point)
    finally:
        os.rmdir(mount_point)
        if os.path.exists(image):
            os.remove(image)
