"""Tries the program with a replica on a mount that fills up: `python3 -m tests.mounts.full_trial
MOUNT...`. What was there stays as it was, or becomes as it should; when room is made, all is well."""
import os

from tests.mounts import judge, trial
from tests.support import trees
from tests.support.mount_kinds import KINDS

ROOM_MIB = 48
MIB = 1 << 20
PARTIAL, REFUSED = 3, 5


def fill(tried):
    source = tried.source
    for number in range(20):
        trees.write(os.path.join(source, f'kept{number}'), tried.rng.randbytes(MIB // 2))
    tried.give()
    tried.check('what there is room for', tried.sync('run'))
    before = judge.as_user(tried.uid, lambda: digests(tried.replica))
    for number in range(60):
        trees.write(os.path.join(source, f'much{number}'), tried.rng.randbytes(MIB))
    for number in range(10):
        trees.write(os.path.join(source, f'kept{number}'), tried.rng.randbytes(MIB // 2))
    tried.give()
    after = digests(source)
    run = tried.sync('run', '--no-space-check')
    now = judge.as_user(tried.uid, lambda: digests(tried.replica))
    torn = [name for name in before if now.get(name) not in (before[name], after[name])]
    tried.say(f'  full: exit {run.code}, {len(run.told())} lines\n'
              f'{trial.indented(chr(10).join(run.told()), 6)}\n{trial.listed("   torn", torn)}')
    if torn or run.code not in (PARTIAL, REFUSED):
        tried.wrong.append(f'full: exit {run.code}, {len(torn)} torn')
    for number in range(60):
        os.unlink(os.path.join(source, f'much{number}'))
    good = tried.check('when there is room again', tried.sync('run', '--delete-first'))
    tried.cells['full'] = f'exit {run.code}, {len(run.told())} lines, {len(torn)} torn, ' \
                          f'then {"exact" if good else "BAD"}'


def digests(root):
    return {name: judge.digest(os.path.join(root, name)) for name in sorted(os.listdir(root))
            if name.startswith('kept')}


def attempt(name, options, say=lambda text: None):
    """All of it; returns the trial, whose `wrong` says what went wrong."""
    tried = trial.Trial(name, options.user, options.seed, say, ROOM_MIB)
    try:
        tried.begin()
        fill(tried)
    finally:
        tried.end()
    return tried


if __name__ == '__main__':
    trial.main(attempt, list(KINDS))
