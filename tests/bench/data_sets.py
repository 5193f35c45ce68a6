"""The trees that are measured, the same on every machine, and the changes made to them.

A data set is made once and kept; what is measured and changed are copies of it.
"""
import dataclasses
import os
import random
import shutil
import stat
import subprocess

LINUX = '/usr/src/linux-source-6.1.tar.xz'
EPOCH = 1_577_836_800  # modification times lie in the five years from 2020 on
SPAN_SECONDS = 5 * 365 * 86_400
SUFFIXES = ('.c', '.h', '.txt', '.json', '.png', '.html', '.py', '.md', '')


@dataclasses.dataclass(frozen=True)
class Shape:
    """How a synthetic tree looks: `size` draws the size of one file in bytes."""
    files: int
    directories: int
    depth: int
    size: object


def source_code_size(draw):
    """Like the Linux source: half of the files below 5 KiB, 16 KiB on average, few large ones."""
    return min(int(draw.lognormvariate(8.5, 1.55)), 8 << 20)


def linux_like():
    return Shape(files=78_635, directories=5_096, depth=9, size=source_code_size)


def small_files(count):
    return Shape(files=count, directories=max(1, count // 90), depth=3,
                 size=lambda draw: draw.randrange(4097))


def make_directories(top, shape, draw):
    """The paths of the new tree's directories; a few of them get most of the subdirectories."""
    made, depths = [top], [0]
    os.mkdir(top)
    while len(made) < shape.directories:
        parent = min(draw.randrange(len(made)), draw.randrange(len(made)))
        if depths[parent] == shape.depth:
            continue
        path = f'{made[parent]}/d{len(made)}'
        os.mkdir(path)
        made.append(path)
        depths.append(depths[parent] + 1)
    return made


def make_synthetic(top, shape):
    draw = random.Random(61)
    directories = make_directories(top, shape, draw)
    weights = [draw.paretovariate(1.5) for _ in directories]
    pool = memoryview(draw.randbytes(16 << 20))
    places = draw.choices(directories, weights, k=shape.files)
    for number, place in enumerate(places):
        size = shape.size(draw)
        start = draw.randrange(len(pool) - size + 1)
        path = f'{place}/{draw.randrange(1 << 24):x}-{number}{draw.choice(SUFFIXES)}'
        mode = 0o755 if draw.random() < 0.02 else 0o644
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        if size:
            os.write(file, pool[start:start + size])
        mtime = (EPOCH + draw.randrange(SPAN_SECONDS)) * 10**9 + draw.randrange(10**9)
        os.utime(file, ns=(mtime, mtime))
        os.close(file)


def make_linux(top):
    os.mkdir(top)
    subprocess.run(['tar', '-C', top, '--strip-components=1', '-xJf', LINUX], check=True)


def choices(small_count):
    """The data sets by the names of the command line: (folder, title, how to make it)."""
    if os.path.exists(LINUX):
        a = ('linux-6.1', 'a: the Linux 6.1 source', make_linux)
    else:
        a = ('linux-like', 'a: synthetic, shaped like the Linux 6.1 source',
             lambda top: make_synthetic(top, linux_like()))
    small = (f'small-{small_count}', f'small: {small_count} files of 0 to 4 KiB',
             lambda top: make_synthetic(top, small_files(small_count)))
    return {'a': a, 'small': small}


def provide(data, name, make):
    """The path of the complete data set below the folder `data`; makes it where it is missing."""
    path = os.path.join(data, name)
    if not os.path.isdir(path):
        unfinished = path + '.unfinished'
        shutil.rmtree(unfinished, ignore_errors=True)
        make(unfinished)
        os.rename(unfinished, path)
    return path


def regular_files(top):
    """The regular files below a folder, in the order of their names: (path, status)."""
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                yield path, status


def extent(top):
    sizes = [status.st_size for _, status in regular_files(top)]
    return {'files': len(sizes), 'directories': sum(1 for _ in os.walk(top)), 'bytes': sum(sizes)}


def grow_one_percent(top, number):
    """Appends a byte to every hundredth file; other numbers mean other files."""
    for position, (path, _) in enumerate(regular_files(top)):
        if position % 100 == number % 100:
            with open(path, 'ab') as file:
                file.write(b'x')


def touch_all(top, _):
    """Moves the modification time of every file on; the content stays."""
    for path, status in regular_files(top):
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1000 * 10**9))
