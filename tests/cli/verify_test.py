"""verify: every difference is one kind, decay is told from change, and nothing is touched."""
import contextlib
import hashlib
import json
import os
import shutil
import signal
import unittest

from tests.support import json_schema, trees
from tests.support.decaying_disk import DecayingDiskTest
from tests.support.program import (DONE, NOBODY, PARTIAL, REFUSED, ProgramTest,
                                   as_root)
from tests.support.random_tree import AWKWARD_NAMES
from tests.support.report import path_of
from tests.support.trees import SECOND, fifo, file, symlink

SCHEMA = json_schema.load('verify-v1.schema.json')


def report_of(test, *folders, expect, **options):
    """The lines of the report as dicts, each valid."""
    said = test.execute('verify', *folders, '--report', '-', expect=expect, **options).out
    lines = [json.loads(line) for line in said.split('\n')[:-1]]
    for line, wrong in zip(lines, json_schema.by_jsonschema(json_schema.closed(SCHEMA), lines),
                           strict=True):
        test.assertFalse(wrong, line)
    return lines


def findings_of(test, *folders, expect=PARTIAL):
    lines = report_of(test, *folders, expect=expect)[1:-1]
    return [(path_of(line), line['found'], line['side']) for line in lines]


def digest_by_hand(folder):
    """As docs/verify.md describes it, of a tree of files, directories, links and FIFOs."""
    def part(text):
        return len(text).to_bytes(8, 'big') + text

    def record(entry):
        if entry.is_dir(follow_symlinks=False):
            kind, what = b'dir', digest_by_hand(entry.path)[len('sha256:'):].encode()
        elif entry.is_symlink():
            kind, what = b'symlink', os.readlink(entry.path)
        elif entry.is_file():
            kind, what = b'file', hashlib.md5(trees.read(entry.path)).hexdigest().encode()
        else:
            kind, what = b'fifo', b''
        return part(entry.name) + part(kind) + part(what)

    entries = sorted(os.scandir(os.fsencode(folder)), key=lambda entry: entry.name)
    return 'sha256:' + hashlib.sha256(b'sync.tree 1' + b''.join(map(record, entries))).hexdigest()


def open_files(pid):
    for name in os.listdir(f'/proc/{pid}/fd'):
        with contextlib.suppress(OSError):
            yield os.readlink(f'/proc/{pid}/fd/{name}')


class VerifyTest(ProgramTest):
    in_memory = True

    def both(self):
        return '-s', self.source, '-r', self.replica

    def test_what_is_mirrored_is_sound(self):
        self.given({**{name: 'content' for name in AWKWARD_NAMES}, 'd': {'l': symlink('x')}})
        self.mirror()
        with self.untouched(self.source, self.replica):
            lines = report_of(self, *self.both(), expect=DONE)
        self.assertEqual([2 * len(AWKWARD_NAMES)] * 2,
                         [lines[-1]['files'], lines[-1]['not_remembered']])
        # In memory nothing can be asked of a disk.
        self.assertEqual(lines[-1]['bytes'], lines[-1]['bytes_perhaps_of_memory'])

    def test_each_difference_is_of_one_kind(self):
        self.given({'size': file('longer', mtime=5), 'type': 'x', 'time': file('same', mtime=6),
                    'mode': file('m', mode=0o600, mtime=7), 'link': symlink('here'), 'new': 'n',
                    'content': file('one', mtime=8), 'written': file('one', mtime=9),
                    'same': file('same', mtime=1)},
                   {'size': file('short', mtime=5), 'type': {'in': 'it'},
                    'time': file('same', mtime=5), 'mode': file('m', mode=0o644, mtime=7),
                    'link': symlink('there'), 'old': {'o': 'o'}, 'content': file('two', mtime=8),
                    'written': file('two', mtime=8), 'same': file('same', mtime=1)})
        trees.set_mtime(self.source, 1)
        trees.set_mtime(self.replica, 1)
        with self.untouched(self.source, self.replica):
            found = findings_of(self, *self.both())
        kinds = {'content': 'unknown', 'mode': 'touched', 'time': 'touched'}
        names = ('content', 'link', 'mode', 'new', 'old', 'old/o', 'size', 'time', 'type',
                 'type/in', 'written')
        self.assertEqual([(os.fsencode(name), kinds.get(name, 'edited'), 'both')
                          for name in names], found)

    def test_what_is_left_out_is_not_read(self):
        self.given({'a': 'a', 'b.o': 'b'}, {'a': 'a', 'b.o': 'c'})
        trees.set_mtime(self.in_source('a'), 1)
        trees.set_mtime(self.in_replica('a'), 1)
        for root in (self.source, self.replica):
            trees.set_mtime(root, 1)
        self.assertEqual(2, report_of(self, *self.both(), '--exclude', '*.o',
                                      expect=DONE)[-1]['files'])

    def test_one_digest_stands_for_all_that_a_tree_holds(self):
        tree = {**{name: 'content' for name in AWKWARD_NAMES}, 'd': {'l': symlink('x'), 'e': {}},
                'f': fifo()}
        self.given(tree, tree)
        self.assertEqual([digest_by_hand(self.source)] * 2, self.digests())
        for change in (lambda path: trees.write(path('d', 'new'), ''),
                       lambda path: os.rmdir(path('d', 'e')),
                       lambda path: trees.write(path('d', 'new'), 'x')):
            change(self.in_replica)
            source, replica = self.digests(expect=PARTIAL)
            self.assertEqual(digest_by_hand(self.replica), replica)
            self.assertNotEqual(source, replica)

    def digests(self, *options, expect=DONE):
        said = self.execute('verify', *self.both(), '--digest', *options, expect=expect).out
        return [line.split()[0] for line in said.splitlines()]

    def test_metadata_that_is_not_mirrored_does_not_count(self):
        self.given({'a': file('a', mode=0o600, mtime=1), 'd': {}},
                   {'a': file('a', mode=0o644, mtime=1), 'd': {}})
        for root in (self.source, self.replica):
            trees.set_mtime(root, 1)
        os.utime(self.in_replica('d'), (5, 5))
        self.assertEqual(2, len(findings_of(self, *self.both())))
        report_of(self, *self.both(), '--no-perms', '--omit-dir-times', expect=DONE)
        os.chmod(self.in_source('a'), 0o640)
        report_of(self, *self.both(), '--omit-dir-times', '--chmod', 'F644', expect=DONE)

    def test_one_that_was_stopped_goes_on(self):
        names = [f'd{at}' for at in range(8)]
        self.given({name: {'f': 'x' * (64 << 10)} for name in names}, {})
        self.execute('verify', *self.both(), '--resume', expect=REFUSED)
        process = self.start('verify', *self.both(), '--report', '-', '--bwlimit', '256K')
        reads = lambda: any(path.startswith(f'{self.source}/')
                            for path in open_files(process.pid)) or process.poll() is not None
        self.wait_until(reads, 'it reads')
        process.send_signal(signal.SIGUSR1)
        lines = []
        while line := process.stdout.readline().decode():
            lines.append(line)
            if 'verifying: ' in line:
                process.terminate()
        self.assertEqual(128 + signal.SIGTERM, process.wait(), lines)
        end = json.loads(lines[-1])
        self.assertTrue(end['stopped'])
        self.assertLess(end['files'], len(names))
        first = {json.loads(line)['path'] for line in lines[2:-1]}
        rest = report_of(self, *self.both(), '--resume', expect=PARTIAL)
        self.assertLess(len(rest), 2 * len(names) + 2)
        self.assertEqual({'.', *names, *(f'{name}/f' for name in names)},
                         first | {line['path'] for line in rest[1:-1]})
        self.execute('verify', *self.both(), '--resume', expect=REFUSED)

    @as_root
    def test_what_can_not_be_opened_is_unreadable(self):
        self.given({'a': 'a', 'd': {'e': 'e'}})
        self.live_as(NOBODY, self.source)
        shutil.copytree(self.source, self.replica)
        os.chmod(self.in_source('a'), 0)
        os.chmod(self.in_source('d'), 0)
        lines = report_of(self, '-s', self.source, expect=PARTIAL, uid=NOBODY)
        self.assertEqual([('a', 'unreadable'), ('d', 'unreadable')],
                         [(line['path'], line['found']) for line in lines[1:-1]])
        self.assertEqual('', self.execute('verify', '-s', self.source, '--digest', expect=PARTIAL,
                                          uid=NOBODY).out)

    def test_a_replica_that_is_not_there_is_refused(self):
        self.given({'a': 'a'})
        self.execute('verify', *self.both(), expect=REFUSED)
        self.assertFalse(os.path.exists(self.replica))


class DecayTest(DecayingDiskTest):
    """Both trees are the same, and what they hold is remembered."""

    def setUp(self):
        super().setUp()
        self.given({'small': file('a few bytes', mtime=SECOND), 'other': file('o', mtime=SECOND),
                    'large': file(os.urandom(3 << 20), mtime=SECOND)})
        self.mirror()
        self.grow_old()
        self.both = ('-s', self.source, '-r', self.replica)
        lines = report_of(self, *self.both, expect=DONE)
        self.assertEqual([6, 0], [lines[-1]['not_remembered'], lines[-1]['bytes_perhaps_of_memory']])

    def test_decay_is_told_on_the_side_where_it_is(self):
        self.decay(self.in_source('small'), self.in_replica('large'), self.in_replica('other'))
        self.decay(self.in_source('other'))
        with self.untouched(self.source, self.replica):
            for _ in range(2):
                self.assertEqual([(b'large', 'decayed', 'replica'), (b'other', 'decayed', 'source'),
                                  (b'other', 'decayed', 'replica'), (b'small', 'decayed', 'source')],
                                 findings_of(self, *self.both))
            self.assertEqual([(b'other', 'decayed', 'source'), (b'small', 'decayed', 'source')],
                             findings_of(self, '-s', self.source))

    def test_what_else_differs_is_read_to_its_end(self):
        trees.write(self.in_replica('large'), 'short', mtime=SECOND)
        trees.write(self.in_replica('small'), 'A few bytes', mtime=2 * SECOND)
        lines = report_of(self, *self.both, expect=PARTIAL)
        self.assertEqual([('large', 'edited'), ('small', 'edited')],
                         [(line['path'], line['found']) for line in lines[1:-1]])
        self.assertGreaterEqual(lines[-1]['bytes'], 3 << 20)

    def test_a_change_is_no_decay(self):
        trees.write(self.in_source('small'), 'a new byte!', mtime=SECOND)
        self.give_time(self.in_source('large'), 7)
        os.rename(self.in_source('other'), self.in_source('moved'))
        self.assertEqual([('small', 'edited'), ('large', 'touched')],
                         sorted(((os.fsdecode(path), what) for path, what, _
                                 in findings_of(self, '-s', self.source)), reverse=True))
        found = {path: what for path, what, _ in findings_of(self, *self.both)}
        self.assertNotIn('decayed', found.values())
        self.assertEqual('touched', found[b'large'])

    def test_what_another_program_has_mapped_is_asked_of_the_disk(self):
        self.decay(self.in_replica('small'))
        with open(self.in_replica('small'), 'rb') as held:
            held.read()
            self.assertEqual([(b'small', 'decayed', 'replica')], findings_of(self, *self.both))


if __name__ == '__main__':
    unittest.main()
