"""Who is measured at which job, and how each is called.

Everybody is asked for the same: the content, modes, times and links of the source, and nothing
else left in the replica.
"""
import dataclasses
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OURS = 'sync'
LIMIT_PROGRAMS = ('limit_walk', 'limit_copy', 'limit_compare', 'limit_delete',
                  'limit_copy_range', 'stopwatch')


@dataclasses.dataclass(frozen=True)
class Contender:
    """`arguments` may use {source}, {replica} and {state}, a folder for what is remembered.

    A limit shows what is possible and need not leave the replica right. `forgets`: {state} is
    emptied before each run. `prepare`: a command of the same form that is run before, untimed.
    `writes`: whether a replica is left that can be compared.
    """
    name: str
    arguments: tuple
    limit: bool = False
    slow: bool = False
    forgets: bool = False
    prepare: tuple = ()
    writes: bool = True

    def command(self, programs, **places):
        return command_of(self.arguments, programs, **places)


def command_of(arguments, programs, **places):
    program, *rest = arguments
    return [*programs[program], *(word.format(**places) for word in rest)]


def ours(*options, label='', forgets=False):
    return Contender(f'{OURS}{label}',
                     ('sync', 'run', '-s', '{source}', '-r', '{replica}', '--state', '{state}',
                      '-l', '{state}.log', '-q', '--adopt', *options), forgets=forgets)


def planned(label, *arguments, prepare=()):
    """One of our subcommands that change nothing."""
    return Contender(f'{OURS} {label}', ('sync', *arguments), prepare=prepare, writes=False)


def rsync(*options, slow=False):
    return Contender(' '.join(('rsync -a --delete', *options)),
                     ('rsync', '-a', '--delete', *options, '{source}/', '{replica}'), slow=slow)


def limit(what, threads):
    return Contender(f'limit: {what}, {threads} thread{"s"[:threads - 1]}',
                     (f'limit_{what}', '{source}', '{replica}', str(threads)), limit=True)


def find_programs(sync, limits):
    """How each program is started, by the first word of `arguments`; without those not found."""
    programs = {'sync': [os.path.abspath(sync)],
                'script': [sys.executable, os.path.join(HERE, 'mirror_script.py')]}
    for name in LIMIT_PROGRAMS:
        programs[name] = [os.path.join(os.path.abspath(limits), name)]
    kernels = os.path.join(os.path.abspath(limits), 'kernels')
    if os.path.exists(kernels):
        programs['kernels'] = [kernels]
    for name in ('rsync', 'rclone', 'cp', 'rm', 'sh'):
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
