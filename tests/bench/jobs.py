"""What is measured: the jobs, who takes part in each, and on which data sets it makes sense."""
import dataclasses

import data_sets
from contenders import Contender, limit, ours, planned, rsync

NO_BARRIERS = ('--durability', 'none')
FAST = ' --durability none'

RCLONE = Contender('rclone sync', ('rclone', 'sync', '--links', '--metadata',
                                   '--create-empty-src-dirs', '{source}', '{replica}'))
SCRIPT = Contender('Python script', ('script', '{source}', '{replica}'))
CP = Contender('cp -a', ('cp', '-a', '{source}', '{replica}'), slow=True)
# It removes the replica itself too, so there is nothing left to compare.
RM = Contender('rm -rf', ('rm', '-rf', '{replica}'), writes=False)
RSYNC_TO_DISK = Contender('rsync -a --delete, then sync -f', (
    'sh', '-c', 'rsync -a --delete "$1/" "$2" && sync -f "$2"', 'sh', '{source}', '{replica}'))

PLAN = ('plan', '-s', '{source}', '-r', '{replica}', '--state', '{state}', '-o', '{state}.plan')
CHECK = ('apply', '--dry-run', '--state', '{state}', '{state}.plan')
TREES = ('a', 'small')


@dataclasses.dataclass(frozen=True)
class Job:
    """`change(source, number)` is what happens to the source before each run, untimed.

    `begins`: the replica is `equal` to the source, `missing`, `empty`, or `doomed`, a copy of the data set
    that is to become like an empty folder. `cold`: the caches are dropped before each run.
    `in_default`: the data sets on which it is measured when nobody chose.
    """
    title: str
    contenders: tuple
    change: object = None
    begins: str = 'equal'
    hashes_kept: bool = False
    cold: bool = False
    sets: tuple = TREES
    in_default: tuple = ('a',)

    @property
    def from_nothing(self):
        return self.begins in ('missing', 'empty')


def with_threads(*options):
    return tuple(ours(*options, '--threads', str(count), label=f' --threads {count}')
                 for count in (1, 2, 4, 8))


def both_durabilities():
    """What compares with programs that do not wait for the disk comes first."""
    return ours(*NO_BARRIERS, label=FAST), ours()


JOBS = {
    'nothing': Job('nothing changed', (
        ours(), rsync(), RCLONE, SCRIPT, limit('walk', 1), limit('walk', 2)), in_default=TREES),
    'checksum': Job('nothing changed, content compared', (
        ours('--checksum=cached', label=' --checksum=cached'),
        ours('--checksum', label=' --checksum'),
        ours('--checksum', label=' --checksum, nothing remembered', forgets=True),
        rsync('-c'), limit('compare', 1), limit('compare', 2)), hashes_kept=True),
    'percent': Job('1 % changed', (
        *both_durabilities(), rsync(), RCLONE, SCRIPT), change=data_sets.grow_one_percent),
    'touched': Job('all touched (same content, other mtime)', (
        *both_durabilities(), rsync('-c'), rsync(slow=True), RCLONE, SCRIPT, limit('compare', 1),
        limit('compare', 2)), change=data_sets.touch_all),
    'first': Job('first copy', (
        ours(*NO_BARRIERS, label=FAST), rsync(), RCLONE, SCRIPT, CP, limit('copy', 1),
        limit('copy', 2)), begins='missing', in_default=TREES),
    'durable': Job('first copy, on disk at the end', (
        ours(), rsync(), RSYNC_TO_DISK), begins='missing', sets=(*TREES, 'large'),
        in_default=('a',)),
    'delete': Job('everything deleted', (
        ours(*NO_BARRIERS, label=FAST, forgets=True), ours(forgets=True), rsync(), RCLONE, RM,
        limit('delete', 1), limit('delete', 2)), begins='doomed'),
    'plan': Job('first copy, planned only', (
        planned('plan -o', *PLAN), planned('apply --dry-run', *CHECK, prepare=('sync', *PLAN))),
        begins='empty'),
    'large': Job('first copy of large files', (
        ours(*NO_BARRIERS, label=FAST), ours(), rsync(), RCLONE, CP, limit('copy', 1),
        limit('copy', 2), limit('copy_range', 1), limit('copy_range', 2)),
        begins='missing', sets=('large',), in_default=('large',)),
    'changed_large': Job('four blocks of each of the largest files changed', (
        *both_durabilities(), rsync(), rsync('--inplace'), rsync('--inplace', '--no-whole-file')),
        change=data_sets.change_blocks, sets=('large',), in_default=('large',)),
    'cold': Job('nothing changed, caches dropped', (
        ours(), rsync(), limit('walk', 2), limit('walk', 8), limit('walk', 16)), cold=True,
        in_default=()),
    'threads': Job('nothing changed, by threads', with_threads(), in_default=()),
    'threads_first': Job('first copy, by threads', with_threads(*NO_BARRIERS), begins='missing',
                         in_default=()),
    'growth_nothing': Job('nothing changed, by size', (ours(), rsync()), sets=('growth',),
                          in_default=()),
    'growth_first': Job('first copy, by size', (ours(*NO_BARRIERS, label=FAST), rsync()),
                        begins='missing', sets=('growth',), in_default=()),
}
SETS = ('a', 'small', 'large', 'growth')
QUICK_JOBS = ('nothing', 'checksum', 'touched', 'first')


def selection(sets, jobs, quick):
    """Which jobs are measured on which data set, in order: [(set, [job names])].

    `sets` and `jobs` are lists of names or None where nobody chose; a job that was chosen is
    measured on every chosen data set that it knows, and a set without any job is left out.
    """
    chosen = []
    for name in sets or (('a',) if quick and not jobs else SETS):
        if jobs:
            wanted = [job for job in jobs if name in JOBS[job].sets
                      and (sets or name in (JOBS[job].in_default or JOBS[job].sets[:1]))]
        elif quick:
            wanted = [job for job in QUICK_JOBS if name in JOBS[job].sets]
        elif sets:
            wanted = [job for job, about in JOBS.items() if name in about.sets
                      and (name in about.in_default or not about.in_default and name == 'growth')]
        else:
            wanted = [job for job, about in JOBS.items() if name in about.in_default]
        if wanted:
            chosen.append((name, wanted))
    return chosen
