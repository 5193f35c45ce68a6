"""A run that ends well leaves nothing to do: by whom, where to, and with which options ever it ran.

What a file system or a caller can't give is learned, told, and not asked for again.
"""
import os
import shutil
import stat
import subprocess
import unittest

from tests.support import trees
from tests.support.disks import DiskTest
from tests.support.program import DONE, PARTIAL, as_root, with_mounts
from tests.support.trees import SECOND, fifo, file, folder, same_inode_as, symlink

USER, GROUP, OTHER_GROUP = 1001, 1001, 2000
STRANGER = (1002, 2000)

CALLERS = {
    'root': (),
    'root of a user namespace': ('unshare', '--user', '--map-root-user'),
    'root without CAP_CHOWN': ('setpriv', '--bounding-set', '-chown', '--inh-caps', '-chown'),
    'a user of two groups': ('setpriv', '--reuid', str(USER), '--regid', str(GROUP),
                             '--groups', f'{GROUP},{OTHER_GROUP}'),
}
OPTIONS = ((), ('--xattrs',), ('--no-owner', '--no-perms'))


def source_tree():
    """Everything that everybody may read, with whatever metadata and names."""
    old, odd = -5 * SECOND + 1, 1_000_000_000 * SECOND + 123_456_789
    return folder({
        'plain': file('x' * 5000, mtime=odd),
        'empty': '',
        'program': file('#!', mode=0o755, mtime=odd),
        'of a stranger': file('x', mode=0o664, owner=STRANGER, mtime=odd),
        'of the group': file('x', mode=0o664, owner=(USER, OTHER_GROUP)),
        'with set-user-ID': file('x', mode=0o4755),
        'with set-group-ID': file('x', mode=0o2755, owner=(0, OTHER_GROUP)),
        'with attributes': file('x', xattrs={'user.note': b'value', 'user.empty': b''}),
        'before 1970': file('x', mtime=old),
        'after 2038': file('x', mtime=3_000_000_000 * SECOND + 7),
        'sparse': file('begin', size=1 << 20),
        'link': symlink('plain', mtime=odd),
        'dangling': symlink('no/where'),
        'first name': file('linked', mtime=odd),
        'pipe': fifo(mode=0o644),
        'folder': folder({'second name': same_inode_as('first name'),
                          'read-only': folder({'f': file('x', mode=0o444)}, mode=0o555),
                          'empty': {}}, mode=0o750 | 0o005, mtime=old),
        'shared': folder({'f': file('x', owner=(0, OTHER_GROUP))}, mode=0o2775,
                         owner=(USER, OTHER_GROUP)),
        'sticky': folder({'f': 'x'}, mode=0o1777),
        'n\u00e4me': 'x',
    }, mode=0o755)


def change(root):
    """One change of each kind."""
    at = lambda *parts: os.path.join(root, *parts)  # noqa: E731
    trees.write(at('plain'), 'y' * 5000)
    os.chmod(at('program'), 0o700 | 0o055)
    os.chown(at('of the group'), USER, GROUP)
    os.unlink(at('empty'))
    trees.write(at('first name'), 'changed')
    os.unlink(at('folder', 'second name'))
    os.rename(at('sparse'), at('folder', 'moved'))
    shutil.rmtree(at('sticky'))
    trees.write(at('sticky'), 'no folder any more')
    os.unlink(at('dangling'))
    os.symlink('another', at('dangling'))
    if stat.S_ISFIFO(os.lstat(at('pipe')).st_mode):
        os.unlink(at('pipe'))
    trees.write(at('pipe'), 'x')


@as_root
@with_mounts
class MatrixTest(DiskTest):
    adopts = True

    def setUp(self):
        super().setUp()
        self.copy_binary_for_everybody()
        os.chmod(self.at(), 0o755)

    # Where to

    def test_ext4(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q')
        self.check_all()

    def test_xfs(self):
        self.disk(self.at('disk'), 'mkfs.xfs', '-q', mib=300)
        self.check_all()

    def test_btrfs(self):
        self.disk(self.at('disk'), 'mkfs.btrfs', '-q', mib=128)
        self.check_all()

    def test_tmpfs(self):
        self.mount_tmpfs(self.at('disk'))
        self.check_all()

    def test_overlay(self):
        os.mkdir(self.at('lower'))
        self.overlay(self.at('disk'), self.at('lower'))
        self.check_all()

    def test_exfat(self):
        self.exfat_disk(self.at('disk'))
        self.check_all(expect=(DONE, PARTIAL))

    def check_all(self, expect=DONE):
        for caller, wrapper in CALLERS.items():
            if wrapper and not self.can_run(wrapper):
                continue
            for options in OPTIONS:
                with self.subTest(caller, options=options):
                    self.check(caller, wrapper, options, expect)

    @staticmethod
    def can_run(wrapper):
        return shutil.which(wrapper[0]) is not None and subprocess.run(
            [*wrapper, 'true'], check=False, capture_output=True).returncode == 0

    def has_owners(self, path):
        return self._testMethodName != 'test_exfat' or not path.startswith(self.at('disk'))

    def check(self, caller, wrapper, options, expect):
        name = f'{caller} {" ".join(options)}'
        self.source, self.replica = self.at('source ' + name), self.at('disk', 'replica ' + name)
        self.state, self.cwd = self.at('state ' + name), self.at('cwd ' + name)
        trees.build(self.source, source_tree())
        for path in (self.replica, self.state, self.cwd):
            os.mkdir(path)
            if caller == 'a user of two groups' and self.has_owners(path):
                os.chown(path, USER, GROUP)
        for step in (lambda: None, lambda: change(self.source)):
            step()
            done = self.sync('run', *options, wrapper=wrapper, expect=expect)
            if done.code == DONE:
                plan = self.plan(*options, wrapper=wrapper)
                self.assertEqual([], plan['actions'], done)
            else:
                self.sync('run', *options, wrapper=wrapper, expect=expect)
