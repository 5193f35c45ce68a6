"""The kinds of mounts there are for tests, by the names that `kind` knows; see tests/support/mounts.py."""
import contextlib
import dataclasses
import json
import os
import pwd
import shutil
import signal

from tests.support.mounts import Limits, Missing, Mount, free_port, is_mounted, listens, wait_until

PASSWORD = 'only for tests'
SLOW_LINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'slow_line.py')
KINDS = {}


def named(*names):
    """Makes a class the kind of these names; it is told which by its first argument."""
    def register(kind):
        for name in names:
            KINDS[name] = kind
        return kind
    return register


def mount_of(name, top, uid=None, room_mib=None):
    """A mount of this name in the folder `top`; see Mount."""
    return KINDS[name](name, top, uid, room_mib)


@named('plain')
class Plain(Mount):
    """No mount at all: what everything is measured by."""
    can_die = False

    def prepare(self):
        self.backing = self.point

    def mount(self):
        self.backing = self.point

    def unmount(self):
        pass


@named('bindfs')
class Bindfs(Mount):
    programs, packages = ('bindfs',), ('bindfs',)

    def command(self):
        self.backing = self.below('backing')
        alone = [] if self.uid is None else ['--no-allow-other']
        return ['bindfs', '-f', *alone, self.backing, self.point]


@named('sshfs', 'sshfs-links', 'sshfs-slow')
class Sshfs(Mount):
    """By a server of its own; `sshfs-links` shows links that lead out of the mount, which Debian's
    sshfs doesn't by default; `sshfs-slow` has a line of 5 ms each way."""
    programs, packages = ('sshfs', 'sshd', 'ssh-keygen'), ('sshfs', 'openssh-server')
    # It takes the second 0 for now.
    limits = Limits(grain_ns=10**9, earliest=1, latest=2**32 - 1, link_times=False,
                    hard_links=False, outward_targets=False)

    def prepare(self):
        for name in ('host', 'user'):
            self.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.path(name))
        shutil.copy2(self.path('user.pub'), self.path('authorized'))

    def start_servers(self):
        self.backing = self.below('backing')
        self.port = free_port()
        os.makedirs('/run/sshd', mode=0o755, exist_ok=True)
        with open(self.path('sshd_config'), 'w', encoding='utf-8') as config:
            config.write(f'Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.path("host")}\n'
                         f'AuthorizedKeysFile {self.path("authorized")}\nStrictModes no\n'
                         'UsePAM no\nPidFile none\nPermitRootLogin yes\nLogLevel ERROR\n'
                         'Subsystem sftp internal-sftp\n')
        self.start(['sshd', '-D', '-e', '-f', self.path('sshd_config')], by_root=True)
        wait_until(lambda: listens(self.port), 'sshd listens')
        if self.name == 'sshfs-slow':
            near = free_port()
            self.start(['python3', shutil.copy2(SLOW_LINE, self.path('slow_line.py')), str(near),
                        str(self.port), '0.005'])
            self.port = near
            wait_until(lambda: listens(near), 'the relay listens')

    def __init__(self, name, *args):
        super().__init__(name, *args)
        if name == 'sshfs-links':
            self.limits = dataclasses.replace(self.limits, outward_targets=True)

    def command(self):
        user = pwd.getpwuid(os.geteuid() if self.server is None else self.server).pw_name
        options = f'IdentityFile={self.path("user")},StrictHostKeyChecking=no,' \
                  'UserKnownHostsFile=/dev/null,IdentitiesOnly=yes'
        if self.name == 'sshfs-links':
            options += ',no_contain_symlinks'
        return ['sshfs', '-f', '-p', str(self.port), '-o', options,
                f'{user}@127.0.0.1:{self.backing}', self.point]


@named('mergerfs-2-epmfs', 'mergerfs-2-mfs', 'mergerfs-3-epmfs', 'mergerfs-3-mfs',
       'mergerfs-3-rand')
class Mergerfs(Mount):
    """Branches of different size, on file systems of their own where root makes them."""
    programs, packages = ('mergerfs',), ('mergerfs',)
    limits = Limits(hard_links=False)
    by_root = True

    def branches(self):
        count = int(self.name.split('-')[1])
        return [self.folder(f'branch{number}') for number in range(count)]

    def start_servers(self):
        for number, branch in enumerate(self.branches()):
            if not is_mounted(branch):
                size = (self.room_mib or 2000) + number
                self.run('mount', '-t', 'tmpfs', '-o', f'size={size}m', 'none', branch)

    def command(self):
        policy = self.name.split('-')[2]
        return ['mergerfs', '-f',
                *self.options(f'category.create={policy}', 'minfreespace=1M', 'fsname=pool'),
                ':'.join(self.branches()), self.point]

    def watched(self):
        return self.branches()


@named('encfs')
class Encfs(Mount):
    programs, packages = ('encfs',), ('encfs',)
    limits = Limits(grain_ns=10**9, longest_name=175, longest_target=2000)

    def watched(self):
        return [self.below('cipher')]

    def command(self):
        return ['encfs', '--standard', '--extpass', f'echo {PASSWORD}', '-f',
                self.below('cipher'), self.point]


@named('gocryptfs')
class Gocryptfs(Mount):
    programs, packages = ('gocryptfs',), ('gocryptfs',)
    limits = Limits(latest=9223372036, longest_target=2000)

    def watched(self):
        return [self.below('cipher')]

    def prepare(self):
        self.run('gocryptfs', '-init', '-q', '-scryptn', '10', '-extpass', f'echo {PASSWORD}',
                 self.below('cipher'))

    def command(self):
        return ['gocryptfs', '-fg', '-q', '-extpass', f'echo {PASSWORD}', self.below('cipher'),
                self.point]


@named('rclone-off', 'rclone-minimal', 'rclone-writes', 'rclone-full')
class Rclone(Mount):
    programs, packages = ('rclone',), ('rclone',)
    # Times before 1970 with a fraction of a second are shown as others.
    limits = Limits(owners=False, modes=False, hard_links=False, symlinks=False, earliest=0,
                    latest=9223372036, folder_times=False, bytes_as_names=False,
                    forbidden=bytes(range(32)) + b'\x7f')

    def settled(self):
        with contextlib.suppress(Missing):  # what can't be written is seen by what is missing
            wait_until(lambda: not any(self.dirty()), 'all is written to what is below', 10)

    def dirty(self):
        for folder, _, files in os.walk(self.path('cache/vfsMeta')):
            for name in files:
                with contextlib.suppress(FileNotFoundError, ValueError):  # it is being written
                    with open(os.path.join(folder, name), encoding='utf-8') as meta:
                        yield json.load(meta).get('Dirty')

    def prepare(self):
        with open(self.path('rclone.conf'), 'w', encoding='utf-8') as config:
            config.write(f'[below]\ntype = alias\nremote = {self.below("backing")}\n')
        self.hand_over(self.path('rclone.conf'))

    def command(self):
        self.backing = self.below('backing')
        return ['rclone', 'mount', '--config', self.path('rclone.conf'), '--vfs-cache-mode',
                self.name.split('-')[1], '--vfs-write-back', '1s', '--cache-dir',
                self.folder('cache'), 'below:', self.point]


@named('unionfs')
class Unionfs(Mount):
    """A branch that is written to, and one below that can only be read, empty at first."""
    programs, packages = ('unionfs-fuse',), ('unionfs-fuse',)
    limits = Limits(longest_name=240, hard_links=False)

    def watched(self):
        return [self.below('upper')]

    def command(self):
        self.backing = self.below('upper')
        return ['unionfs-fuse', '-f', '-o', 'cow',
                f'{self.below("upper")}=RW:{self.folder("lower")}=RO', self.point]


@named('fuse-overlayfs')
class FuseOverlayfs(Mount):
    programs, packages = ('fuse-overlayfs',), ('fuse-overlayfs',)
    limits = Limits(longest_name=250)

    def watched(self):
        return [self.below('upper')]

    def command(self):
        self.backing = self.below('upper')
        return ['fuse-overlayfs', '-f', '-o', f'lowerdir={self.folder("lower")},upperdir='
                f'{self.below("upper")},workdir={self.below("work")}', self.point]


@named('ntfs-3g')
class Ntfs3g(Mount):
    programs, packages = ('ntfs-3g', 'mkfs.ntfs'), ('ntfs-3g',)
    by_root = True
    # A longer name that is replaced leaves one of a few letters: it puts 19 more after it, and counts in bytes.
    limits = Limits(owners=False, modes=False, grain_ns=100, earliest=0, longest_name=236,
                    bytes_as_names=False)

    def prepare(self):
        self.image(self.room_mib or 256, 'mkfs.ntfs', '-F', '-Q', '-q')

    def command(self):
        return ['ntfs-3g', *self.options('no_detach', *self.owned()), self.path('image'), self.point]


@named('exfat-fuse')
class ExfatFuse(Mount):
    programs, packages = ('mount.exfat-fuse', 'mkfs.exfat'), ('exfat-fuse', 'exfatprogs')
    by_root = True
    device = None
    limits = Limits(owners=False, modes=False, hard_links=False, symlinks=False, grain_ns=2 * 10**9,
                    earliest=315532800 + 86400, latest=4354819198 - 86400, bytes_as_names=False, folds_case=True,
                    forbidden=b'"*/:<>?\\|' + bytes(range(32)) + b'\x7f')

    def prepare(self):
        self.image(self.room_mib or 256, 'mkfs.exfat')

    def command(self):
        if not self.device:
            self.device = self.run('losetup', '--find', '--show', self.path('image')).decode().strip()
        return ['mount.exfat-fuse', '-d', *self.options(*self.owned()), self.device, self.point]

    def gone(self):
        super().gone()
        if self.device:
            self.tried('losetup', '--detach', self.device)


@named('davfs2')
class Davfs2(Mount):
    """Over rclone's WebDAV server, which lies beside the apache2 that people have."""
    daemon = None
    programs, packages = ('mount.davfs', 'rclone'), ('davfs2', 'rclone')
    by_root = True
    limits = Limits(owners=False, modes=False, hard_links=False, symlinks=False, link_times=False,
                    folder_times=False, file_times=False, longest_name=200, bytes_as_names=False)

    def start_servers(self):
        self.backing = self.below('backing')
        self.port = free_port()
        self.start(['rclone', 'serve', 'webdav', '--addr', f'127.0.0.1:{self.port}',
                    '--config', self.path('none.conf'), self.backing])
        wait_until(lambda: listens(self.port), 'the WebDAV server listens')

    def command(self):
        cache = self.folder('cache')
        os.chmod(cache, 0o777)
        with open(self.path('davfs2.conf'), 'w', encoding='utf-8') as config:
            config.write(f'cache_dir {cache}\nuse_locks 0\nask_auth 0\ndelay_upload 0\nbuf_size 256\n'
                         f'secrets {self.path("secrets")}\n')
        with open(self.path('secrets'), 'w', encoding='utf-8'):
            pass
        os.chmod(self.path('secrets'), 0o600)
        return ['mount.davfs', f'http://127.0.0.1:{self.port}/', self.point,
                *self.options(f'conf={self.path("davfs2.conf")}', *self.owned())]

    def serve(self, command):
        self.run(*command)
        path = self.note()
        wait_until(lambda: os.path.exists(path) and os.path.getsize(path), 'davfs2 says who it is')
        with open(path, encoding='ascii') as file:
            self.daemon = int(file.read())

    def note(self):
        """Where the process that serves the mount says which one it is; it is none of ours."""
        return f'/run/mount.davfs/{self.point.strip("/").replace("/", "-")}.pid'

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.daemon, signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f'/proc/{self.daemon}'), 'davfs2 is dead')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.note())

    def clear(self):
        if self.daemon is not None:
            self.kill()
        super().clear()


@named('glusterfs')
class Glusterfs(Mount):
    """Two bricks, over which the names are spread, in the process of the client; on XFS, as its
    makers ask for."""
    programs, packages = ('glusterfs', 'mkfs.xfs'), ('glusterfs-client', 'glusterfs-server', 'xfsprogs')
    by_root = True
    limits = Limits(longest_target=1000, earliest=0)

    def bricks(self):
        return [os.path.join(self.path('disk'), f'brick{number}') for number in range(2)]

    def start_servers(self):
        if not is_mounted(self.folder('disk')):
            if not os.path.exists(self.path('disk.img')):
                os.rename(self.image(512, 'mkfs.xfs', '-q'), self.path('disk.img'))
            self.run('mount', '-o', 'loop', self.path('disk.img'), self.path('disk'))
        self.port = free_port()
        for brick in self.bricks():
            os.makedirs(brick, exist_ok=True)
        with open(self.path('server'), 'w', encoding='utf-8') as volume:
            for number, brick in enumerate(self.bricks()):
                volume.write(f'volume posix{number}\n type storage/posix\n option directory {brick}\n'
                             f'end-volume\nvolume locks{number}\n type features/locks\n '
                             f'subvolumes posix{number}\nend-volume\nvolume brick{number}\n '
                             f'type performance/io-threads\n subvolumes locks{number}\nend-volume\n')
            volume.write('volume server\n type protocol/server\n option transport-type tcp\n option '
                         f'transport.socket.listen-port {self.port}\n option auth.addr.brick0.allow *\n'
                         ' option auth.addr.brick1.allow *\n subvolumes brick0 brick1\nend-volume\n')
        self.start(['glusterfsd', '-N', '-f', self.path('server'), '-l', self.path('server.log')])
        wait_until(lambda: listens(self.port), 'the bricks are served')

    def command(self):
        with open(self.path('volume'), 'w', encoding='utf-8') as volume:
            for number in range(2):
                volume.write(f'volume client{number}\n type protocol/client\n option transport-type '
                             f'tcp\n option remote-host 127.0.0.1\n option remote-port {self.port}\n'
                             f' option remote-subvolume brick{number}\nend-volume\n')
            volume.write('volume pool\n type cluster/distribute\n subvolumes client0 client1\n'
                         'end-volume\n')
        return ['glusterfs', '-N', '-f', self.path('volume'), '-l', self.path('gluster.log'),
                self.point]

    def watched(self):
        return self.bricks()

