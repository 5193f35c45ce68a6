"""Runs the program as users do: in a process, with its own home, state, log and working directory.

The program is named by the environment variable SYNC_BINARY, else build/bin/sync of the checkout.
Every run checks that the source was not touched, every test that its log can be parsed.
"""
import contextlib
import dataclasses
import fcntl
import functools
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from tests.support import compare, trees

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get('SYNC_BINARY') or f'{CHECKOUT}/build/bin/sync')
PATIENCE_SECONDS = float(os.environ.get('SYNC_TEST_TIMEOUT', '120'))
NOBODY = 65534
MEMORY = '/dev/shm'

LOG_LINE = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARN|ERROR) .*')
CONTROL = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]')

DONE, FAILED, PENDING, PARTIAL, STALE, REFUSED, LOCKED = 0, 1, 2, 3, 4, 5, 6
USAGE, BAD_PLAN = 64, 65

as_root = unittest.skipUnless(os.geteuid() == 0, 'needs root')
with_devices = unittest.skipUnless(trees.devices_possible(), 'device nodes cannot be made here')
with_xattrs = unittest.skipUnless(trees.xattrs_possible(), 'no user xattrs in the temporary folder')
with_acls = unittest.skipUnless(trees.acls_possible(), 'no ACLs in the temporary folder')
with_mounts = unittest.skipUnless(trees.mounts_possible(), 'nothing can be mounted here')


def memory_folder():
    """A folder in memory where programs can be started and attributes be set, or the usual one."""
    usual = tempfile.gettempdir()
    if 'TMPDIR' in os.environ or not os.access(MEMORY, os.W_OK):
        return usual
    with tempfile.NamedTemporaryFile(dir=MEMORY) as file:
        try:
            os.setxattr(file.name, 'user.probe', b'1')
        except OSError:
            return usual
    return usual if os.statvfs(MEMORY).f_flag & os.ST_NOEXEC else MEMORY


@dataclasses.dataclass
class Result:
    code: int
    out: str
    err: str

    def __str__(self):
        return f'exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}'


def parse_plan(text):
    """The document as a dict; refuses duplicate keys."""
    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise ValueError(f'duplicate keys: {keys}')
        return dict(pairs)
    return json.loads(text, object_pairs_hook=unique)


@functools.lru_cache
def is_sanitized():
    """Whether the program was built with a sanitizer, which takes memory of its own."""
    with open(BINARY, 'rb') as program:
        text = program.read()
    return b'__asan_init' in text or b'__tsan_init' in text


class ProgramTest(unittest.TestCase):
    """A test with a source, a replica and a program to run on them; all paths are absolute."""

    maxDiff = None
    adopts = True  # its runs and plans may take over any folder: few tests are about that question
    in_memory = False  # whether its trees are, where that is possible and TMPDIR says nothing else

    def setUp(self):
        if not os.access(BINARY, os.X_OK):
            self.fail(f'no program at {BINARY}: build it, or set SYNC_BINARY')
        folder = memory_folder() if self.in_memory else None
        self.top = os.path.realpath(tempfile.mkdtemp(prefix='foldersync-test-', dir=folder))
        self.addCleanup(trees.remove, self.top)
        os.chmod(self.top, 0o755)
        self.source, self.replica = self.at('source'), self.at('replica')
        self.home, self.state, self.cwd = self.at('home'), self.at('state'), self.at('cwd')
        for path in (self.home, self.state, self.cwd):
            os.mkdir(path)
        self.binary = BINARY
        self.log = os.path.join(self.cwd, 'log.txt')

    def tearDown(self):
        self.assert_log_is_clean(self.log)

    def at(self, *names):
        return os.path.join(self.top, *names)

    def in_source(self, *names):
        return os.path.join(self.source, *names)

    def in_replica(self, *names):
        return os.path.join(self.replica, *names)

    def given(self, source, replica=None):
        """Builds the two trees; without the second one, there is no replica yet."""
        trees.build(self.source, source)
        if replica is not None:
            trees.build(self.replica, replica)

    # Running

    def environment(self, extra=None):
        kept = {key: value for key, value in os.environ.items()
                if key.startswith(('ASAN_', 'LSAN_', 'UBSAN_', 'TSAN_', 'GCOV_', 'LLVM_'))}
        settings = {'HOME': self.home, 'XDG_STATE_HOME': self.state, 'LC_ALL': 'C.UTF-8',
                    'PATH': os.environ.get('PATH', '/usr/bin:/bin')}
        settings.update(kept)
        settings.update(extra or {})
        return {key: value for key, value in settings.items() if value is not None}

    def _process_options(self, uid=None, cwd=None, env=None, descriptors=None, **others):
        options = {'cwd': cwd or self.cwd, 'env': self.environment(env)}
        if uid is not None:
            options.update(user=uid, group=uid, extra_groups=[])
        if descriptors is not None:
            options['preexec_fn'] = lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                               (descriptors, descriptors))
        options.update(others)
        return options

    def as_given(self, args):
        """The arguments as this test gives them, see `adopts`."""
        asks = self.adopts and args[:1] and args[0] in ('run', 'plan')
        return (args[0], '--adopt', *args[1:]) if asks else args

    def execute(self, *args, expect=None, source_may_change=False, input=None, wrapper=(),
                **options):
        """Runs `sync ARGS`. `expect`: one exit code, several, or None for whatever.

        `wrapper`: a command to put before it. `options`: uid, cwd, env (None takes a variable
        away), descriptors (RLIMIT_NOFILE), and what subprocess.run takes.
        """
        before = None
        if not source_may_change and os.path.isdir(self.source):
            before = compare.fingerprint(self.source)
        streams = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}
        if input is None:
            streams['stdin'] = subprocess.DEVNULL
        elif isinstance(input, str):
            input = input.encode('utf-8', 'surrogateescape')
        streams.update(self._process_options(**options))
        process = subprocess.run([*wrapper, self.binary, *self.as_given(args)], input=input, check=False,
                                 timeout=PATIENCE_SECONDS, **streams)
        result = Result(process.returncode, _text(process.stdout), _text(process.stderr))
        if expect is not None:
            wanted = expect if isinstance(expect, tuple) else (expect,)
            self.assertIn(result.code, wanted, f'sync {" ".join(map(ascii, args))}: {result}')
        if before is not None:
            self.assertEqual([], compare.changes(before, compare.fingerprint(self.source)),
                             'the source was changed')
        return result

    def sync(self, command, *args, expect=DONE, **options):
        """`sync COMMAND` with this test's source and replica."""
        return self.execute(command, '-s', self.source, '-r', self.replica, *args, expect=expect,
                            **options)

    def start(self, *args, wrapper=(), **options):
        """Starts `sync ARGS` in the background; it does not outlive the test."""
        streams = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT}
        streams.update(self._process_options(**options))
        process = subprocess.Popen([*wrapper, self.binary, *self.as_given(args)],
                                   stdin=subprocess.DEVNULL, **streams)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def stop(self, process, with_signal=signal.SIGTERM):
        """Sends a signal and returns the exit code."""
        process.send_signal(with_signal)
        return process.wait(PATIENCE_SECONDS)

    @staticmethod
    def children_of(process):
        """The processes that this one has started and that did not end yet."""
        with open(f'/proc/{process}/task/{process}/children', encoding='ascii') as children:
            return list(map(int, children.read().split()))

    @staticmethod
    def timers_of(pid):
        """What the process waits for, as (clock, seconds left)."""
        folder = f'/proc/{pid}/fdinfo'
        texts = []
        for fd in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
                texts.append(trees.read(f'{folder}/{fd}').decode())
        values = [dict(line.split(': ', 1) for line in text.split('\n') if ': ' in line)
                  for text in texts if 'clockid: ' in text]
        return [(int(value['clockid']), int(value['it_value'].strip('()').split(',')[0]))
                for value in values]

    def wait_for_timer(self, pid):
        self.wait_until(lambda: self.timers_of(pid), 'the program waits for a time')
        timer, = self.timers_of(pid)
        return timer

    def wait_until(self, condition, what):
        """Polls until `condition()` is true; fails the test when patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f'waited {PATIENCE_SECONDS:.0f} seconds in vain until {what}')
            time.sleep(0.02)

    def copy_binary_for_everybody(self):
        """For runs as another user, who may not be able to read the checkout."""
        if self.binary == BINARY:
            self.binary = shutil.copy2(BINARY, self.at('sync'))
            os.chmod(self.binary, 0o755)

    def live_as(self, uid, *paths):
        """Hands home, state, working directory and `paths` to another user."""
        self.copy_binary_for_everybody()
        trees.give_to(uid, self.home, self.state, self.cwd, *paths)

    # Plans

    def plan_text(self, *args, expect=DONE, **options):
        return self.sync('plan', '--json', *args, expect=expect, **options).out

    def plan(self, *args, **options):
        return parse_plan(self.plan_text(*args, **options))

    def operations(self, *args, **options):
        """What the plan would do, as a list of (op, path), `finish` left out."""
        return [(action['op'], action['path']) for action in self.plan(*args, **options)['actions']
                if action['phase'] != 'finish']

    def plan_file(self, *args, **options):
        """Writes a plan into a file and returns its path."""
        path = self.at('plan.json')
        self.sync('plan', '-o', path, *args, **options)
        return path

    # Judging

    def differences(self, **options):
        return compare.differences(self.source, self.replica, **options)

    def assert_mirrored(self, **options):
        self.assertEqual([], self.differences(**options))

    def assert_quiet(self, *args, **options):
        """A plan has nothing to do."""
        self.sync('plan', '--detailed-exitcode', *args, expect=DONE, **options)

    def mirror(self, *args, **options):
        """A run that ends with 0, an exact replica and nothing left to do."""
        result = self.sync('run', *args, **options)
        self.assert_mirrored()
        self.assert_quiet(*args, **options)
        return result

    @contextlib.contextmanager
    def untouched(self, *folders):
        """Nothing is written in the replica, or in `folders`, while the block runs."""
        watched = folders or (self.replica,)
        before = [compare.fingerprint(folder) for folder in watched]
        yield
        for folder, old in zip(watched, before):
            self.assertEqual([], compare.changes(old, compare.fingerprint(folder)),
                             f'{folder} was written to')

    def replica_paths(self):
        return compare.paths(self.replica)

    def content(self, *names):
        """A file of the replica."""
        return trees.read(self.in_replica(*names))

    def log_text(self, path=None):
        path = path or self.log
        return _text(trees.read(path)) if os.path.exists(path) else ''

    def assert_log_is_clean(self, path):
        """Every line has the documented form, and no byte in it can fool a terminal or a parser."""
        if not os.path.isfile(path):
            return
        text = trees.read(path).decode('utf-8')
        for line in text.split('\n')[:-1]:
            if line.startswith('{'):
                json.loads(line)
            else:
                self.assertRegex(line, r'\A' + LOG_LINE.pattern + r'\Z')
            self.assertIsNone(CONTROL.search(line), ascii(line))
        self.assertTrue(text == '' or text.endswith('\n'), 'the log ends in the middle of a line')

    # Surroundings

    def mount_tmpfs(self, path, options='size=16m'):
        self.mount('-t', 'tmpfs', '-o', options, 'none', path)

    def mount_bind(self, folder, path):
        self.mount('--bind', folder, path)

    def mount_image(self, path, *mkfs):
        """A file system in a file; skips the test where that cannot be had."""
        image = f'{path}.img'
        with open(image, 'wb') as out:
            out.truncate(64 << 20)
        made = subprocess.run([*mkfs, image], check=False, capture_output=True)
        if made.returncode != 0:
            self.skipTest(f'{mkfs[0]} does not work here')
        try:
            self.mount('-o', 'loop', image, path)
        except subprocess.CalledProcessError:
            self.skipTest('loop devices cannot be mounted here')

    def mount(self, *args):
        if not os.path.lexists(args[-1]):
            os.makedirs(args[-1])
        subprocess.run(['mount', *args], check=True, capture_output=True)
        self.addCleanup(subprocess.run, ['umount', '-l', args[-1]], check=False,
                        capture_output=True)

    @staticmethod
    def is_mounted(path):
        """Also true of bind mounts, which os.path.ismount() does not see."""
        with open('/proc/self/mountinfo', encoding='utf-8') as mounts:
            return any(line.split()[4] == path for line in mounts)

    def unmount(self, path):
        subprocess.run(['umount', path], check=True, capture_output=True)

    @contextlib.contextmanager
    def lock_held(self):
        """Somebody else holds the replica."""
        fd = os.open(self.replica, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _text(data):
    return (data or b'').decode('utf-8', 'surrogateescape')
