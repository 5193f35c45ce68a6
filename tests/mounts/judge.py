"""Compares a source and its replica on a file system that can't hold everything.

By names and content, without the product's code and without inode numbers where the file system's
can't be believed: it asks for paths, as other programs do.
"""
import ctypes
import dataclasses
import hashlib
import json
import os
import stat
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW = 0x100
AT_STATX_FORCE_SYNC = 0x2000
STATX_BASIC_STATS = 0x7ff


def digest(path):
    digest = hashlib.sha256()
    with open(path, 'rb', buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@dataclasses.dataclass(frozen=True)
class Status:
    """What statx says, asked anew from who serves the mount: the kernel may hold what was."""
    st_nlink: int
    st_uid: int
    st_gid: int
    st_mode: int
    st_ino: int
    st_size: int
    st_mtime_ns: int
    st_dev: tuple
    st_rdev: tuple


def status_of(path):
    answer = ctypes.create_string_buffer(256)
    if LIBC.statx(AT_FDCWD, ctypes.c_char_p(path), AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC,
                  STATX_BASIC_STATS, answer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    nlink, uid, gid, mode, inode, size = struct.unpack_from('<16xIIIH2xQQ', answer)
    seconds, nanoseconds = struct.unpack_from('<112xqI', answer)
    return Status(nlink, uid, gid, mode, inode, size, seconds * 10**9 + nanoseconds,
                  struct.unpack_from('<136xII', answer), struct.unpack_from('<128xII', answer))


def _readlink(path):
    try:
        return os.readlink(path)
    except OSError as error:
        return error.strerror.encode()


def is_whiteout(status):
    """The other way in which overlays remember that."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == (0, 0)


def entries(root):
    """(path, status) of each; the error's text where the file system lists a name and denies it."""
    yield b'.', status_of(os.fsencode(root))
    for folder, names, files in os.walk(os.fsencode(root)):
        for name in names + files:
            if name.startswith(b'.wh.'):
                continue  # how overlays remember what is not there
            path = os.path.join(folder, name)
            relative = path[len(os.fsencode(root)) + 1:]
            try:
                status = status_of(path)
            except OSError as error:
                yield relative, error.strerror
                continue
            if not is_whiteout(status):
                yield relative, status


KINDS = {stat.S_IFREG: 'file', stat.S_IFDIR: 'dir', stat.S_IFLNK: 'symlink'}


def _seen(path, status, limits, owners):
    if isinstance(status, str):
        return {'kind': status}
    kind = KINDS.get(stat.S_IFMT(status.st_mode), 'special')
    seen = {'kind': kind}
    if kind != 'symlink' and limits.modes:
        seen['mode'] = f'{stat.S_IMODE(status.st_mode):04o}'
    has_owner = limits.link_times or not stat.S_ISLNK(status.st_mode)
    if owners and limits.owners and has_owner:
        seen['owner'] = (status.st_uid, status.st_gid)
    timed = {'symlink': limits.link_times, 'dir': limits.folder_times, 'file': limits.file_times}
    if timed.get(kind, True):
        if limits.earliest <= status.st_mtime_ns // 10**9 <= limits.latest:
            seen['mtime'] = status.st_mtime_ns // limits.grain_ns * limits.grain_ns
    if kind == 'file':
        seen['size'] = status.st_size
        try:
            seen['content'] = digest(path)
        except OSError as error:
            seen['content'] = error.strerror
    elif kind == 'symlink':
        target = _readlink(path)
        outward = target.startswith(b'/') or b'..' in target.split(b'/')
        if limits.outward_targets or not outward:
            seen['target'] = target
    return seen


def _groups(entries):
    by_inode = {}
    for path, status in entries.items():
        if not isinstance(status, str) and stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            by_inode.setdefault((status.st_dev, status.st_ino), set()).add(path)
    return {path: frozenset(group) for group in by_inode.values() if len(group) > 1 for path in group}


def differences(source, replica, limits, uid=None):
    """Every difference, a line each; none means as exact as the file system can be.

    `uid`: who looks, where the mount is nobody else's to see.
    """
    return as_user(uid, lambda: _differences(source, replica, limits, owners=uid is None))


def walk(root, uid=None):
    """os.walk() as that user."""
    return as_user(uid, lambda: list(os.walk(root)))


def as_user(uid, look):
    """What `look()` returns when that user calls it, as far as JSON can say it."""
    if uid is None:
        return look()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            said = look()
        except BaseException as error:  # pylint: disable=broad-except
            said = [f'it cannot be judged: {error!r}']
        with os.fdopen(writing, 'w', encoding='utf-8', errors='surrogateescape') as out:
            json.dump(said, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding='utf-8', errors='surrogateescape') as answer:
        said = json.load(answer)
    os.waitpid(child, 0)
    return said


def _differences(source, replica, limits, owners):
    if not os.path.isdir(replica):
        return ['there is no replica']
    left, right = dict(entries(source)), dict(entries(replica))
    if not limits.symlinks:
        left = {path: status for path, status in left.items() if not stat.S_ISLNK(status.st_mode)}
    lines = []
    for path in sorted(left.keys() | right.keys()):
        if path not in right:
            lines.append(f'{path[-60:]!r}: missing')
        elif path not in left:
            lines.append(f'{path[-60:]!r}: extra')
        else:
            mine = _seen(os.path.join(os.fsencode(source), path), left[path], limits, owners)
            theirs = _seen(os.path.join(os.fsencode(replica), path), right[path], limits, owners)
            lines += [f'{path[-60:]!r}: {field} should be {value!r}, is {theirs.get(field)!r}'
                      for field, value in mine.items() if theirs.get(field) != value]
    if limits.hard_links:
        mine, theirs = _groups(left), _groups(right)
        lines += [f'{path[-60:]!r}: linked otherwise' for path in sorted(left.keys() & right.keys())
                  if mine.get(path) != theirs.get(path)]
    return lines
