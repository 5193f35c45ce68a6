"""A tree that grows and changes at random, the same way for the same seed."""
import os
import random
import shutil
import stat

from tests.support import trees

AWKWARD_NAMES = [os.fsdecode(name) for name in (
    b'-rf', b'--help', b' leading', b'trailing ', b'new\nline', b'tab\there', b'\x1b[31mred',
    b'\xff\xfe not utf-8', b'\x80' * 255, b'n' * 255, b'a\\b', b'*', b'?', b'$(id)', b'`id`',
    b'"\'',
    b'%s%n', b'#', b'!', b'~', b'.hidden', b'..x', b'...', b'C:', b'\x7f', b'\xc2\x9b', b'CASE',
    b'case', b'caf\xc3\xa9', b'cafe\xcc\x81', b'\xe2\x80\xaegpj.exe', b'\xef\xbb\xbfbom', b'\x01',
    b'\xed\xa0\x80', b'\xf0\x9f\x98\x80', b'lost+found', b'log.txt', b'a', b'b', b'c')]
FILE_MODES = (0o644, 0o600, 0o755, 0o640, 0o7777, 0o4755, 0o2755)
FOLDER_MODES = (0o755, 0o700, 0o1777, 0o2775, 0o750)
ROOT_ONLY_MODES = (0o000, 0o111, 0o222, 0o444)  # others could not edit or judge such entries
SECONDS = (-2**31 + 1, -1, 0, 1, 10**9, 2**31 - 1, 2**31, 2**32 + 5, 15032385534)
SIZES = (0, 1, 100, 4095, 4096, 4097, 65536, 70001)
LONGEST_PATH = 3000


class RandomTree:
    """Edits the folder `root`; `edit()` returns what it did, for the message of a failing test."""

    def __init__(self, root, seed, xattrs=False):
        self.root = root
        self.rng = random.Random(seed)
        self.xattrs = xattrs and trees.xattrs_possible()
        self.entries = 0  # of the last look at the tree
        os.makedirs(root, exist_ok=True)

    def grow(self, entries):
        for _ in range(entries):
            self.create()
        for _ in range(entries // 4):
            self.edit()

    def edit(self):
        """One random edit; a tree that has shrunk or grown a lot is steered back."""
        edits = [self.create, self.touch, self.set_mtime, self.rewrite_same_size, self.append,
                 self.truncate, self.punch, self.rename, self.swap, self.delete, self.change_type,
                 self.chmod, self.chown, self.add_link, self.break_link, self.replace_by_copy]
        if self.xattrs:
            edits += [self.set_xattr, self.drop_xattr]
        if self.entries < 60:
            edits += [self.create] * 20
        if self.entries > 400:
            edits += [self.delete] * 5
        return self.rng.choice(edits)()

    def _all(self):
        found, todo = [], [self.root]
        while todo:
            with os.scandir(todo.pop()) as directory:
                for entry in sorted(directory, key=lambda entry: entry.name):
                    found.append(entry.path)
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
        self.entries = len(found)
        return found

    def _pick(self, wanted=lambda mode: True):
        matching = [path for path in self._all() if wanted(os.lstat(path).st_mode)]
        return self.rng.choice(matching) if matching else None

    def _file(self):
        return self._pick(stat.S_ISREG)

    def _folder(self):
        folders = [path for path in self._all() if stat.S_ISDIR(os.lstat(path).st_mode)]
        short = [path for path in folders if len(os.fsencode(path)) < LONGEST_PATH]
        return self.rng.choice(short + [self.root] * 3)

    def _free_path(self, folder):
        while True:
            name = self.rng.choice(AWKWARD_NAMES)
            if self.rng.random() < 0.6:
                name = f'{name[:80]}{self.rng.randrange(1000)}'
            path = os.path.join(folder, name)
            if not os.path.lexists(path) and not (folder == self.root and name == 'lost+found'):
                return path

    def _said(self, what, *paths):
        return f'{what} {", ".join(ascii(os.path.relpath(path, self.root)) for path in paths)}'

    def _content(self, size=None):
        return self.rng.randbytes(self.rng.choice(SIZES) if size is None else size)

    def create(self):
        path = self._free_path(self._folder())
        kind = self.rng.choices(('file', 'dir', 'symlink', 'hole', 'fifo', 'socket', 'device'),
                                weights=(10, 6, 4, 1, 1, 1, 1))[0]
        self._make(path, kind)
        return self._said(f'create {kind}', path)

    def _make(self, path, kind):
        if kind == 'dir':
            os.mkdir(path)
            for _ in range(self.rng.randrange(3)):
                trees.write(self._free_path(path), self._content())
        elif kind == 'symlink':
            os.symlink(self.rng.choice(('a', '..', '/', '/etc/passwd', '.', 'x' * 4000,
                                        os.fsdecode(b'\xff\n'))), path)
        elif kind == 'hole':
            trees.write(path, self._content())
            os.truncate(path, self.rng.randrange(2**25))
        elif kind == 'fifo':
            os.mkfifo(path)
        elif kind == 'socket':
            os.mknod(path, stat.S_IFSOCK | 0o600)
        elif kind == 'device' and trees.devices_possible():
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, self.rng.randrange(3, 9)))
        else:
            trees.write(path, self._content())

    def touch(self):
        path = self._pick() or self.root
        os.utime(path, follow_symlinks=False)
        return self._said('touch', path)

    def set_mtime(self):
        path = self._pick() or self.root
        mtime = self.rng.choice(SECONDS) * trees.SECOND + self.rng.randrange(trees.SECOND)
        trees.set_mtime(path, mtime)
        return self._said(f'set mtime {mtime}', path)

    def _change_file(self, what, change):
        path = self._file()
        if path is None:
            return self.create()
        with open(path, 'r+b') as out:
            change(out, os.fstat(out.fileno()).st_size)
        return self._said(what, path)

    def rewrite_same_size(self):
        return self._change_file('rewrite with the same size',
                                 lambda out, size: out.write(self._content(min(size, 70001))))

    def append(self):
        def change(out, size):
            out.seek(size)
            out.write(self._content(self.rng.randrange(1, 5000)))
        return self._change_file('append', change)

    def truncate(self):
        return self._change_file('truncate', lambda out, size: out.truncate(size // 2))

    def punch(self):
        return self._change_file('extend by a hole', lambda out, size: out.truncate(size + 2**22))

    def rename(self):
        path, folder = self._pick(), self._folder()
        if path is None or (folder + '/').startswith(path + '/'):
            return self.create()
        if len(os.fsencode(path)) > LONGEST_PATH:
            folder = os.path.dirname(path)
        target = self._free_path(folder)
        if stat.S_ISDIR(os.lstat(path).st_mode) and len(os.fsencode(folder)) > 600:
            return self.touch()
        os.rename(path, target)
        return self._said('rename', path, target)

    def swap(self):
        first, second = self._file(), self._file()
        if first is None or first == second or self._look_alike(first, second):
            return self.create()
        spare = self._free_path(self.root)
        os.rename(first, spare)
        os.rename(second, first)
        os.rename(spare, second)
        return self._said('swap', first, second)

    @staticmethod
    def _look_alike(first, second):
        """Whether size and time say that nothing has changed where one takes the other's place:
        files that were made within one tick of the kernel's clock have one time."""
        first, second = os.lstat(first), os.lstat(second)
        return (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)

    def delete(self):
        path = self._pick()
        if path is None:
            return self.create()
        self._remove(path)
        return self._said('delete', path)

    @staticmethod
    def _remove(path):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def change_type(self):
        path = self._pick()
        if path is None:
            return self.create()
        before = stat.S_IFMT(os.lstat(path).st_mode)
        kinds = {'file': stat.S_IFREG, 'dir': stat.S_IFDIR, 'symlink': stat.S_IFLNK,
                 'fifo': stat.S_IFIFO, 'socket': stat.S_IFSOCK, 'device': stat.S_IFCHR}
        kind = self.rng.choice([kind for kind, bits in kinds.items() if bits != before])
        self._remove(path)
        self._make(path, kind)
        return self._said(f'change type to {kind}', path)

    def chmod(self):
        path = self._pick(lambda mode: not stat.S_ISLNK(mode)) or self.root
        modes = FOLDER_MODES if os.path.isdir(path) else FILE_MODES
        if os.geteuid() == 0:
            modes += ROOT_ONLY_MODES
        mode = self.rng.choice(modes)
        os.chmod(path, mode)
        return self._said(f'chmod {mode:04o}', path)

    def chown(self):
        path = self._pick()
        if path is None or os.geteuid() != 0:
            return self.chmod()
        owner = self.rng.choice((0, 1, 1000, 65534)), self.rng.choice((0, 5, 4000000))
        os.chown(path, *owner, follow_symlinks=False)
        return self._said(f'chown {owner}', path)

    def add_link(self):
        path = self._file()
        if path is None:
            return self.create()
        target = self._free_path(self._folder())
        os.link(path, target, follow_symlinks=False)
        return self._said('link', path, target)

    def break_link(self):
        linked = [path for path in self._all()
                  if stat.S_ISREG(os.lstat(path).st_mode) and os.lstat(path).st_nlink > 1]
        return self._copy_over(self.rng.choice(linked)) if linked else self.add_link()

    def replace_by_copy(self):
        path = self._file()
        return self.create() if path is None else self._copy_over(path)

    def _copy_over(self, path):
        """The same bytes in an inode of its own."""
        if os.lstat(path).st_size > 2**20:
            return self.touch()
        spare = self._free_path(self.root)
        shutil.copy2(path, spare)
        os.rename(spare, path)
        return self._said('replace by a copy of itself', path)

    def set_xattr(self):
        path = self._pick(lambda mode: stat.S_ISREG(mode) or stat.S_ISDIR(mode))
        if path is None:
            return self.create()
        os.setxattr(path, f'user.{self.rng.randrange(3)}', self._content(self.rng.randrange(200)))
        return self._said('set xattr', path)

    def drop_xattr(self):
        path = self._pick(lambda mode: stat.S_ISREG(mode) or stat.S_ISDIR(mode))
        for key in os.listxattr(path) if path else []:
            if key.startswith('user.'):
                os.removexattr(path, key)
        return self._said('drop xattrs', path or self.root)
