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


def make_large(top, scale):
    """4 files of 1 GiB and 64 of 64 MiB, each times `scale`: bytes that differ from file to file."""
    draw = random.Random(62)
    block = draw.randbytes(1 << 20)
    os.mkdir(top)
    sizes = [int(scale * (1 << 30))] * 4 + [int(scale * (64 << 20))] * 64
    for number, size in enumerate(sizes):
        path = f'{top}/{"huge" if number < 4 else "large"}-{number:02}.bin'
        with open(path, 'wb') as file:
            for start in range(0, size, len(block)):
                file.write(b'%016d' % (number << 40 | start))  # no two blocks are the same
                file.write(block[16:min(len(block), size - start)])
            file.truncate(size)
        os.utime(path, ns=(EPOCH * 10**9, EPOCH * 10**9))


def empty_files(count, directories):
    return Shape(files=count, directories=directories, depth=6, size=lambda draw: 0)


@dataclasses.dataclass(frozen=True)
class DataSet:
    """`make(top)` makes it; `gib` and `inodes` are what one copy of it takes, at most."""
    folder: str
    title: str
    make: object
    gib: float
    inodes: int


def synthetic(folder, title, shape, gib):
    return DataSet(folder, title, lambda top: make_synthetic(top, shape), gib,
                   shape.files + shape.directories)


def linux():
    if os.path.exists(LINUX):
        return DataSet('linux-6.1', 'a: the Linux 6.1 source', make_linux, 1.6, 90_000)
    return synthetic('linux-like', 'a: synthetic, shaped like the Linux 6.1 source', linux_like(),
                     1.8)


def small(count):
    return synthetic(f'small-{count}', f'small: {count} files of 0 to 4 KiB', small_files(count),
                     count * 4300 / 2**30)


def large(scale):
    return DataSet(f'large-{scale:g}', f'large: 4 files of {1024 * scale:g} MiB and 64 of '
                   f'{64 * scale:g} MiB', lambda top: make_large(top, scale), 8.2 * scale, 100)


def growing(most):
    """Trees of empty files, ten thousand and more up to `most`, and all of the last in one folder."""
    sizes = [size for size in (10_000, 100_000, 1_000_000, 4_000_000) if size < most] + [most]
    for size in sizes:
        yield synthetic(f'growth-{size}', f'growth: {size} empty files', empty_files(
            size, max(1, size // 100)), size * 150 / 2**30)
    widest = min(most, 1_000_000)
    yield synthetic(f'wide-{widest}', f'growth: {widest} empty files in one directory',
                    empty_files(widest, 1), widest * 150 / 2**30)


def choices(small_count, large_scale, growth_most):
    """The data sets by the names of the command line."""
    return {'a': [linux()], 'small': [small(small_count)], 'large': [large(large_scale)],
            'growth': list(growing(growth_most))}


def provide(data, data_set):
    """The path of the complete data set below the folder `data`; makes it where it is missing."""
    path = os.path.join(data, data_set.folder)
    if not os.path.isdir(path):
        unfinished = path + '.unfinished'
        shutil.rmtree(unfinished, ignore_errors=True)
        data_set.make(unfinished)
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


def change_blocks(top, number):
    """Writes four blocks of 4 KiB into each of the four largest files; other numbers, other bytes.

    Their time moves on by more than a second: rsync sees nothing less.
    """
    largest = sorted(regular_files(top), key=lambda found: -found[1].st_size)[:4]
    for path, status in largest:
        with open(path, 'r+b') as file:
            for quarter in range(4):
                file.seek(quarter * status.st_size // 4)
                file.write(b'%015d\n' % number * 256)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1000 * 10**9))
