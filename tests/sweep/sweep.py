"""What the sweeps share: a run that is stopped at a point, and the judgement of what it left.

The tool that stops runs is named by the environment variable SYNC_CALL_STOPPER, else it is
build/dev/bin/call_stopper of the checkout. SYNC_TEST_SWEEP=all tries every point; otherwise the
points are spread evenly. The trees are made in memory where that is possible, unless TMPDIR says
where: a sweep makes hundreds of thousands of files.
"""
import os
import shutil
import subprocess

from tests.support import compare, trees
from tests.support.program import CHECKOUT, ProgramTest
from tests.sweep import pair_of_trees

STOPPER = os.path.abspath(os.environ.get('SYNC_CALL_STOPPER') or
                          f'{CHECKOUT}/build/dev/bin/call_stopper')
EVERY_POINT = os.environ.get('SYNC_TEST_SWEEP') == 'all'
KILLED = 137
STAGING = b'.sync-txn'


def spread(points, count):
    """`count` of the points, evenly; all of them where that is asked for or there are fewer."""
    if EVERY_POINT or count >= len(points):
        return points
    # From the middle of each step: the first call of a run is the dullest.
    return [points[(2 * i + 1) * len(points) // (2 * count)] for i in range(count)]


def part_of(points, part, parts):
    """Every `parts`-th point, so that parts take equally long."""
    return points[part::parts]


class StoppedTest(ProgramTest):
    """A test that runs commands under the tool."""

    def setUp(self):
        super().setUp()
        if not os.access(STOPPER, os.X_OK):
            self.fail(f'no tool at {STOPPER}: build it, or set SYNC_CALL_STOPPER')
        # Other users may not be able to read the checkout.
        self.tool = shutil.copy2(STOPPER, self.at('call_stopper'))
        os.chmod(self.tool, 0o755)
        self.count_file = self.at('count')

    def stopper(self, *options):
        """The words to put before a command."""
        return [self.tool, '--count', self.count_file, *options, '--']

    def calls_seen(self):
        with open(self.count_file, encoding='ascii') as file:
            return int(file.read())


class SweepTest(StoppedTest):
    """The same replica and source again and again, and a command that makes them equal."""

    command = ('run', '--threads', '1', '--xattrs')
    in_memory = True
    uid = None  # of the user who runs the command, where that is not the one who runs the tests

    def setUp(self):
        super().setUp()
        self.as_root = os.geteuid() == 0 and self.uid is None
        replica, source = self.pair()
        self.original = self.at('original')
        trees.build(self.source, source)
        trees.build(self.original, replica)
        if self.uid is not None:
            self.live_as(self.uid, self.top)
        self.old, self.new = self.visible(self.original), self.visible(self.source)
        self.untouched_source = compare.fingerprint(self.source)

    def pair(self):
        """The two trees as literals."""
        return pair_of_trees.replica_and_source(self.as_root)

    def tearDown(self):
        # Once is enough, and asking after every run would take longer than the runs.
        self.assertEqual([], compare.changes(self.untouched_source,
                                             compare.fingerprint(self.source)))
        super().tearDown()

    @staticmethod
    def visible(root):
        """What a reader sees at each path: kind and content, not the attributes."""
        return {path: (entry.kind, entry.content, entry.target, entry.rdev)
                for path, entry in compare.listing(root).items()
                if path.split(b'/')[0] != STAGING}

    def start_again(self):
        """The replica as it was, and a program that never ran."""
        for folder in (self.replica, self.state):
            if os.path.exists(folder):
                trees.remove(folder)
        os.mkdir(self.state)
        if self.uid is not None:
            os.chown(self.state, self.uid, self.uid)
        subprocess.run(['cp', '-a', self.original, self.replica], check=True)

    def arguments(self):
        command, *options = self.command
        return [command, '-s', self.source, '-r', self.replica, *options]

    def stopped(self, *options):
        """Runs the command under the tool; returns the exit code."""
        wrapper = self.stopper('--from', self.top, *options)
        return self.execute(*self.arguments(), wrapper=wrapper, uid=self.uid,
                            source_may_change=True).code

    def count_calls(self, *options):
        """How many calls of interest the command makes when nobody stops it."""
        self.start_again()
        self.assertEqual(0, self.stopped(*options))
        return self.calls_seen()

    def assert_nothing_is_torn(self, point):
        """Each path holds the old or the new entry; one that both trees have is always there."""
        now = self.visible(self.replica)
        for path, seen in now.items():
            self.assertIn(seen, (self.old.get(path), self.new.get(path)),
                          f'{point}: {path!r} is neither the old nor the new one')
        missing = (self.old.keys() & self.new.keys()) - now.keys()
        self.assertFalse(missing, f'{point}: there is nothing at {missing}')

    def assert_converges(self, point):
        """The same command once more, undisturbed: an exact replica, and nothing else in it."""
        result = self.execute(*self.arguments(), uid=self.uid, source_may_change=True)
        self.assertEqual(0, result.code, f'{point}: {result.err}')
        self.assertEqual([], self.differences(owners=self.as_root), point)

    def forget(self):
        """Keeps the log of thousands of runs from growing; what is in it has been checked."""
        self.assert_log_is_clean(self.log)
        if os.path.exists(self.log):
            os.remove(self.log)
