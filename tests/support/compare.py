"""Compares two trees entry by entry, without any of the product's own code.

Trees may be of any depth and any path length: the walk holds one directory descriptor and its way
back, uses no recursion, and goes through descriptors and single names only. Paths are bytes,
relative to the root, and the root itself is b'.'.
"""
import dataclasses
import errno
import hashlib
import os
import stat

BLOCK = 65536
SPARSE_TOLERANCE = 1 << 20

KINDS = {
    stat.S_IFREG: 'file', stat.S_IFDIR: 'dir', stat.S_IFLNK: 'symlink', stat.S_IFIFO: 'fifo',
    stat.S_IFSOCK: 'socket', stat.S_IFCHR: 'char device', stat.S_IFBLK: 'block device',
}


@dataclasses.dataclass(frozen=True)
class Entry:
    """All that is compared of one entry; what does not apply to its kind is None."""
    kind: str
    mode: int | None      # None for symlinks
    owner: tuple
    mtime_ns: int
    size: int | None      # files only
    content: str | None   # files only: SHA-256 over the blocks that are not all zero
    target: bytes | None  # symlinks only
    rdev: int | None      # devices only
    xattrs: dict | None   # files and directories
    disk_bytes: int
    identity: tuple       # (device, inode)
    stamps: tuple         # what any change whatever would alter, atime left out

    def fields(self):
        return {'kind': self.kind, 'mode': None if self.mode is None else f'{self.mode:04o}',
                'mtime_ns': self.mtime_ns, 'size': self.size, 'content': self.content,
                'target': self.target, 'rdev': self.rdev}


def _open_child(name, parent_fd):
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent_fd)


def _step_up(fd, expected):
    """Returns a descriptor of the directory above and closes `fd`."""
    parent = os.open(b'..', os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
    os.close(fd)
    status = os.fstat(parent)
    if (status.st_dev, status.st_ino) != expected:
        os.close(parent)
        raise RuntimeError('the tree was moved during the walk')
    return parent


def _identity(fd):
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def walk(root):
    """Yields (path, parent descriptor, name, lstat) for each entry, a directory before its content.

    The descriptor is good until the next step. The root is yielded as (b'.', its own descriptor,
    b'.', status).
    """
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield b'.', fd, b'.', os.fstat(fd)
        # For each directory on the way down: identity, path prefix, names not visited yet.
        levels = [(_identity(fd), b'', sorted(map(os.fsencode, os.listdir(fd)), reverse=True))]
        while levels:
            _, prefix, names = levels[-1]
            if not names:
                levels.pop()
                if levels:
                    fd = _step_up(fd, levels[-1][0])
                continue
            name = names.pop()
            status = os.stat(name, dir_fd=fd, follow_symlinks=False)
            yield prefix + name, fd, name, status
            if stat.S_ISDIR(status.st_mode):
                child = _open_child(name, fd)
                os.close(fd)
                fd = child
                children = sorted(map(os.fsencode, os.listdir(fd)), reverse=True)
                levels.append((_identity(fd), prefix + name + b'/', children))
    finally:
        os.close(fd)


def _content(fd, size):
    """A digest of the bytes, in which a hole and written zeros are the same."""
    digest = hashlib.sha256(str(size).encode())
    zeros = bytes(BLOCK)
    done = 0
    while done < size:
        try:
            data = os.lseek(fd, done, os.SEEK_DATA)
        except OSError:
            break
        hole = os.lseek(fd, data, os.SEEK_HOLE)
        block = max(done, data - data % BLOCK)
        while block < hole:
            content = os.pread(fd, BLOCK, block)
            if content != zeros[:len(content)]:
                digest.update(b'%d:' % block + content)
            block += BLOCK
        done = max(hole, block)
    return digest.hexdigest()


def _xattrs(fd):
    try:
        names = sorted(os.listxattr(fd))
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        names = []  # a file system without any
    return {name: os.getxattr(fd, name) for name in names}


def _describe(parent_fd, name, status):
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    content = target = xattrs = None
    if kind in ('file', 'dir'):
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent_fd)
        try:
            xattrs = _xattrs(fd)
            if kind == 'file':
                content = _content(fd, status.st_size)
        finally:
            os.close(fd)
    elif kind == 'symlink':
        target = os.readlink(name, dir_fd=parent_fd)
    return Entry(
        kind=kind,
        mode=None if kind == 'symlink' else stat.S_IMODE(status.st_mode),
        owner=(status.st_uid, status.st_gid),
        mtime_ns=status.st_mtime_ns,
        size=status.st_size if kind == 'file' else None,
        content=content,
        target=target,
        rdev=status.st_rdev if kind.endswith('device') else None,
        xattrs=xattrs,
        disk_bytes=status.st_blocks * 512,
        identity=(status.st_dev, status.st_ino),
        stamps=_stamps(status))


def _stamps(status):
    return (status.st_dev, status.st_ino, status.st_mode, status.st_nlink, status.st_uid,
            status.st_gid, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def listing(root):
    """Every entry below `root`, and the root, by path."""
    return {path: _describe(fd, name, status) for path, fd, name, status in walk(root)}


def paths(root):
    """The paths below `root` as a sorted list of str, without the root."""
    return sorted(os.fsdecode(path) for path, _, _, _ in walk(root) if path != b'.')


def fingerprint(root):
    """Changes whenever anything in the tree is changed, but for reading: ctimes are part of it."""
    return {path: _stamps(status) for path, _, _, status in walk(root)}


def changes(before, after):
    """What happened between two fingerprints, as readable lines; none means nothing was written."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            lines.append(f'{path!r} vanished')
        elif path not in before:
            lines.append(f'{path!r} appeared')
        elif before[path] != after[path]:
            lines.append(f'{path!r} was written to: {before[path]} became {after[path]}')
    return lines


def _link_groups(entries):
    """For each path that shares its inode with others of the tree: all names of that inode."""
    names = {}
    for path, entry in entries.items():
        if entry.kind != 'dir':
            names.setdefault(entry.identity, []).append(path)
    return {path: sorted(group) for group in names.values() if len(group) > 1 for path in group}


def _entry_differences(path, left, right, owners, xattrs):
    mine, other = left.fields(), right.fields()
    if owners:
        mine['owner'], other['owner'] = left.owner, right.owner
    if xattrs and left.kind == right.kind:
        mine['xattrs'], other['xattrs'] = left.xattrs, right.xattrs
    if left.kind != right.kind:
        mine, other = {'kind': left.kind}, {'kind': right.kind}
    for field, value in mine.items():
        if value != other[field]:
            yield f'{path!r}: {field} is {value!r} in the source, {other[field]!r} in the replica'
    if left.kind == right.kind == 'file':
        if abs(left.disk_bytes - right.disk_bytes) > SPARSE_TOLERANCE:
            yield (f'{path!r}: takes {left.disk_bytes} bytes of disk in the source, '
                   f'{right.disk_bytes} in the replica')


def differences(source, replica, owners=None, xattrs=True, links=True, ignore=(), held=None):
    """Lists every difference between two trees; an empty list means the replica is exact.

    `owners`: compare owner and group; by default as root only. `ignore`: paths (str) that are left
    out together with all that lies below them. `held`: a function from an Entry to what a file
    system is able to hold of it; each entry of both trees goes through it.
    """
    for root, which in ((source, 'source'), (replica, 'replica')):
        if not os.path.isdir(root):
            return [f'there is no {which}']
    owners = os.geteuid() == 0 if owners is None else owners
    ignored = [os.fsencode(path) for path in ignore]

    def seen(root):
        return {path: held(entry) if held else entry for path, entry in listing(root).items()
                if not any(path == skip or path.startswith(skip + b'/') for skip in ignored)}

    left, right = seen(source), seen(replica)
    lines = []
    for path in sorted(left.keys() | right.keys()):
        if path not in right:
            lines.append(f'{path!r}: only in the source ({left[path].kind})')
        elif path not in left:
            lines.append(f'{path!r}: only in the replica ({right[path].kind})')
        else:
            lines += _entry_differences(path, left[path], right[path], owners, xattrs)
    if links:
        lines += _link_differences(left, right)
    return lines


def _link_differences(left, right):
    mine, other = _link_groups(left), _link_groups(right)
    for path in sorted(mine.keys() | other.keys()):
        if path in left and path in right and mine.get(path) != other.get(path):
            yield (f'{path!r}: linked as {mine.get(path)} in the source, '
                   f'{other.get(path)} in the replica')
