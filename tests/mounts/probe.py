"""What a file system does, call by call: `python3 -m tests.mounts.probe [--user N] MOUNT...`.

One line a question, with the answer of the file system, errno names for refusals. Nothing of the
program's is used; the page docs/file-systems.md rests on it.
"""
import argparse
import ctypes
import errno
import os
import stat
import tempfile

from tests.mounts import judge
from tests.support import mounts
from tests.support.mount_kinds import KINDS, mount_of

LIBC = ctypes.CDLL(None, use_errno=True)
NOREPLACE, EXCHANGE = 1, 2
QUESTIONS = []


def question(function):
    QUESTIONS.append(function)
    return function


def name_of(error):
    return errno.errorcode.get(error.errno, str(error.errno))


def attempt(function, *args, **options):
    try:
        done = function(*args, **options)
    except OSError as error:
        return name_of(error)
    return 'yes' if done is None else done


def check(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def renameat2(old, new, flags):
    check(LIBC.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), flags))


def syncfs(fd):
    check(LIBC.syncfs(fd))


def write(name, content=b'x'):
    with open(name, 'wb') as out:
        out.write(content)
    return os.stat(name)


def fresh(name):
    return judge.status_of(os.fsencode(name))


def what_changed(before, after):
    fields = ('st_ino', 'st_dev', 'st_nlink', 'st_ctime_ns', 'st_mtime_ns', 'st_size', 'st_mode')
    changed = [field[3:] for field in fields if getattr(before, field) != getattr(after, field)]
    return ' '.join(changed) or 'nothing'


@question
def rename_of_a_file():
    """what of a file's status changes by a rename (in the same folder; to another one; mtime ns)"""
    write('a')
    os.utime('a', ns=(123456789, 10**18 + 123456789))
    fd = os.open('a', os.O_RDONLY)
    before = os.fstat(fd)
    os.rename('a', 'b')
    seen = what_changed(before, os.stat('b')), what_changed(before, os.fstat(fd))
    os.close(fd)
    os.mkdir('d')
    os.rename('b', 'd/b')
    return f'{seen[0]}; open file {seen[1]}; moved {what_changed(before, os.stat("d/b"))}'


@question
def rename_of_a_folder():
    """the same for a folder, and for a file in it"""
    os.mkdir('d')
    write('d/f')
    fd = os.open('d', os.O_RDONLY)
    before, inside = os.fstat(fd), os.stat('d/f')
    os.rename('d', 'e')
    said = (f'{what_changed(before, os.stat("e"))}; open folder '
            f'{attempt(lambda: what_changed(before, os.fstat(fd)))}; inside '
            f'{what_changed(inside, os.stat("e/f"))}; by its descriptor '
            f'{attempt(lambda: what_changed(inside, os.stat("f", dir_fd=fd)))}')
    os.close(fd)
    return said


@question
def rename_over():
    """a file over another one; then the open replaced file"""
    write('a')
    write('b', b'old')
    fd = os.open('b', os.O_RDONLY)
    before = os.fstat(fd)
    new = os.stat('a')
    os.rename('a', 'b')
    said = (f'{what_changed(new, os.stat("b"))}; replaced open one: '
            f'{attempt(lambda: what_changed(before, os.fstat(fd)))}, '
            f'reads {attempt(os.pread, fd, 9, 0)}, names now {sorted(os.listdir("."))}')
    os.close(fd)
    return said + f', when closed {sorted(os.listdir("."))}'


@question
def unlink_open():
    """an open file that is removed"""
    write('a')
    fd = os.open('a', os.O_RDWR)
    os.unlink('a')
    said = f'names {sorted(os.listdir("."))}, reads {attempt(os.pread, fd, 9, 0)}, ' \
           f'fstat {attempt(lambda: f"nlink {os.fstat(fd).st_nlink}")}'
    os.close(fd)
    return said + f', when closed {sorted(os.listdir("."))}'


@question
def removed_open_folder():
    """rmdir of a folder that held an open file which was removed"""
    os.mkdir('d')
    write('d/a')
    fd = os.open('d/a', os.O_RDONLY)
    os.unlink('d/a')
    said = attempt(os.rmdir, 'd')
    os.close(fd)
    return f'{said}; when closed {attempt(os.rmdir, "d") if os.path.isdir("d") else "gone"}'


@question
def links():
    """link(): nlink, and inode numbers of the names, at once and with a fresh look"""
    write('a')
    before = os.stat('a')
    said = attempt(os.link, 'a', 'b')
    if said != 'yes':
        return said
    first, second = os.stat('a'), os.stat('b')
    forced = fresh('a')
    os.unlink('a')
    last = fresh('b')
    return (f'first name: {what_changed(before, first)}, nlink forced {forced.st_nlink}; second: '
            f'{"same" if first.st_ino == second.st_ino else "other"} inode, nlink {second.st_nlink}; '
            f'first removed: nlink forced {last.st_nlink}')


@question
def link_by_descriptor():
    """linkat of /proc/self/fd/N"""
    write('a')
    fd = os.open('a', os.O_RDONLY)
    said = attempt(os.link, f'/proc/self/fd/{fd}', 'b', follow_symlinks=True)
    os.close(fd)
    return said


@question
def seen_in_other_name():
    """write and utimens by one of two names: is it seen by the other at once"""
    write('a')
    if attempt(os.link, 'a', 'b') != 'yes':
        return 'no links'
    os.stat('b')
    write('a', b'longer')
    os.utime('a', ns=(10**18, 10**18))
    said = []
    fd = os.open('b', os.O_RDONLY)
    for how, look in (('stat', lambda: os.stat('b')), ('forced', lambda: fresh('b')),
                      ('stat after it', lambda: os.stat('b')),
                      ('opened', lambda: os.fstat(fd))):
        seen = look()
        said.append(f'{how}: size {seen.st_size} of 6, time '
                    f'{"seen" if seen.st_mtime_ns == 10**18 else "not seen"}')
    os.close(fd)
    return '; '.join(said)


@question
def renames():
    """renameat2: EXCHANGE, NOREPLACE"""
    write('a')
    write('b')
    return f'{attempt(renameat2, "a", "b", EXCHANGE)}, {attempt(renameat2, "a", "c", NOREPLACE)}, ' \
           f'over an entry {attempt(renameat2, "b", "c", NOREPLACE) if os.path.exists("c") else "-"}'


@question
def rename_folder_over_folder():
    """rename of a folder over an empty one, over a full one"""
    for name in ('a', 'b', 'c'):
        os.mkdir(name)
    write('c/f')
    return f'{attempt(os.rename, "a", "b")}, {attempt(os.rename, "b", "c")}'


@question
def temporary():
    """O_TMPFILE"""
    return attempt(lambda: os.close(os.open('.', os.O_TMPFILE | os.O_RDWR, 0o600)))


@question
def symlinks():
    """symlink and readlink: inside, outwards, absolute, 4,000 bytes; lutimes; lchown"""
    said = []
    for name, target in (('a', 'x'), ('b', '../x'), ('c', '/x'), ('d', 'y' * 2000), ('e', 'z' * 4000)):
        made = attempt(os.symlink, target, name)
        if made == 'yes':
            read = attempt(os.readlink, name)
            made = 'yes' if read == target else f'read {read[:20]}'
        said.append(made)
    write('there')
    attempt(os.symlink, 'there', 'l')
    if not os.path.islink('l'):
        return ', '.join(said)
    time = attempt(os.utime, 'l', ns=(10**18, 10**18 + 5), follow_symlinks=False)
    got = f'{os.lstat("l").st_mtime_ns - 10**18}, target {os.stat("there").st_mtime_ns == 10**18 + 5}'
    dangling = attempt(os.utime, 'a', ns=(10**18, 10**18 + 5), follow_symlinks=False)
    return f'{", ".join(said)}; times {time} off by {got}, of a dangling one {dangling}; ' \
           f'lchown {attempt(os.lchown, "a", 1, 1)}'


@question
def times():
    """utimens of a file, of a folder: what is read back of seconds.nanoseconds, at once and anew"""
    write('f')
    os.mkdir('d')
    said = []
    for name in ('f', 'd'):
        for second in (10**9 + 7, -5, 2**31 + 5, 2**32 + 5, 2**34 - 1):
            wanted = second * 10**9 + 123456789
            done = attempt(os.utime, name, ns=(wanted, wanted))
            off = os.stat(name).st_mtime_ns - wanted
            said.append(f'{second}: {done if done != "yes" else off / 10**9 if off else "exact"}')
    return ', '.join(said)


@question
def time_after_close():
    """the time that was set on a descriptor, after the file is closed"""
    with open('f', 'wb') as out:
        out.write(b'x' * 100)
        out.flush()
        os.utime(out.fileno(), ns=(10**18, 10**18))
        before = os.fstat(out.fileno()).st_mtime_ns
    os.rename('f', 'g')
    after = os.stat('g').st_mtime_ns
    return f'before {"kept" if before == 10**18 else before - 10**18}, ' \
           f'after close and rename {"kept" if after == 10**18 else (after - 10**18) / 10**9}'


@question
def folder_times():
    """the time of a folder after an entry of it was made, after one below it"""
    os.mkdir('d')
    os.mkdir('d/e')
    os.utime('d', ns=(10**18, 10**18))
    before = os.stat('d').st_mtime_ns
    write('d/e/f')
    below = os.stat('d').st_mtime_ns == before
    write('d/f')
    return f'set {"kept" if before == 10**18 else "lost"}, an entry below {"keeps" if below else "changes"}' \
           f' it, an entry {"keeps" if os.stat("d").st_mtime_ns == before else "changes"} it'


@question
def rights():
    """chmod of file, folder to 0640, 04755; by descriptor; chown"""
    write('f')
    os.mkdir('d')
    said = []
    for mode in (0o640, 0o4755, 0o000, 0o600):
        done = attempt(os.chmod, 'f', mode)
        said.append(f'{done} {stat.S_IMODE(os.stat("f").st_mode):04o}')
    done = attempt(os.chmod, 'd', 0o2770)
    said.append(f'folder {done} {stat.S_IMODE(os.stat("d").st_mode):04o}')
    fd = os.open('f', os.O_RDONLY)
    said.append(f'fchmod {attempt(os.fchmod, fd, 0o604)} {stat.S_IMODE(os.stat("f").st_mode):04o}')
    os.close(fd)
    done = attempt(os.chown, 'f', 1, 2)
    return ', '.join(said) + f', chown {done} {os.stat("f").st_uid}:{os.stat("f").st_gid}'


@question
def kinds():
    """mkfifo, socket, device"""
    return (f'{attempt(os.mkfifo, "p")}, {attempt(os.mknod, "s", stat.S_IFSOCK | 0o600)}, '
            f'{attempt(os.mknod, "n", stat.S_IFCHR | 0o600, os.makedev(1, 3))}')


@question
def attributes():
    """user xattrs, of a file; an ACL"""
    write('f')
    acl = b'\2\0\0\0\1\0\6\0\xff\xff\xff\xff\4\0\4\0\xff\xff\xff\xff\x20\0\4\0\xff\xff\xff\xff'
    return f'{attempt(os.setxattr, "f", "user.x", b"1")}, ' \
           f'{attempt(os.setxattr, "f", "system.posix_acl_access", acl)}, ' \
           f'listxattr {attempt(lambda: str(os.listxattr("f")))}'


@question
def durability():
    """fsync of a file, of a folder; syncfs; a file written, synced, looked at while open"""
    fd = os.open('f', os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(fd, b'x' * 1000)
    said = [attempt(os.fsync, fd), f'size {os.stat("f").st_size}']
    os.close(fd)
    fd = os.open('.', os.O_RDONLY)
    said += [attempt(os.fsync, fd), attempt(syncfs, fd)]
    os.close(fd)
    return ', '.join(said)


@question
def writing():
    """open for reading and writing, pwrite in the middle, truncate, append, fallocate, a hole, lseek"""
    write('f', b'x' * 9000)
    fd = os.open('f', os.O_RDWR)
    said = [attempt(os.pwrite, fd, b'y', 4000), attempt(os.ftruncate, fd, 100),
            attempt(os.posix_fallocate, fd, 0, 9000), attempt(os.ftruncate, fd, 1 << 20),
            attempt(os.lseek, fd, 0, os.SEEK_HOLE), attempt(os.pread, fd, 1, 0)]
    os.close(fd)
    return ', '.join(map(str, said))


@question
def names():
    """names: 255 bytes, not UTF-8, control characters, : * ?, a dot or blank at the end; folds case"""
    said = []
    for name in (b'n' * 255, b'\xff\xfe', b'a\nb\x01', b':', b'*?<>|"', b'a.', b'b ', b'\\',
                 b'\xed\xa0\x80'):
        done = attempt(write, name)
        there = name in os.listdir(b'.')
        said.append('yes' if there and not isinstance(done, str) else f'{done if isinstance(done, str) else "other"}')
    write('CASE')
    write('caf\u00e9')
    return ', '.join(said) + f'; folds case: {os.path.exists("case")}; ' \
           f'normalises: {os.path.exists("cafe" + chr(0x301))}'


@question
def inode_numbers():
    """the same file looked at again, opened again, listed; after 50 other files; two folders"""
    before = write('f')
    listed = [entry.inode() for entry in os.scandir('.') if entry.name == 'f'][0]
    for number in range(50):
        write(f'f{number}')
    after = os.stat('f')
    fd = os.open('f', os.O_RDONLY)
    opened = os.fstat(fd)
    os.close(fd)
    return f'{what_changed(before, after)}; opened {what_changed(before, opened)}; ' \
           f'd_ino {"same" if listed == before.st_ino else "other"}; ' \
           f'{len({os.stat(f"f{number}").st_ino for number in range(50)})} of 50 differ'


@question
def handles():
    """flock, name_to_handle"""
    fd = os.open('.', os.O_RDONLY)
    import fcntl
    said = attempt(fcntl.flock, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    other = os.open('.', os.O_RDONLY)
    second = attempt(fcntl.flock, other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(fd)
    os.close(other)
    return f'flock {said}, a second one {second}'


def ask_all(folder):
    for function in QUESTIONS:
        inside = os.path.join(folder, function.__name__)
        try:
            os.mkdir(inside)
            os.chdir(inside)
            said = function()
        except OSError as error:
            said = f'stopped by {name_of(error)} at {error.filename!r}'
        os.chdir('/')
        print(f'  {function.__name__:26} {said}', flush=True)


def main():
    parser = argparse.ArgumentParser(prog='probe')
    parser.add_argument('--user', type=int)
    parser.add_argument('mounts', nargs='+')
    options = parser.parse_args()
    if os.geteuid() == 0:
        mounts.in_a_world_of_its_own()
    for name in KINDS if options.mounts == ['all'] else options.mounts:
        top = os.path.realpath(tempfile.mkdtemp(prefix='foldersync-probe-'))
        os.chmod(top, 0o755)
        if options.user is not None:
            os.chown(top, options.user, options.user)
        print(f'== {name}', flush=True)
        try:
            mount = mount_of(name, top, options.user)
        except mounts.Missing as missing:
            print(f'  {missing}')
            continue
        try:
            mount.mount()
            child = os.fork()
            if child == 0:
                if options.user is not None:
                    os.setgroups([])
                    os.setgid(options.user)
                    os.setuid(options.user)
                os.umask(0o022)
                ask_all(mount.point)
                os._exit(0)
            os.waitpid(child, 0)
        except mounts.Missing as missing:
            print(f'  {missing}')
        finally:
            mount.clear()
            mount.gone()


if __name__ == '__main__':
    main()
