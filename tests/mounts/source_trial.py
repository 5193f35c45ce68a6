"""Tries the program with a source on one kind of mount: `python3 -m tests.mounts.source_trial MOUNT...`.

What the mount shows is what counts: the replica lies on an ordinary file system and has to be as the
source looks. Then the same source where nothing can be written, seen by root where it is somebody
else's, and cut in the middle: nothing goes from the replica because it can't be seen.
"""
import os
import subprocess
import time

from tests.mounts import judge, trial
from tests.support import mounts, trees
from tests.support.mount_kinds import KINDS

ROUNDS = 4


class SourceTrial(trial.Trial):
    """A tree that is edited lies apart, and rsync brings it onto the mount."""

    def begin(self):
        super().begin()
        self.origin = self.tree.root
        self.source = self.replica  # the folder on the mount
        self.replica = self.at('home/replica')
        self.tree.outward = self.mount.limits.outward_targets  # what can't be read is no question here
        self.tree.grow(150)

    def bring(self):
        """rsync copies what the mount can hold, and is not asked for more."""
        self.give(self.origin)
        who = {'user': self.uid, 'group': self.uid, 'extra_groups': []}
        subprocess.run(['rsync', '-aH', '--delete', '--inplace', self.origin + '/', self.source + '/'],
                       check=False, capture_output=True, cwd=self.home,
                       **({} if self.uid is None else who))
        self.mount.settled()

    def edit(self):
        said = [self.tree.edit() for _ in range(trial.STEP)]
        self.bring()
        return said

    def left_behind(self):
        return []

    def changes_outside(self):
        return []  # rsync's doing

    def differences(self, replica=None, links=True):
        limits = self.mount.limits
        seen = mounts.Limits(hard_links=limits.hard_links, outward_targets=limits.outward_targets)
        return judge.differences(self.source, replica or self.replica, seen, self.uid)


def mirrored(tried):
    """The replica becomes what the source looks like, and there is something to see."""
    for number in range(ROUNDS):
        if number:
            tried.edit()
        else:
            tried.bring()
        if len(judge.walk(tried.source, tried.uid)) < 20:
            raise mounts.Missing('rsync brought nothing onto the mount')
        tried.check(f'source, round {number}', tried.sync('run'))
    tried.cells['source'] = f'{len(tried.wrong)} of {ROUNDS} BAD' if tried.wrong else 'exact, quiet'


def read_only(tried):
    """Another mounting of the same folder, which can't be written to."""
    point = tried.at('read-only')
    os.mkdir(point)
    mounts.bind_read_only(tried.mount.point, point)
    usual, tried.source = tried.source, os.path.join(point, 'replica')
    try:
        good = tried.check('read-only source', tried.sync('run'))
    finally:
        tried.source = usual
        subprocess.run(['umount', '-l', point], check=True)
    tried.cells['read-only'] = 'exact, quiet' if good else 'BAD'


def of_another_user(tried):
    """Root can't look into what a user mounted for himself: nothing is known, and nothing goes."""
    if tried.mount.server is None:
        return
    before = judge.walk(tried.replica)
    usual, tried.uid = tried.uid, None
    run = tried.sync('run')
    tried.uid = usual
    tried.say(f'  as root: exit {run.code}\n{trial.indented(chr(10).join(run.told()), 4)}')
    if run.code == 0 or len(run.told()) > 2 or judge.walk(tried.replica) != before:
        tried.wrong.append(f'another user: exit {run.code}, {len(run.told())} lines')
    tried.cells['as root'] = f'exit {run.code}, {len(run.told())} lines'


def cut(tried):
    """The process that serves it dies while much is copied from it."""
    if not tried.mount.can_die:
        return
    tried.edit()
    for number in range(400):
        trees.write(os.path.join(tried.origin, f'many{number}'), b'%d' % number * 100)
    tried.bring()
    kept = names(tried.replica)
    since = time.monotonic()
    process = tried.start('run')
    while process.poll() is None and len(names(tried.replica)) < len(kept) + 100:
        time.sleep(0.002)
    tried.mount.kill()
    run, again = tried.ended(process, since), tried.sync('run')
    late = run.code == 0
    gone = {name for name in kept - names(tried.replica)
            if os.path.lexists(os.path.join(tried.origin, name))}
    tried.say(f'  source cut: exit {run.code}, {len(run.told())} lines; then {again.code}, '
              f'{len(again.told())} lines\n{trial.indented(chr(10).join(run.told()), 4)}\n'
              f'{trial.indented(chr(10).join(again.told()), 4)}')
    if gone or again.code == 0 or not late and (run.code != trial.FAILED or len(run.errors()) != 1):
        tried.wrong.append(f'source cut: exit {run.code}, {len(run.told())} lines, {len(gone)} gone')
    tried.mount.mount_anew()
    good = tried.check('after a cut of the source', tried.sync('run'))
    tried.cells['cut'] = f'exit {run.code}{" (late)" if late else ""} {len(run.told())} lines, then ' \
                         f'{again.code} {len(again.told())}, {len(gone)} gone, back {"exact" if good else "BAD"}'


def names(root):
    return {os.path.relpath(os.path.join(folder, name), root) for folder, folders, files in os.walk(root)
            for name in folders + files if '/.sync-txn' not in folder + '/' + name}


def attempt(name, options, say=lambda text: None):
    """All of it; returns the trial, whose `wrong` says what went wrong."""
    tried = SourceTrial(name, options.user, options.seed, say)
    try:
        tried.begin()
        mirrored(tried)
        read_only(tried)
        of_another_user(tried)
        if not options.no_cut:
            cut(tried)
    finally:
        tried.end()
    return tried


if __name__ == '__main__':
    trial.main(attempt, list(KINDS))
