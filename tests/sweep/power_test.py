"""The power goes at any write: nothing is torn, nothing that was reported is lost, all converges.

A run is recorded on a disk that logs its writes. Then the states in which a power cut can leave
that disk are made, mounted and judged. SYNC_TEST_POWER says how many for each file system.
"""
import contextlib
import fcntl
import json
import os
import subprocess
import threading
import unittest

from tests.support import compare, trees
from tests.support.program import PATIENCE_SECONDS
from tests.sweep import disk_states, logged_disk, pair_of_trees
from tests.sweep.disk_states import ALL, NONE
from tests.sweep.sweep import KILLED, SweepTest

STATES = int(os.environ.get('SYNC_TEST_POWER', '88'))
RUNS = 11  # that share the states of a file system: the classes below
BEGIN, REPORTED, ENDED = 'begin', 'reported', 'ended'
# What the program says goes out 64 KiB at a time; with these names every plan makes more than that.
LONG_NAMES = [letter * 240 for letter in 'abcdefgh']
WHERE = '/'.join(LONG_NAMES) + '/'


class Neighbour(threading.Thread):
    """Somebody else who writes to the disk, and makes durable what they and others wrote."""

    def __init__(self, folder):
        super().__init__()
        self._folder, self._ended = folder, threading.Event()

    def run(self):
        number = 0
        while not self._ended.is_set():
            number += 1
            fd = os.open(os.path.join(self._folder, str(number % 10)), os.O_WRONLY | os.O_CREAT)
            os.write(fd, b'%d' % number)
            os.fsync(fd)
            os.close(fd)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self.join()


class PowerSweep(SweepTest):
    """The same run on each of the file systems."""

    options = ()
    two_trees = staticmethod(pair_of_trees.replica_and_source)
    neighbour = contextlib.nullcontext
    is_first = False  # there is no replica yet

    kind = None  # of file system

    def pair(self):
        return tuple(pair_of_trees.below(LONG_NAMES, tree) for tree in self.two_trees(self.as_root))

    @property
    def command(self):
        return ('run', '--xattrs', *self.options)

    def given_a_disk(self, kind):
        reason = logged_disk.reason_to_skip(kind)
        if reason:
            self.skipTest(reason)
        self.kind = kind
        self.image, self.disk = self.at('image'), self.at('disk')
        os.mkdir(self.disk)
        self.replica = os.path.join(self.disk, 'replica')
        # The state has its own power cut, by the same rules: it lies on the same disk.
        self.state = os.path.join(self.disk, 'state')
        if self.is_first:
            trees.remove(self.original)
            os.mkdir(self.original)
            self.old = {}
        logged_disk.make_image(self.image, kind)
        try:
            with logged_disk.loop_device(self.image) as device, self.mounted(device):
                os.mkdir(os.path.join(self.disk, 'neighbour'))
                os.mkdir(self.state)
                if not self.is_first:
                    subprocess.run(['cp', '-a', self.original, self.replica], check=True)
        except RuntimeError as error:
            self.skipTest(f'{kind.name} cannot be mounted here: {error}')

    def mounted(self, device):
        return logged_disk.mounted(device, self.kind, self.disk)

    # Recording

    def record(self, act, neighbour):
        """Lets `act` work on the logged disk, beside others; returns the log's events."""
        folder, log = self.at('fuse'), self.at('writes')
        os.makedirs(folder, exist_ok=True)
        with logged_disk.logged_device(self.image, log, folder) as (device, mark):
            with self.mounted(device):
                subprocess.run(['sync', '--file-system', self.disk], check=True)
                mark(BEGIN)
                with neighbour(os.path.join(self.disk, 'neighbour')):
                    act(mark)
        return disk_states.read_log(log)

    def run_with_marks(self, mark):
        """Nobody reads what the program says until the mark is set, and it stops meanwhile."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)  # less than the report has
        process = self.start(*self.arguments(), stdout=writer, stderr=subprocess.STDOUT)
        os.close(writer)
        with open(reader, 'rb', buffering=0) as out:
            said = out.read(1)
            stopped = os.path.exists(self.in_replica('.sync-txn'))
            mark(REPORTED)
            while more := out.read(65536):
                said += more
        code = process.wait(PATIENCE_SECONDS)
        mark(ENDED)
        self.assertTrue(stopped, 'it went on before its report was read')
        self.assertEqual(0, code, said)
        self.assertEqual([], self.differences())

    # Cutting

    def cuts(self, events):
        marks = disk_states.marks(events)
        cutter = disk_states.Cutter(events, self.kind.sector)
        # Nothing of the open epoch is the worst that can come of what was said to be durable.
        cuts = [cutter.cut(marks[name] + 1, kept) for name in (REPORTED, ENDED)
                if name in marks for kept in (NONE, ALL)]
        spread = cutter.spread(max(STATES // RUNS - len(cuts), 1), marks[BEGIN])
        return sorted(dict.fromkeys(cuts + spread), key=lambda cut: cut.events)

    def sweep(self, kind):
        self.given_a_disk(kind)
        self.judge_cuts(self.record(self.run_with_marks, self.neighbour))

    def judge_cuts(self, events):
        marks = disk_states.marks(events)
        replay = disk_states.Replay(disk_states.Content.of_image(self.image), events)
        with self.state_device() as (state, device):
            for number, cut in enumerate(self.cuts(events)):
                with self.subTest(str(cut)):
                    replay.content_at(cut).put(state, self.kind.size)
                    with self.mounted(device):
                        said = {name for name, at in marks.items() if at < cut.events}
                        self.judge(cut, said, roll_back=number % 2 == 1)
                self.forget()

    @contextlib.contextmanager
    def state_device(self):
        """A file in which states of the disk are put, and a device to mount them from."""
        state = self.at('state.image')
        disk_states.Content().put(state, self.kind.size)
        with logged_disk.loop_device(state) as device:
            yield state, device

    # Judging

    @staticmethod
    def visible(root):
        if not os.path.isdir(root):
            return {}
        return {path.removeprefix(os.fsencode(WHERE)): seen
                for path, seen in SweepTest.visible(root).items()}

    def differences(self, **options):
        return self.differences_from(self.source, **options)

    def differences_from(self, tree, **options):
        lines = compare.differences(tree, self.replica, **options)
        return [line.replace(WHERE, '') for line in lines]

    def judge(self, cut, said, roll_back):
        """The disk is mounted as the cut left it. `said`: the marks that were set before."""
        self.assert_nothing_is_torn(cut)
        if REPORTED in said:
            left = self.beyond_the_root(self.differences(ignore=['.sync-txn']))
            self.assertEqual([], left[:5], f'{cut}: lost, although it was reported as done')
        if ENDED in said:
            self.assert_still_done(cut)
        if roll_back and os.path.isdir(self.replica):
            self.execute('recover', '-r', self.replica, '--rollback', expect=0,
                         source_may_change=True)
            self.assert_old_or_new(cut)
        self.assert_converges(cut)

    def assert_still_done(self, cut):
        self.assertEqual([], self.differences()[:5], f'{cut}: lost after exit 0')

    def assert_old_or_new(self, cut):
        ends = [self.beyond_the_root(self.differences_from(tree))
                for tree in (self.original, self.source)]
        self.assertEqual([], min(ends, key=len)[:5], f'{cut}: neither the old nor the new tree')

    @staticmethod
    def beyond_the_root(differences):
        """The root gets its own metadata when the staging folder is gone, or by the next run."""
        return [line for line in differences if not line.startswith("b'.':")]

    def test_on_ext4(self):
        self.sweep(logged_disk.EXT4)

    def test_on_xfs(self):
        self.sweep(logged_disk.XFS)

    def test_on_btrfs(self):
        self.sweep(logged_disk.BTRFS)


class RunTest(PowerSweep):
    """Its barriers are one call for the whole file system."""


class AtomicRunTest(PowerSweep):
    options = ('--atomic',)


class RunBesideOthersTest(PowerSweep):
    neighbour = Neighbour


class SmallRunTest(PowerSweep):
    """Its barriers are one call for each file and directory."""

    two_trees = staticmethod(pair_of_trees.few_of_every_kind)


class SmallAtomicRunTest(PowerSweep):
    """Its first barrier is of the one kind, its second of the other."""

    two_trees = staticmethod(pair_of_trees.few_and_a_link)
    options = ('--atomic',)


class SmallRunBesideOthersTest(SmallRunTest):
    neighbour = Neighbour


class DeletionsTest(PowerSweep):
    two_trees = staticmethod(pair_of_trees.deletions_only)


class MetadataTest(PowerSweep):
    """Nothing gets another name."""

    two_trees = staticmethod(pair_of_trees.metadata_only)


class FirstCopyTest(SmallRunTest):
    is_first = True


class SecondCutTest(PowerSweep):
    """The power goes in the middle of a run, comes back, and goes while the next run is at work."""

    neighbour = Neighbour
    def sweep(self, kind):
        self.given_a_disk(kind)
        self.go_down(self.record(self.run_with_marks, Neighbour))
        self.judge_cuts(self.record(self.go_on, self.neighbour))

    def go_down(self, events):
        """The disk becomes what a cut left of it while the changes were being made."""
        marks = disk_states.marks(events)
        cutter = disk_states.Cutter(events, self.kind.sector)
        base = disk_states.Content.of_image(self.image)
        low, high = marks[BEGIN], marks[REPORTED]
        with self.state_device() as (state, device):
            while low < high:
                after = (low + high) // 2
                content = disk_states.Replay(base, events).content_at(cutter.cut(after, NONE))
                content.put(state, self.kind.size)
                with self.mounted(device):
                    markers = {name for name in ('COMMIT', 'DONE')
                               if os.path.exists(self.in_replica('.sync-txn', name))}
                if 'COMMIT' in markers:
                    return content.put(self.image, self.kind.size)
                low, high = (low, after) if markers else (after + 1, high)
        return self.fail('no cut leaves a run in the middle of its changes')

    def go_on(self, mark):
        self.execute(*self.arguments(), expect=0, source_may_change=True)
        mark(ENDED)
        self.assertEqual([], self.differences())


class CutOfRollBackTest(SecondCutTest):
    """... and goes while what was begun is taken back."""

    neighbour = Neighbour

    def go_on(self, mark):
        self.execute('recover', '-r', self.replica, '--rollback', expect=0, source_may_change=True)
        mark(ENDED)
        self.assert_still_done('not cut yet')

    def assert_still_done(self, cut):
        left = self.beyond_the_root(self.differences_from(self.original, ignore=['.sync-txn']))
        self.assertEqual([], left[:5], f'{cut}: lost after exit 0')


del PowerSweep


class BarrierTest(SweepTest):
    """The runs above are what they are said to be."""

    def barriers_of(self, two_trees):
        """How many calls wait for a whole file system."""
        trees.remove(self.source)
        trees.remove(self.original)
        old, new = two_trees(self.as_root)
        trees.build(self.original, old)
        trees.build(self.source, new)
        self.untouched_source = compare.fingerprint(self.source)
        self.start_again()
        self.execute(*self.arguments(), wrapper=self.stopper('--only', 'syncfs'), expect=0)
        return self.calls_seen()

    def test_small_runs_wait_for_their_own_files_only(self):
        self.assertEqual(2, self.barriers_of(pair_of_trees.replica_and_source))
        self.assertEqual(1, self.barriers_of(pair_of_trees.few_and_a_link))
        self.assertEqual(0, self.barriers_of(pair_of_trees.few_of_every_kind))
        self.assertEqual(0, self.barriers_of(pair_of_trees.deletions_only))
        self.assertEqual(0, self.barriers_of(pair_of_trees.metadata_only))

    def test_a_recovery_ends_with_a_sync_of_the_root(self):
        self.start_again()
        self.execute(*self.arguments(), expect=KILLED,
                     wrapper=self.stopper('--only', 'renameat2', '--kill-after', '20'))
        trace = self.at('trace')
        self.execute('recover', '-r', self.replica, expect=0, wrapper=self.stopper(
            '--only', 'fsync,unlinkat,utimensat', '--trace', trace))
        with open(trace, encoding='ascii') as lines:
            last = json.loads(list(lines)[-1])
        self.assertEqual(('fsync', [self.replica]), (last['call'], last.get('files')))


if __name__ == '__main__':
    unittest.main()
