"""Mounts that people have replicas on: network, pooled, encrypted and foreign file systems.

The kinds are in mount_kinds.py. A mount lives in a folder of its own: `point` is
where it is seen, `backing` the real folder below, or None where that says nothing in the clear. All
of it runs in the foreground, as processes of the test: `kill` ends them as a crash does, and what
is left at the mount point answers ENOTCONN to everything.
"""
import ctypes
import dataclasses
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time

MIB = 1 << 20
CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND = 1, 32, 4096
PATIENCE_SECONDS = 60.0


class Missing(Exception):
    """What the mount needs cannot be had here; the text says what."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a file system can't hold, as the comparer of tests/mounts takes it."""
    owners: bool = True
    modes: bool = True
    hard_links: bool = True          # and one can tell that names are one file
    symlinks: bool = True
    link_times: bool = True
    file_times: bool = True
    folder_times: bool = True
    grain_ns: int = 1
    earliest: int = -2**63           # seconds
    latest: int = 2**63
    longest_name: int = 255          # bytes
    bytes_as_names: bool = True      # names that are not UTF-8
    forbidden: bytes = b''           # characters
    folds_case: bool = False
    longest_target: int = 4095       # of symlinks
    outward_targets: bool = True     # absolute ones and those with '..' can be read

    def holds_name(self, name):
        if len(name) > self.longest_name or any(byte in self.forbidden for byte in name):
            return False
        if self.folds_case and name in (b'CASE', b'case'):
            return False
        return self.holds_target(name)

    def holds_target(self, target):
        try:
            return self.bytes_as_names or bool(target.decode('utf-8'))
        except UnicodeDecodeError:
            return False


def mount_points():
    with open('/proc/self/mountinfo', encoding='utf-8', errors='surrogateescape') as mounts:
        return [line.split()[4] for line in mounts]


def is_mounted(path):
    return path in mount_points()


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Missing(f'waited {seconds:.0f} seconds in vain until {what}')
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


class Mount:
    """A mount in the folder `top`, made by the user `uid`, root by default; `room_mib`: how much there
    is room for, if not for plenty. Root makes all of it, where that matters."""

    programs = ()     # that must be there
    packages = ()     # of Debian that bring them
    limits = Limits()
    by_root = False   # whether only root can mount it, for others then
    can_die = True    # whether there is a process to kill

    def __init__(self, name, top, uid=None, room_mib=None):
        self.name, self.top, self.uid, self.room_mib = name, top, uid, room_mib
        self.server = None if self.by_root else uid
        self.point = self.folder('mnt')
        self.backing = None
        self.processes = []
        for program in self.programs:
            if self.found(program) is None:
                raise Missing(f'{program} is missing: apt-get install {" ".join(self.packages)}')

    @staticmethod
    def found(program):
        return shutil.which(program, path=f'{os.environ.get("PATH", "")}:/usr/sbin:/sbin')

    def folder(self, name):
        path = os.path.join(self.top, name)
        if not os.path.isdir(path):
            os.makedirs(path)
            self.hand_over(path)
        return path

    def below(self, name):
        """A folder where what is written to the mount comes to lie."""
        if self.room_mib and not is_mounted(self.folder('below')):
            subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={self.room_mib}m,mode=755', 'none',
                            self.path('below')], check=True)
            self.hand_over(self.path('below'))
        return self.folder(os.path.join('below', name))

    def hand_over(self, path):
        if self.server is not None:
            os.chown(path, self.server, self.server)

    def path(self, name):
        return os.path.join(self.top, name)

    # For the kinds to say

    def prepare(self):
        """What is made once."""

    def command(self):
        """The process that serves the mount, in the foreground."""
        raise NotImplementedError

    def options(self, *own):
        """-o and these options, and what others need to see what root mounts for them."""
        others = ('allow_other',) if self.uid is not None and self.server is None else ()
        return ['-o', ','.join(own + others)] if own + others else []

    def owned(self):
        """Options of file systems without owners: all belongs to the user."""
        return () if self.uid is None else (f'uid={self.uid}', f'gid={self.uid}')

    # For tests to use

    def mount(self):
        if not os.path.exists(self.path('prepared')):
            self.prepare()
            with open(self.path('prepared'), 'wb'):
                pass
        self.start_servers()
        self.serve(self.command())

    def start_servers(self):
        """What the process that serves the mount talks to."""

    def serve(self, command):
        server = self.start(command)
        wait_until(lambda: is_mounted(self.point) or server.poll() is not None,
                   f'{self.name} is mounted')
        # Some mount first, and then find that they can't.
        if not self.tried('stat', '-f', self.point, **self.as_user()) \
                or server.poll() is not None or not is_mounted(self.point):
            raise Missing(f'{command[0]} ended with {server.poll()}: {self.said()}')

    def unmount(self):
        """All that was written is where it belongs when this returns."""
        if is_mounted(self.point):
            wait_until(lambda: self.tried('umount', self.point), f'{self.point} can be unmounted')
        for process in reversed(self.processes):
            self.ended(process)
        self.processes.clear()

    def ended(self, process):
        try:
            process.wait(0.2 if process in self.processes[:-1] else PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    def kill(self):
        """The process that serves it dies; the mount point stays, and answers ENOTCONN."""
        self.processes[-1].kill()
        self.processes.pop().wait(PATIENCE_SECONDS)

    def clear(self):
        """After `kill`: takes away what is left at the mount point."""
        while is_mounted(self.point):
            self.tried('umount', '-l', self.point)
        for process in reversed(self.processes):
            process.kill()
            process.wait(PATIENCE_SECONDS)
        self.processes.clear()

    def mount_anew(self):
        """As after a restart: the device number is another one."""
        self.clear()
        if os.geteuid() == 0 and not is_mounted(self.folder('other')):
            subprocess.run(['mount', '-t', 'tmpfs', 'none', self.path('other')], check=True)
        self.mount()

    def gone(self):
        """Takes away what is below the mount, for good."""
        for point in reversed(mount_points()):
            if point.startswith(self.top + '/'):
                self.tried('umount', '-l', point)

    def watched(self):
        """Real folders in which one sees that something has arrived."""
        return [self.backing]

    @property
    def plain(self):
        """Whether names and contents lie below as they are seen above."""
        return self.backing is not None

    def progress(self):
        """A number that grows by about one with each entry that has arrived below."""
        if os.path.exists(self.path('image')):
            return os.stat(self.path('image')).st_blocks // 8
        return sum(len(names) + len(files)
                   for root in self.watched() for _, names, files in os.walk(root))

    def settled(self):
        """Waits until what was written has reached the backing; nothing to wait for, usually."""

    # Tools

    def start(self, command, by_root=False):
        """Starts a process of the mount as its user."""
        path = self.found(command[0])
        with open(self.path('said'), 'ab') as said:
            process = subprocess.Popen([path, *command[1:]], stdin=subprocess.DEVNULL, stdout=said,
                                       stderr=said, cwd=self.top, **self.as_user(by_root))
        self.processes.append(process)
        return process

    def as_user(self, by_root=False):
        settings = {'HOME': self.top, 'PATH': f'{os.environ.get("PATH", "")}:/usr/sbin:/sbin',
                    'LC_ALL': 'C.UTF-8'}
        who = {'user': self.server, 'group': self.server, 'extra_groups': []}
        return {'env': settings, **({} if self.server is None or by_root else who)}

    def run(self, *command):
        """A command of the preparation, as the mount's user."""
        done = subprocess.run([self.found(command[0]) or command[0], *command[1:]], check=False,
                              capture_output=True, stdin=subprocess.DEVNULL, cwd=self.top,
                              **self.as_user())
        if done.returncode != 0:
            raise Missing(f'{" ".join(command)}: {done.stdout + done.stderr!r}')
        return done.stdout

    @staticmethod
    def tried(*command, **options):
        return subprocess.run(command, check=False, capture_output=True, **options).returncode == 0

    def said(self):
        with open(self.path('said'), 'rb') as file:
            return file.read()[-400:].decode(errors='replace')

    def image(self, mib, *mkfs):
        path = self.path('image')
        with open(path, 'wb') as file:
            file.truncate(mib * MIB)
        self.hand_over(path)
        self.run(*mkfs, path)
        return path


def bind_read_only(folder, point):
    """The mount at `folder`, which root may not be allowed to look at, once more at `point`."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(folder), os.fsencode(point)
    for flags in (MS_BIND, MS_REMOUNT | MS_BIND | MS_RDONLY):
        if libc.mount(*names, None, flags, None) != 0:
            raise Missing(f'{folder} once more, read-only: {os.strerror(ctypes.get_errno())}')


def in_a_world_of_its_own():
    """From now on this process's mounts are its own, and end with it; and users may use FUSE, as
    on Debian, whatever mode the machine has given the device."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise Missing(f'no mount namespace: {os.strerror(ctypes.get_errno())}')
    subprocess.run(['mount', '--make-rprivate', '/'], check=True)
    if stat.S_IMODE(os.stat('/dev/fuse').st_mode) & 0o006 != 0o006:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(['mount', '-t', 'tmpfs', 'none', folder], check=True)
            node = os.path.join(folder, 'fuse')
            os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(10, 229))
            os.chmod(node, 0o666)
            subprocess.run(['mount', '--bind', node, '/dev/fuse'], check=True)
            subprocess.run(['umount', '-l', folder], check=True)
