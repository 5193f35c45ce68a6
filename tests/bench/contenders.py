"""Who is measured at which job, and how each is called.

Everybody is asked for the same: the content, modes, times and links of the source, and nothing
else left in the replica.
"""
import dataclasses
import os
import shutil
import subprocess
import sys

import data_sets

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = 'sync'


@dataclasses.dataclass(frozen=True)
class Contender:
    """`arguments` may use {source}, {replica} and {state}, a folder for what is remembered.

    A limit shows what is possible and need not leave the replica right. `forgets`: {state} is
    emptied before each run.
    """
    name: str
    arguments: tuple
    limit: bool = False
    slow: bool = False
    forgets: bool = False

    def command(self, programs, **places):
        program, *rest = self.arguments
        return [*programs[program], *(word.format(**places) for word in rest)]


def ours(*options, label='', forgets=False):
    return Contender(f'{OURS}{label}',
                     ('sync', 'run', '-s', '{source}', '-r', '{replica}', '--state', '{state}',
                      '-l', '{state}.log', '-q', *options), forgets=forgets)


def rsync(*options, slow=False):
    return Contender(' '.join(('rsync -a --delete', *options)),
                     ('rsync', '-a', '--delete', *options, '{source}/', '{replica}'), slow=slow)


def limit(what, threads):
    return Contender(f'limit: {what}, {threads} thread{"s"[:threads - 1]}',
                     (f'limit_{what}', '{source}', '{replica}', str(threads)), limit=True)


RCLONE = Contender('rclone sync', ('rclone', 'sync', '--links', '--metadata',
                                   '--create-empty-src-dirs', '{source}', '{replica}'))
SCRIPT = Contender('Python script', ('script', '{source}', '{replica}'))
CP = Contender('cp -a', ('cp', '-a', '{source}', '{replica}'), slow=True)


@dataclasses.dataclass(frozen=True)
class Job:
    """`change(source, number)` is what happens to the source before each run, untimed."""
    title: str
    contenders: tuple
    change: object = None
    from_nothing: bool = False
    hashes_kept: bool = False


JOBS = {
    'nothing': Job('nothing changed', (
        ours(), rsync(), RCLONE, SCRIPT, limit('walk', 1), limit('walk', 2))),
    'checksum': Job('nothing changed, content compared', (
        ours('--checksum', label=' --checksum'),
        ours('--checksum', label=' --checksum, nothing remembered', forgets=True),
        rsync('-c'), limit('compare', 1), limit('compare', 2)), hashes_kept=True),
    'percent': Job('1 % changed', (
        ours(), rsync(), RCLONE, SCRIPT), change=data_sets.grow_one_percent),
    'touched': Job('all touched (same content, other mtime)', (
        ours(), rsync('-c'), rsync(slow=True), RCLONE, SCRIPT, limit('compare', 1),
        limit('compare', 2)), change=data_sets.touch_all),
    'first': Job('first copy', (
        ours(), rsync(), RCLONE, SCRIPT, CP, limit('copy', 1), limit('copy', 2)),
        from_nothing=True),
}
QUICK_JOBS = ('nothing', 'checksum', 'touched', 'first')


def find_programs(sync, limits):
    """How each program is started, by the first word of `arguments`; without those not found."""
    programs = {'sync': [os.path.abspath(sync)],
                'script': [sys.executable, os.path.join(HERE, 'mirror_script.py')]}
    for name in ('limit_walk', 'limit_copy', 'limit_compare', 'stopwatch'):
        programs[name] = [os.path.join(os.path.abspath(limits), name)]
    for name in ('rsync', 'rclone', 'cp'):
        if found := shutil.which(name):
            programs[name] = [found]
    if 'rclone' in programs:
        programs['rclone'] += ['--config', '']
    return programs


def versions(programs):
    """What the programs call themselves, by name."""
    said = {}
    for name, option in (('sync', '--version'), ('rsync', '--version'), ('rclone', 'version')):
        if name in programs:
            text = subprocess.run([programs[name][0], option], check=False, text=True,
                                  capture_output=True).stdout
            said[name] = text.split('\n')[0].strip()
    return said
