"""What others leave behind when they are killed: the pair of trees and the points of the sweeps.

Run from the checkout: python3 -m tests.sweep.rivals [POINTS]
Kills each program before and after its calls, as tests/sweep/kill_test.py does, runs it once more,
and counts. Nothing here passes or fails. docs/safety.md has the figures.
"""
import collections
import subprocess
import sys

from tests.support import compare
from tests.sweep.sweep import KILLED, SweepTest, spread

PROGRAMS = {
    'sync run': None,
    'sync run --atomic': None,
    'rsync -aHAX --delete': ['rsync', '-aHAX', '--delete'],
    'rsync -aHAX --delete --delay-updates': ['rsync', '-aHAX', '--delete', '--delay-updates'],
    'rsync -aHAX --delete --inplace': ['rsync', '-aHAX', '--delete', '--inplace'],
}
# After the kill: kills after which something is torn, or is there in neither form, or is neither the
# old tree nor the new one, or has a name of neither. After one more run: what differs from the
# source that does not differ after an undisturbed run, and exit codes other than 0.
COLUMNS = ('kills', 'torn', 'lost', 'mixed', 'litter', 'differ after', 'failed after')


class Rival(SweepTest):
    """One program, killed at points of its run."""

    def __init__(self, name, points):
        super().__init__('measure')
        self.name, self.points = name, points
        if name.startswith('sync'):
            self.command = ('run', '--threads', '1', '--xattrs', *name.split()[2:])

    def command_line(self):
        words = PROGRAMS[self.name]
        if words is None:
            return [self.binary, *self.arguments()]
        return [*words, self.source + '/', self.replica + '/']

    def run_it(self, *wrapper):
        return subprocess.run([*wrapper, *self.command_line()], check=False, cwd=self.cwd,
                              env=self.environment(), stdin=subprocess.DEVNULL,
                              capture_output=True).returncode

    def measure(self):
        self.counts = collections.Counter()
        self.start_again()
        self.run_it(*self.stopper('--from', self.top))
        self.usual = self.differing_paths()
        points = [(when, number) for number in range(1, self.calls_seen() + 1)
                  for when in ('before', 'after')]
        for when, number in spread(points, self.points):
            self.start_again()
            killed = self.run_it(*self.stopper('--from', self.top, f'--kill-{when}', str(number)))
            self.counts['kills'] += killed == KILLED
            self.judge_after_kill()
            self.counts['failed after'] += self.run_it() != 0
            self.counts['differ after'] += not self.differing_paths() <= self.usual
        self.counts['differ, not killed'] = len(self.usual)

    def judge_after_kill(self):
        now = self.visible(self.replica)
        known = self.old.keys() | self.new.keys()
        litter = now.keys() - known
        torn = {path for path in now.keys() & known
                if now[path] not in (self.old.get(path), self.new.get(path))}
        lost = (self.old.keys() & self.new.keys()) - now.keys()
        whole = any(all(now.get(path) == tree.get(path) for path in known)
                    for tree in (self.old, self.new))
        for column, found in (('torn', torn), ('lost', lost), ('mixed', not whole),
                              ('litter', litter)):
            self.counts[column] += bool(found)

    def differing_paths(self):
        return {line.split(': ')[0] for line in compare.differences(self.source, self.replica)}


def main():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f'{"":40}' + ''.join(f'{column:>13}' for column in COLUMNS))
    for name in PROGRAMS:
        rival = Rival(name, points)
        try:
            rival.setUp()
            rival.measure()
        finally:
            rival.doCleanups()
        print(f'{name:40}' + ''.join(f'{rival.counts[column]:13}' for column in COLUMNS),
              f'   (undisturbed, {rival.counts["differ, not killed"]} paths differ)', flush=True)


if __name__ == '__main__':
    main()
