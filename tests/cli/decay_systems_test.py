"""Decay on other file systems: found, named on the right side, healed or held; and changes of every
kind at random, none of which is decay.

What is read of a file is remembered once it was left alone for a minute: the program's clock is set
forward here.
"""
import contextlib
import json
import mmap
import os
import random
import shutil
import unittest

from tests.support import trees
from tests.support.disks import DiskTest
from tests.support.program import DONE, PARTIAL
from tests.support.report import path_of

CHANGES = int(os.environ.get('SYNC_TEST_HISTORIES', '400'))
SEED = int(os.environ.get('SYNC_TEST_SEED', '1'))
CLOCK = ('faketime', '--exclude-monotonic', '-f', '+600s')
MARK = b'the beginning of %s in this tree'
LONG_AGO = 10**9 * trees.SECOND


class LaterTest(DiskTest):
    """The program runs ten minutes later."""

    def setUp(self):
        super().setUp()
        if shutil.which(CLOCK[0]) is None:
            self.skipTest(f'{CLOCK[0]} is missing')

    def run_later(self, *args, expect):
        return self.execute(*args, expect=expect, wrapper=CLOCK)

    def findings(self, expect):
        said = self.run_later('verify', '-s', self.source, '-r', self.replica, '--report', '-',
                              expect=expect)
        return [(os.fsdecode(path_of(line)), line['found'], line['side'])
                for line in map(json.loads, said.out.splitlines()[1:-1])]


class DecayTest(LaterTest):
    """A disk for each tree, of each kind."""

    def test_on_ext4_with_small_blocks(self):
        self.goes_bad('mkfs.ext4', '-q', '-b', '1024', mib=64)

    def test_on_xfs(self):
        self.goes_bad('mkfs.xfs', '-q', mib=320)

    def test_on_btrfs_which_checks_what_it_holds(self):
        self.goes_bad('mkfs.btrfs', '-q', '-M', mib=128, word='unreadable')

    def test_on_btrfs_without_sums(self):
        self.goes_bad('mkfs.btrfs', '-q', '-M', mib=128, options=('nodatasum',))

    def goes_bad(self, *mkfs, mib, word='decayed', options=()):
        self.options = ','.join(('loop', *options))
        self.folders = [self.at('one'), self.at('other')]
        for folder in self.folders:
            self.disk(folder, *mkfs, mib=mib)
            self.unmount(folder)
            self.mount('-o', self.options, f'{folder}.img', folder)
        self.source, self.replica = (f'{folder}/tree' for folder in self.folders)
        self.plant()
        self.sync('run')
        self.assertEqual([], self.findings(DONE))
        bad = {'small': self.replica, 'large': self.replica, 'sparse': self.replica,
               'linked': self.replica, 'kept': self.source, 'both': self.source}
        self.decay({**bad, 'both again': self.replica})
        told = {(name, word, 'source' if tree == self.source else 'replica')
                for name, tree in bad.items()}
        told |= {('also linked', word, 'replica'), ('both', word, 'replica')}
        with self.mapped('large'):
            self.assertEqual(told, set(self.findings(PARTIAL)))
        self.run_later('run', '-s', self.source, '-r', self.replica, '--verify-percent', '100',
                       expect=PARTIAL)
        self.assertEqual({('kept', word, 'source'), ('both', word, 'source')},
                         {one for one in self.findings(PARTIAL) if one[2] == 'source'})
        self.assertEqual(self.before['kept'], trees.read(self.in_replica('kept')))
        for name in ('small', 'large', 'sparse', 'linked', 'also linked'):
            self.assertEqual(self.before[name], trees.read(self.in_replica(name)), name)

    def plant(self):
        noise = random.Random(SEED)
        os.mkdir(self.source)
        for name, size in (('small', 5_000), ('large', 3_000_001), ('linked', 4096), ('kept', 9_900),
                           ('both', 70_000), ('sparse', 5_000)):
            with open(self.in_source(name), 'wb') as file:
                if name == 'sparse':
                    file.seek(1 << 20)
                file.write(MARK % name.encode() + noise.randbytes(size))
                file.truncate(max(file.tell(), 3 << 20 if name == 'sparse' else 0))
        os.link(self.in_source('linked'), self.in_source('also linked'))
        for name in os.listdir(self.source):
            os.utime(self.in_source(name), ns=(LONG_AGO, LONG_AGO))
        self.before = {name: trees.read(self.in_source(name)) for name in os.listdir(self.source)}

    @contextlib.contextmanager
    def mapped(self, name):
        """Another program has the file in memory, as far as its file system gives it."""
        with open(self.in_replica(name), 'rb') as file:
            with contextlib.suppress(OSError):
                file.read()
            with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):
                yield

    def decay(self, trees_of):
        """Flips a bit of each file, below the file system."""
        for folder in self.folders:
            self.unmount(folder)
            names = [name.removesuffix(' again') for name, tree in trees_of.items()
                     if tree.startswith(folder)]
            with open(f'{folder}.img', 'r+b') as image, mmap.mmap(image.fileno(), 0) as blocks:
                for name in names:
                    at = blocks.find(MARK % name.encode())
                    self.assertGreater(at, 0, name)
                    blocks[at + 3] ^= 1
            self.mount('-o', self.options, f'{folder}.img', folder)


class ChangesTest(LaterTest):
    """Whatever people do to files, also without a new time, is a change."""

    def test_on_ext4(self):
        self.changes('mkfs.ext4', '-q', mib=64)

    def test_on_xfs(self):
        self.changes('mkfs.xfs', '-q', mib=320)

    def changes(self, *mkfs, mib):
        disk = self.at('disk')
        self.disk(disk, *mkfs, mib=mib)
        self.source, self.replica = f'{disk}/s', f'{disk}/r'
        self.noise = random.Random(SEED)
        os.mkdir(self.source)
        self.names = [str(number) for number in range(100)]
        for name in self.names:
            self.write(self.in_source(name))
        self.sync('run')
        for step in range(-(-CHANGES // 100)):
            self.findings((DONE, PARTIAL))
            for _ in range(100):
                self.change(self.noise.choice((self.source, self.replica)))
            os.sync()
            wrong = [one for one in self.findings((DONE, PARTIAL)) if one[1] == 'decayed']
            self.assertEqual([], wrong, f'seed {SEED}, step {step}')

    def write(self, path):
        with open(path, 'wb') as file:
            file.write(self.noise.randbytes(self.noise.choice((1, 100, 4096, 5000, 70_000))))

    def change(self, tree):
        path, other = (os.path.join(tree, self.noise.choice(self.names)) for _ in range(2))
        if not os.path.exists(path):
            return self.write(path)
        times = os.stat(path)
        times = (times.st_atime_ns, times.st_mtime_ns)
        kind = self.noise.choice((self.overwrite, self.write_mapped, self.write_anew, self.swap,
                                  self.move, self.copy, self.link, os.utime))
        if kind in (self.swap, self.move, self.link):
            return path == other or kind(path, other)
        kind(path)
        if self.noise.random() < 0.5:
            os.utime(path, ns=times)
        return None

    def overwrite(self, path):
        with open(path, 'r+b') as file:
            file.write(self.noise.randbytes(1))

    @staticmethod
    def write_mapped(path):
        with open(path, 'r+b') as file, mmap.mmap(file.fileno(), 0) as memory:
            memory[0] ^= 1

    @staticmethod
    def write_anew(path):
        content = trees.read(path)[::-1]
        os.unlink(path)
        trees.write(path, content)

    @staticmethod
    def copy(path):
        shutil.copy2(path, f'{path}.new')
        os.replace(f'{path}.new', path)

    @staticmethod
    def move(path, other):
        os.replace(path, other)

    @staticmethod
    def link(path, other):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(other)
        os.link(path, other)

    def swap(self, path, other):
        if os.path.exists(other):
            os.rename(path, f'{path}.aside')
            os.rename(other, path)
            os.rename(f'{path}.aside', other)


if __name__ == '__main__':
    unittest.main()
