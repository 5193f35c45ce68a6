"""How long it takes over a slow line: `python3 -m tests.mounts.slow_trial [--files N] [MOUNT]`.

The first copy of N small files to sshfs behind a line of 5 ms each way, and a run that has nothing to
do, beside rsync, each on a mount of its own. Figures for people: no test depends on them.
"""
import argparse
import os
import subprocess
import time

from tests.mounts import trial
from tests.support import mounts, trees

LONG_AGO = 1_600_000_000_500_000_000  # what was just written is looked at more closely
RSYNC = ('rsync', '-aH', '--delete')


def grow(source, files):
    for number in range(files):
        folder = os.path.join(source, f'd{number // 100}')
        os.makedirs(folder, exist_ok=True)
        trees.write(os.path.join(folder, f'f{number % 100}'), b'%d' % number * 20, mtime=LONG_AGO)


def timed(command, **options):
    since = time.monotonic()
    code = subprocess.run(command, check=False, capture_output=True, **options).returncode
    return f'{time.monotonic() - since:.1f} s (exit {code})'


def by_rsync(tried):
    command = (*RSYNC, tried.source + '/', tried.replica + '/')
    return timed(command), timed(command)


def by_us(tried, *options):
    first, second = tried.sync('run', *options), tried.sync('run', *options)
    return tuple(f'{run.seconds:.1f} s (exit {run.code})' for run in (first, second))


def main():
    parser = argparse.ArgumentParser(prog='slow_trial')
    parser.add_argument('--files', type=int, default=2000)
    parser.add_argument('mount', nargs='?', default='sshfs-slow')
    options = parser.parse_args()
    mounts.in_a_world_of_its_own()
    for who, work in (('rsync', by_rsync), ('ours', by_us),
                      ('ours, not durable', lambda tried: by_us(tried, '--durability', 'none'))):
        tried = trial.Trial(options.mount)
        try:
            tried.begin()
            grow(tried.source, options.files)
            first, second = work(tried)
            print(f'{who:18} {options.files} files: first {first}, nothing changed {second}', flush=True)
        finally:
            tried.end()


if __name__ == '__main__':
    main()
