#!/usr/bin/env python3
"""A one-way mirror as people write it for themselves: the thing to compare with, not to use.

Usage: mirror_script.py SOURCE REPLICA

Same size and modification time: unchanged. Same size, other time: MD5 decides. Everything else is
copied with shutil.copy2 over what is there; what the source lacks is removed. No half-written file
is avoided, no error survived, no hard link, owner or time of a directory kept.
"""
import hashlib
import os
import shutil
import sys


def listing(root):
    """The status of everything below a folder, by relative path."""
    found = {}

    def enter(folder, prefix):
        with os.scandir(folder) as entries:
            for entry in entries:
                path = prefix + entry.name
                found[path] = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    enter(entry.path, path + '/')

    enter(root, '')
    return found


def kind(status):
    return status.st_mode & 0o170000


def md5(path):
    digest = hashlib.md5()
    with open(path, 'rb') as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.digest()


def bring(source, replica, wanted, present):
    """Makes one entry of the replica like the source's; `present` is its status or None."""
    if os.path.isdir(source) and not os.path.islink(source):
        if present is None:
            os.mkdir(replica)
        return
    if present is not None and kind(wanted) == kind(present):
        if os.path.islink(source):
            if os.readlink(source) == os.readlink(replica):
                return
            os.remove(replica)
        elif wanted.st_size == present.st_size:
            if wanted.st_mtime_ns == present.st_mtime_ns:
                return
            if md5(source) == md5(replica):
                shutil.copystat(source, replica)
                return
    shutil.copy2(source, replica, follow_symlinks=False)


def main(source, replica):
    os.makedirs(replica, exist_ok=True)
    wanted, present = listing(source), listing(replica)
    for path in sorted(present, reverse=True):
        if path in wanted and kind(wanted[path]) == kind(present[path]):
            continue
        full = os.path.join(replica, path)
        if os.path.isdir(full) and not os.path.islink(full):
            os.rmdir(full)
        else:
            os.remove(full)
        del present[path]
    for path in sorted(wanted):
        bring(os.path.join(source, path), os.path.join(replica, path), wanted[path],
              present.get(path))


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2])
