"""Builds trees from Python literals.

A tree is a dict from name to content: a str or bytes is a file, a dict a directory, and the
functions below make everything else:

    build(root, {'a': 'hello', 'd': {'b': file('x', mode=0o600)}, 'l': symlink('a'),
                 'h': same_inode_as('a')})

Names are str, with os.fsdecode() for those that are not UTF-8. Times are nanoseconds since 1970.
"""
import dataclasses
import functools
import os
import stat
import struct
import subprocess
import tempfile

SECOND = 10**9


@dataclasses.dataclass
class Node:
    kind: str
    content: bytes = b''
    children: dict = dataclasses.field(default_factory=dict)
    target: str = ''             # of a symlink; of a hard link, a path relative to the root
    mode: int | None = None
    mtime: int | None = None
    owner: tuple | None = None   # (uid, gid)
    xattrs: dict = dataclasses.field(default_factory=dict)
    size: int | None = None      # of a file: cut or, with a hole, extended to this
    device: tuple | None = None  # (type bit, major, minor)


def file(content='', **attributes):
    return Node('file', content=_bytes(content), **attributes)


def folder(children=None, **attributes):
    return Node('dir', children=children or {}, **attributes)


def symlink(target, **attributes):
    return Node('symlink', target=target, **attributes)


def same_inode_as(path):
    return Node('link', target=path)


def fifo(**attributes):
    return Node('special', device=(stat.S_IFIFO, 0, 0), **attributes)


def sock(**attributes):
    return Node('special', device=(stat.S_IFSOCK, 0, 0), **attributes)


def char_device(major, minor, **attributes):
    return Node('special', device=(stat.S_IFCHR, major, minor), **attributes)


def block_device(major, minor, **attributes):
    return Node('special', device=(stat.S_IFBLK, major, minor), **attributes)


def _bytes(content):
    return content.encode() if isinstance(content, str) else bytes(content)


def _node(value):
    if isinstance(value, Node):
        return value
    return folder(value) if isinstance(value, dict) else file(value)


def build(root, literal):
    """Makes the entries of `literal` below `root`, which is created if need be."""
    root_node = _node(literal)
    os.makedirs(root, exist_ok=True)
    links = []
    _fill(root, root_node, links)
    for path, target in links:
        os.link(os.path.join(root, target), path, follow_symlinks=False)
    _settle(root, root_node)


def _fill(path, node, links):
    for name, value in node.children.items():
        child, child_path = _node(value), os.path.join(path, name)
        if child.kind == 'link':
            links.append((child_path, child.target))
        else:
            _make(child_path, child)
            _fill(child_path, child, links)


def _make(path, node):
    if node.kind == 'dir':
        os.mkdir(path)
    elif node.kind == 'symlink':
        os.symlink(node.target, path)
    elif node.kind == 'special':
        kind, major, minor = node.device
        os.mknod(path, kind | 0o644, os.makedev(major, minor))
    else:
        with open(path, 'xb') as out:
            out.write(node.content)
            if node.size is not None:
                out.truncate(node.size)


def _settle(path, node):
    """Metadata, children first, since making them changes the times of a directory."""
    for name, value in node.children.items():
        child = _node(value)
        if child.kind != 'link':
            _settle(os.path.join(path, name), child)
    if node.owner is not None:
        os.chown(path, *node.owner, follow_symlinks=False)
    for key, value in node.xattrs.items():
        os.setxattr(path, key, value, follow_symlinks=False)
    if node.mode is not None:
        os.chmod(path, node.mode)
    if node.mtime is not None:
        set_mtime(path, node.mtime)


def set_mtime(path, mtime_ns):
    os.utime(path, ns=(mtime_ns, mtime_ns), follow_symlinks=False)


def write(path, content, mtime=None):
    """Rewrites a file in place."""
    with open(path, 'wb') as out:
        out.write(_bytes(content))
    if mtime is not None:
        set_mtime(path, mtime)


def read(path):
    with open(path, 'rb') as source:
        return source.read()


def inode(path):
    return os.lstat(path).st_ino


def deep(root, levels, name='d', leaf='leaf'):
    """A chain of directories below `root`, with one small file in the last; any path length."""
    os.makedirs(root, exist_ok=True)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=fd)
        child = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = child
    out = os.open(leaf, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=fd)
    os.write(out, b'at the bottom')
    os.close(out)
    os.close(fd)


def remove(path):
    """Takes a tree away, whatever its depth and its modes; does not enter mounts."""
    if os.geteuid() != 0:
        subprocess.run(['chmod', '-R', 'u+rwx', '--', path], check=False, capture_output=True)
    subprocess.run(['rm', '-rf', '--one-file-system', '--', path], check=True)


def give_to(uid, *paths):
    """Makes one user the owner of whole trees."""
    for path in paths:
        subprocess.run(['chown', '-Rh', f'{uid}:{uid}', '--', path], check=True)


def access_acl(user, permissions):
    """The value of system.posix_acl_access that gives one more user `permissions` (0 to 7)."""
    nobody = 0xffffffff
    entries = [(0x01, 6, nobody), (0x02, permissions, user), (0x04, 4, nobody), (0x10, 7, nobody),
               (0x20, 4, nobody)]
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)


def _possible(attempt):
    with tempfile.TemporaryDirectory() as top:
        try:
            attempt(os.path.join(top, 'probe'))
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


@functools.cache
def devices_possible():
    def attempt(path):
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    return os.geteuid() == 0 and _possible(attempt)


@functools.cache
def xattrs_possible():
    def attempt(path):
        write(path, '')
        os.setxattr(path, 'user.probe', b'1')
    return _possible(attempt)


@functools.cache
def acls_possible():
    def attempt(path):
        write(path, '')
        os.setxattr(path, 'system.posix_acl_access', access_acl(1, 7))
    return _possible(attempt)


@functools.cache
def mounts_possible():
    def attempt(path):
        os.mkdir(path)
        subprocess.run(['mount', '-t', 'tmpfs', 'none', path], check=True, capture_output=True)
        subprocess.run(['umount', path], check=True, capture_output=True)
    return os.geteuid() == 0 and _possible(attempt)
