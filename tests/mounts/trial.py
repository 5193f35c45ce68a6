"""Tries the program with a replica on one kind of mount, and prints a row of the table of them.

Usage: python3 -m tests.mounts.trial [--user N] [--seed N] [--edits N] [--kills N] [--keep] MOUNT...

A first copy, a second plan, random edits in steps of six with a run after each, kills in the middle
of runs, and a cut: the process that serves the mount dies. `all` stands for every mount there is.
"""
import argparse
import collections
import contextlib
import dataclasses
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time

from tests.mounts import judge
from tests.support import mounts, trees
from tests.support.mount_kinds import KINDS, mount_of
from tests.support.program import BINARY, CHECKOUT
from tests.support.random_tree import RandomTree

STOPPER = os.path.abspath(os.environ.get('SYNC_CALL_STOPPER') or
                          f'{CHECKOUT}/build/dev/bin/call_stopper')
STAGING = '.sync-txn'
STEP = 6
OUTSIDE = 10**18, 0, 0o100644  # mtime, owner and mode of a file that only links lead to
KILLED, FAILED, REFUSED = 137, 1, 5
SAME_AGAIN = re.compile(r'((?:\\x80|n|x){6})(?:\\x80|n|x)+')
PATIENCE_SECONDS = 300


class TreeOfEdits(RandomTree):
    """Without FIFOs, sockets and devices, and with names and times that `limits` allows."""

    def __init__(self, root, seed, limits, outside):
        super().__init__(root, seed)
        self.limits, self.outside = limits, outside
        self.outward = True  # whether links may lead out of the tree

    def _free_path(self, folder):
        while True:
            path = super()._free_path(folder)
            if self.limits.holds_name(os.fsencode(os.path.basename(path))):
                return path

    def _make(self, path, kind):
        super()._make(path, kind if kind in ('dir', 'symlink', 'hole') else 'file')
        if kind == 'symlink':
            target = os.readlink(path)
            os.unlink(path)
            os.symlink(self._allowed(target), path)

    def _allowed(self, target):
        if not self.outward and (target.startswith('/') or '..' in target):
            return 'inside'
        if target.startswith('/'):  # nothing of the machine's
            return self.outside
        target = target[:self.limits.longest_target]
        return target if self.limits.holds_target(os.fsencode(target)) else 'x'


@dataclasses.dataclass
class Run:
    code: int
    said: str
    seconds: float

    def errors(self):
        return [line for line in self.told() if ' WARN ' not in line]

    def told(self):
        """What it said of errors and warnings, but for the sum at the end."""
        return [line for line in self.said.splitlines()
                if (' ERROR ' in line or ' WARN ' in line or line.startswith('sync:'))
                and ' WARN done: ' not in line]


class Trial:
    """One mount, a source beside it, and what was seen.

    `wrong` gets a line for all that is not as it should be, `cells` what the table says.
    """

    def __init__(self, name, uid=None, seed=1, say=lambda text: None, room_mib=None):
        self.name, self.uid, self.seed, self.say = name, uid, seed, say
        self.rng = random.Random(seed)
        self.top = os.path.realpath(tempfile.mkdtemp(prefix='foldersync-mount-'))
        os.chmod(self.top, 0o755)
        self.source, self.home = self.at('source'), self.at('home')
        for folder in ('source', 'home', 'mount'):
            os.mkdir(self.at(folder))
            if uid is not None:
                os.chown(self.at(folder), uid, uid)
        self.binary = shutil.copy2(BINARY, self.at('sync'))
        self.stopper = shutil.copy2(STOPPER, self.at('call_stopper'))
        self.mount = mount_of(name, self.at('mount'), uid, room_mib)
        self.replica = os.path.join(self.mount.point, 'replica')
        self.outside = self.at('outside')
        trees.write(self.outside, 'not ours', mtime=OUTSIDE[0])
        self.tree = TreeOfEdits(self.source, seed, self.mount.limits, self.outside)
        self.warned = collections.Counter()
        self.wrong, self.cells = [], {}

    def at(self, name):
        return os.path.join(self.top, name)

    def begin(self):
        self.mount.mount()
        if self.uid is not None and self.mount.server is None and not os.path.isdir(self.replica):
            os.mkdir(self.replica)
            with contextlib.suppress(PermissionError):  # all belongs to the user there
                os.chown(self.replica, self.uid, self.uid)

    def end(self):
        self.mount.clear()
        self.mount.gone()
        subprocess.run(['rm', '-rf', self.top], check=False)

    # Running

    def start(self, *args, wrapper=()):
        who = {'user': self.uid, 'group': self.uid, 'extra_groups': []}
        settings = {'HOME': self.home, 'PATH': os.environ.get('PATH', ''), 'LC_ALL': 'C.UTF-8'}
        command = [args[0], '-s', self.source, '-r', self.replica, *args[1:]]
        return subprocess.Popen([*wrapper, self.binary, *command], cwd=self.home, env=settings,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, **({} if self.uid is None else who))

    def ended(self, process, since):
        try:
            out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
        run = Run(process.returncode, out.decode('utf-8', 'backslashreplace'),
                  time.monotonic() - since)
        self.warned.update(as_kind(line) for line in run.told())
        return run

    def sync(self, *args, wrapper=()):
        since = time.monotonic()
        return self.ended(self.start(*args, wrapper=wrapper), since)

    def give(self, folder=None):
        """The source belongs to who mirrors it, who can read all of it."""
        folder = folder or self.source
        if self.uid is None:
            return
        trees.give_to(self.uid, folder)
        for path, status in judge.entries(folder):
            needed = 0o700 if stat.S_ISDIR(status.st_mode) else 0o600
            if not stat.S_ISLNK(status.st_mode) and status.st_mode & needed != needed:
                os.chmod(os.path.join(os.fsencode(folder), path), stat.S_IMODE(status.st_mode) | needed)

    def edit(self):
        said = [self.tree.edit() for _ in range(STEP)]
        self.give()
        return said

    # Judging

    def differences(self, replica=None, links=True):
        self.mount.settled()
        limits = dataclasses.replace(self.mount.limits, hard_links=self.mount.limits.hard_links and links)
        return judge.differences(self.source, replica or self.replica, limits, self.uid)

    def changes_outside(self):
        """What links lead to is nobody's business."""
        status = os.stat(self.outside)
        seen = status.st_mtime_ns, status.st_uid, status.st_mode
        if seen == OUTSIDE:
            return []
        os.chown(self.outside, 0, 0)
        os.chmod(self.outside, OUTSIDE[2])
        trees.set_mtime(self.outside, OUTSIDE[0])
        return [f'what a link leads to has changed: {OUTSIDE} became {seen}']

    def quiet(self):
        run = self.sync('plan', '--detailed-exitcode')
        if run.code:
            self.say(f'   second plan: exit {run.code}\n{indented(run.said, 12)}')
        return run.code == 0

    def left_behind(self):
        """What a run left there, seen from above and from below. What FUSE keeps of a removed open
        file goes when it hears of the closing, which may be after the end of the program."""
        def found():
            roots = {self.mount.point, *(self.mount.watched() if self.mount.plain else ())}
            return sorted(os.path.join(folder, name) for root in roots
                          for folder, names, files in judge.walk(root, self.uid)
                          for name in names + files
                          if name.startswith((STAGING, '.fuse_hidden', '.nfs')))
        deadline = time.monotonic() + 5
        while (left := found()) and time.monotonic() < deadline:
            if any(os.path.basename(path).startswith(STAGING) for path in left):
                break
            time.sleep(0.05)
        return left

    def check(self, what, run, codes=(0,)):
        """The run ended as it should, and left an exact replica, nothing of its own and nothing to do."""
        left = self.left_behind()
        differ = self.differences()
        differ = self.changes_outside() + differ
        quiet = self.quiet()
        if run.code in codes and not differ and not left and quiet:
            return True
        found = [f'exit {run.code}'] if run.code not in codes else []
        found += [f'{len(differ)} differ'] if differ else []
        found += [f'{len(left)} left'] if left else []
        found += [] if quiet else ['not quiet']
        self.wrong.append(f'{what}: {", ".join(found)}')
        self.say(f'  {self.wrong[-1]}')
        self.say(indented('\n'.join(run.told()), 15))
        self.say(listed('   differences', differ))
        self.say(listed('   left', left, 5))
        return False


def indented(text, lines):
    kept = [SAME_AGAIN.sub(r'\1..', line) for line in text.splitlines()]
    more = [f'    and {len(kept) - lines} more'] if len(kept) > lines else []
    return '\n'.join(['    ' + line[:400] for line in kept[:lines]] + more)


def as_kind(line):
    """A line of the log without time, path and figures, so that alike lines are one."""
    line = re.sub(r'^\S+Z ', '', line)
    line = re.sub(r"'[^']*'", "'*'", line)
    line = re.sub(r'/\S+', '/*', line)
    return re.sub(r'\d+', 'N', SAME_AGAIN.sub(r'\1..', line))[:220]


def listed(title, lines, most=12):
    if not lines:
        return f'{title}: none'
    more = [f'    and {len(lines) - most} more'] if len(lines) > most else []
    return '\n'.join([f'{title}: {len(lines)}', *('    ' + line for line in lines[:most]), *more])


def described(codes):
    return ' '.join(f'{code}x{count}' for code, count in sorted(collections.Counter(codes).items()))


def first_copy(trial):
    trial.tree.grow(150)
    trial.give()
    run = trial.sync('run')
    good = trial.check('first copy', run)
    trial.say(indented('\n'.join(run.told()), 8) if good else '')
    trial.cells['first'] = f'exit {run.code} {"exact, quiet" if good else "BAD"} {run.seconds:.1f} s'


def edits(trial, count):
    codes, bad = [], 0
    for start in range(0, count, STEP):
        said = trial.edit()
        run = trial.sync('run')
        codes.append(run.code)
        if not trial.check(f'edits {start} to {start + STEP - 1}', run):
            bad += 1
            trial.say(indented('\n'.join(said), STEP))
    trial.cells['edits'] = f'exits {described(codes)}, {bad} of {len(codes)} steps BAD' if bad \
        else f'exits {described(codes)}, exact, quiet'


def settle(trial):
    """How many runs it takes after that."""
    codes = []
    while len(codes) < 5 and (codes[-1:] != [0] or trial.differences()):
        codes.append(trial.sync('run').code)
    differ = trial.differences()
    trial.say(listed(f'  after {described(codes)}', differ))
    trial.cells['then'] = f'{described(codes)}, {len(differ)} differ'


def anew(trial):
    """Mounted again, so that nothing is seen that a process or the kernel only remembers."""
    trial.mount.settled()
    trial.mount.unmount()
    trial.mount.mount()
    # Overlays show linked names as files of their own then: what is below counts.
    differ = trial.differences(links=not trial.mount.plain)
    below = trial.differences(os.path.join(trial.mount.backing, 'replica')) \
        if trial.mount.plain else []
    if not trial.mount.limits.folder_times:
        trial.sync('run')  # times of folders are those of the mounting
    quiet = trial.quiet()
    trial.say(listed('  mounted anew', differ))
    trial.say(listed('  in what is below', below))
    if differ or below or not quiet:
        trial.wrong.append(f'mounted anew: {len(differ)} differ, below {len(below)}, quiet {quiet}')
    trial.cells['anew'] = f'{len(differ)} differ, {len(below)} below, {"quiet" if quiet else "NOT quiet"}'
    trial.sync('run')


def kills(trial, count):
    """Kills spread over the calls of a run; then the same command, undisturbed."""
    killed = bad = 0
    counted, calls = trial.at('home/count'), 150
    for turn in range(count):
        trial.edit()
        at = trial.rng.randrange(1, calls)
        stopped = trial.sync('run', wrapper=[trial.stopper, '--count', counted, '--from', trial.top,
                                             '--kill-after', str(at), '--'])
        killed += stopped.code == KILLED
        with contextlib.suppress(OSError, ValueError), open(counted, encoding='ascii') as file:
            calls = max(calls, int(file.read()))
        bad += not trial.check(f'killed at {at}, then', trial.sync('run'))
    trial.cells['kills'] = f'{killed} of {count} killed, {bad} BAD' if bad else f'{killed}, all converge'


def cut(trial):
    """The process that serves the mount dies while much is copied to it."""
    if not trial.mount.can_die:
        return
    for number in range(400):
        trees.write(os.path.join(trial.source, f'many{number}'), b'%d' % number * 100)
    trial.give()
    enough = trial.mount.progress() + 100
    since = time.monotonic()
    process = trial.start('run')
    while process.poll() is None and trial.mount.progress() < enough:
        time.sleep(0.002)
    trial.mount.kill()
    run = trial.ended(process, since)
    late = run.code == 0
    again = trial.sync('run')
    for which, done, codes in (('cut', run, (FAILED,)), ('while cut', again, (FAILED, REFUSED))):
        trial.say(f'  {which}: exit {done.code}, {len(done.told())} lines\n'
                  f'{indented(chr(10).join(done.told()), 5)}')
        if not late and done.code not in codes:
            trial.wrong.append(f'{which}: exit {done.code}')
        if not late and len(done.errors()) != 1:
            trial.wrong.append(f'{which}: {len(done.errors())} lines of errors')
    trial.mount.mount_anew()
    if late and (differ := trial.differences(links=False)):
        trial.wrong.append(f'cut: it said that all is done, and {len(differ)} differ')
        trial.say(listed('  after a cut that came too late', differ))
    good = trial.check('after a cut', trial.sync('run'))
    trial.cells['cut'] = (f'exit {run.code}{" (late)" if late else ""} {len(run.told())} lines, then '
                          f'{again.code} {len(again.told())}, back {"exact" if good else "BAD"}')


def attempt(name, options, say=lambda text: None):
    """All of it; returns the trial, whose `wrong` says what went wrong."""
    since, trial = time.monotonic(), None
    try:
        trial = Trial(name, options.user, options.seed, say)
        trial.begin()
        first_copy(trial)
        edits(trial, options.edits)
        settle(trial)
        anew(trial)
        kills(trial, options.kills)
        if not options.no_cut:
            cut(trial)
    finally:
        if trial is not None:
            trial.cells['took'] = f'{time.monotonic() - since:.0f} s'
            trial.end()
    return trial


def parser():
    options = argparse.ArgumentParser(prog='trial')
    options.add_argument('--user', type=int)
    options.add_argument('--seed', type=int, default=1)
    options.add_argument('--edits', type=int, default=60)
    options.add_argument('--kills', type=int, default=6)
    options.add_argument('--no-cut', action='store_true')
    options.add_argument('mounts', nargs='+')
    return options


def main(attempt_one, names):
    """Tries the mounts that the arguments name, and prints a row for each."""
    options = parser().parse_args()
    if os.geteuid() == 0:
        mounts.in_a_world_of_its_own()
    for name in names if options.mounts == ['all'] else options.mounts:
        print(f'== {name}', flush=True)
        try:
            tried = attempt_one(name, options, lambda text: print(text, flush=True))
        except mounts.Missing as missing:
            print(f'{name:16}  missing: {missing}')
            continue
        for line, count in tried.warned.most_common(25):
            print(f'  {count:4} x {line}')
        print(f'{name:16}  ' + '  '.join(f'{key}: {cell}' for key, cell in tried.cells.items()),
              flush=True)


if __name__ == '__main__':
    main(attempt, list(KINDS))
