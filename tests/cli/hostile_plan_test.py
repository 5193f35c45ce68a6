"""Plan documents made to harm: too long, too deep, contradictory, of the wrong kind, or changed
under the reader's eyes. Each is refused before anything is touched, or does no harm.
"""
import copy
import os
import re
import resource
import socket
import subprocess
import threading
import unittest

from tests.support import compare, sealed_plan, trees
from tests.support.program import (BAD_PLAN, DONE, PARTIAL, REFUSED, STALE, USAGE, ProgramTest,
                                   as_root, is_sanitized, with_devices)
from tests.support.trees import char_device, fifo, symlink

SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 'same': 'same',
          't': {'inside': 'x'}}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 'gone': {'x': {'y': 'y'}},
           'l': symlink('../outside'), 'same': 'same', 't': 'file'}
MIB = 1 << 20
MOST_BYTES = 64 * MIB


class HostilePlanTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)
        trees.build(self.at('outside'), {'secret': 'of others'})

    def apply(self, document, *args, expect=BAD_PLAN):
        return self.execute('apply', '-', '-s', self.source, '-r', self.replica, *args,
                            input=document, expect=expect)

    def assert_refused(self, document):
        with self.untouched(self.replica, self.at('outside')):
            return self.apply(document)


class BombTest(HostilePlanTest):
    """Whatever the length of a document, the reader stops early and stays small."""

    def feed(self, start, piece, most=64 * MIB):
        """Hands over `start` and then `piece` again and again; returns how many bytes were taken
        before the program had enough."""
        process = subprocess.Popen(
            [self.binary, 'apply', '-', '-s', self.source, '-r', self.replica], cwd=self.cwd,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=self.environment(), preexec_fn=self.limit_memory)
        self.addCleanup(process.stderr.close)
        taken = 0
        try:
            with process.stdin:
                taken += process.stdin.write(start)
                while taken < most:
                    taken += process.stdin.write(piece)
        except BrokenPipeError:
            pass
        said = process.stderr.read()
        self.assertEqual(BAD_PLAN, process.wait(), said)
        self.assertLess(len(said), 2000)
        return taken

    def limit_memory(self):
        """With less than it needs, the program would end with another code."""
        if not is_sanitized():
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))

    def test_blanks_take_no_memory(self):
        for start in (b'', b'{"format":', b'{"format":"sync.plan"'):
            self.feed(start, b' \n' * 32768)

    def test_a_text_or_a_number_that_never_ends_is_given_up_soon(self):
        header = self.plan_text().split('"actions":')[0]
        for what, start, piece in (
                ('a text', '{"format":"', b'a'), ('a key', '{"', b'a'), ('digits', '{"format":', b'7'),
                ('decimals', '{"format":0.', b'7'), ('an exponent', '{"format":1e', b'9'),
                ('a path', header + '"actions":['
                 '{"seq":1,"phase":"write","op":"create","path":"', b'a/'),
                ('base64', header + '"actions":[{"seq":1,"path_b64":"', b'AAAA'),
                ('a rule', '{"options":{"rules":["', b'*'), ('NUL bytes', '', b'\0')):
            with self.subTest(what=what), self.untouched():
                taken = self.feed(start.encode(), piece * (65536 // len(piece)))
                self.assertLess(taken, 16 * MIB)

    def test_brackets_that_never_close_are_given_up_at_once(self):
        header = self.plan_text().split('"actions":')[0]
        for what, start, piece in (
                ('lists', '', b'['), ('objects', '', b'{"format":'), ('a value', '{"format":', b'['),
                ('in an action', header + '"actions":[{"before":', b'['),
                ('in an entry', header + '"actions":[{"before":', b'{"size":'),
                ('reasons', header + '"actions":[{"reason":[', b'['),
                ('an unknown key', header + '"x":', b'[[')):
            with self.subTest(what=what), self.untouched():
                taken = self.feed(start.encode(), piece * (65536 // len(piece)))
                self.assertLess(taken, 2 * MIB)

    def test_a_million_brackets_in_a_file(self):
        for text in ('[' * 1_000_000, '{"a":' * 1_000_000, '[' * 500_000 + ']' * 500_000):
            with self.subTest(start=text[:5]):
                self.assert_refused(text)

    def test_a_deep_path_that_stays_takes_the_memory_of_its_length(self):
        path = 'd/' * 20_000 + 'f'
        file_ = {'type': 'file', 'size': 1, 'mtime': '2024-01-01T00:00:00.000000000Z'}
        action = {'seq': 0, 'phase': 'write', 'op': 'create', 'path': 'n', 'from': path,
                  'reason': ['missing'], 'before': None, 'after': file_}
        deletion = {**action, 'phase': 'delete', 'op': 'delete', 'path': path,
                    'reason': ['extra'], 'before': file_, 'after': None}
        del deletion['from']
        plan = self.plan('--delete-first')
        plan['actions'] = [action, deletion]
        result = self.execute('show', '-', input=sealed_plan.seal(plan), expect=DONE,
                              preexec_fn=self.limit_memory)
        self.assertIn('delete 1', result.out)

    def test_a_long_change_of_modes_is_not_read(self):
        plan = self.plan('--chmod', 'F644')
        plan['options']['chmod'] = '0,' * 2_000_000 + '0'
        result = self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                              input=sealed_plan.seal(plan), expect=BAD_PLAN,
                              preexec_fn=self.limit_memory)
        self.assertIn('chmod', result.err)

    def test_numbers_beyond_all_types(self):
        text = self.plan_text()
        unchanged = re.search('"unchanged":[0-9]+', text).group()
        for number in ('1e999', '-1e999', '1e-999', '9223372036854775808', '9223372036854775809',
                       '18446744073709551615', '18446744073709551616', '9007199254740993',
                       '-9223372036854775809', '-0', '-0.0', '0.0', '1.0', '1E0', '00', '01', '+1',
                       '.5', '5.', '0x1', 'NaN', '-NaN', 'Infinity', '-Infinity', 'nan', 'inf',
                       '1' * 400, '1.' + '0' * 400, '1e1', '1_0', 'null', 'true', '[]', '{}',
                       '"1"', '"1e3"', '"-1"'):
            with self.subTest(number=number[:30]):
                self.assert_refused(text.replace(unchanged, f'"unchanged":{number}', 1))


class ContradictionTest(HostilePlanTest):
    def sealed(self, *actions):
        return sealed_plan.seal({**self.plan(), 'actions': list(copy.deepcopy(actions))})

    @staticmethod
    def action(phase, op, path, before=None, after=None, **more):
        return {'seq': 0, 'phase': phase, 'op': op, 'path': path, 'reason': ['type'],
                'before': before, 'after': after, **more}

    def moved(self, origin, path):
        dir_ = {'type': 'dir'}
        return (self.action('mkdir', 'move', path, dir_, dir_, **{'from': origin}),
                self.action('finish', 'metadata', path, dir_, dir_))

    def test_two_minds_about_one_path_are_refused(self):
        file_, dir_ = {'type': 'file'}, {'type': 'dir'}
        make = self.action('write', 'create', 'n', None, file_)
        below = self.action('write', 'create', 'n/e', None, file_)
        for what, actions in {
                'made twice': (make, make),
                'made and deleted': (make, self.action('delete', 'delete', 'n', file_)),
                'cleared and made': (self.action('clear', 'delete', 'n', file_), make),
                'a file and a directory': (self.action('mkdir', 'create', 'n', None, dir_), make),
                'made and removed': (self.action('mkdir', 'create', 'n', None, dir_),
                                     self.action('rmdir', 'delete', 'n', dir_)),
                'removed and finished': (self.action('rmdir', 'delete', 'n', dir_),
                                         self.action('finish', 'metadata', 'n', dir_, dir_)),
                'two moves from one': (self.action('write', 'move', 'm', file_, file_, **{
                    'from': 'a'}), self.action('write', 'move', 'n', file_, file_, **{'from': 'a'})),
                'contents before their directory': (
                    self.action('mkdir', 'create', 'n/e', None, dir_),
                    self.action('mkdir', 'create', 'n', None, dir_)),
                'a directory before its contents': (self.action('rmdir', 'delete', 'n', dir_),
                                                    self.action('rmdir', 'delete', 'n/e', dir_)),
                'writing before making': (below, self.action('mkdir', 'create', 'n', None, dir_)),
                'a directory moves below itself': self.moved('d', 'd/new'),
                'a directory moves to far below where it was': self.moved('gone', 'gone/x/z'),
                'a directory moves without its finish': self.moved('gone', 'new')[:1],
                'something below a directory that moves': (
                    *self.moved('gone', 'new')[:1],
                    self.action('write', 'create', 'new/a', None, file_),
                    *self.moved('gone', 'new')[1:]),
                'something below where a directory moves from': (
                    *self.moved('gone', 'new')[:1],
                    self.action('delete', 'delete', 'gone/x/y', file_),
                    *self.moved('gone', 'new')[1:]),
                }.items():
            with self.subTest(what=what):
                self.assert_refused(self.sealed(*actions))

    def test_directories_and_contents_that_contradict_each_other_do_no_harm(self):
        """What the order allows, and no trees could: the look at both decides."""
        file_, dir_ = {'type': 'file'}, {'type': 'dir'}
        for what, actions in {
                'a file below a file that is made': (
                    self.action('write', 'create', 'same2', None, {'type': 'file', 'size': 4}),
                    self.action('write', 'create', 'same2/x', None, file_)),
                'an ancestor of what is made is removed': (
                    self.action('write', 'create', 'd/b', None, {'type': 'file', 'size': 1}),
                    self.action('rmdir', 'delete', 'd', dir_)),
                'a directory that is not empty is removed': (
                    self.action('rmdir', 'delete', 'gone/x', dir_),
                    self.action('rmdir', 'delete', 'gone', dir_)),
                'a link to what is deleted': (
                    self.action('write', 'link', 'n', None, file_, to='gone/x/y'),
                    self.action('delete', 'delete', 'gone/x/y', file_)),
                'a link to a directory': (self.action('write', 'link', 'n', None, file_, to='d'),),
                }.items():
            with self.subTest(what=what), self.untouched(self.at('outside')):
                both = set(compare.paths(self.source)).intersection(self.replica_paths())
                self.apply(self.sealed(*actions), expect=(STALE, PARTIAL))
                self.assertLessEqual(both, set(self.replica_paths()))
        self.mirror()

    def test_paths_through_a_link_lead_nowhere(self):
        file_ = {'type': 'file'}
        trees.write(self.at('outside', 'b'), 'x')
        with self.untouched(self.at('outside')):
            for action in (self.action('delete', 'delete', 'l/secret', file_),
                           self.action('write', 'create', 'l/new', None, file_),
                           self.action('write', 'update', 'l/secret', file_, file_),
                           self.action('write', 'metadata', 'l/secret', file_, file_),
                           self.action('rmdir', 'delete', 'l', {'type': 'dir'}),
                           self.action('write', 'move', 'n', file_, file_, **{'from': 'l/secret'}),
                           self.action('write', 'link', 'n', None, file_, to='l/secret')):
                with self.subTest(op=action['op'], path=action['path']):
                    self.apply(self.sealed(action), expect=(DONE, STALE, PARTIAL))
                    self.assertEqual('../outside', os.readlink(self.in_replica('l')))

    def test_words_and_versions_of_other_programs_are_refused(self):
        text = self.plan_text()
        for old, new in (('"sync.plan"', '"sync.report"'), ('"1.0"', '"0.9"'), ('"1.0"', '"1.1"'),
                         ('"1.0"', '"1"'), ('"1.0"', '"1.00"'), ('"1.0"', '"2.0"'), ('"1.0"', '1.0'),
                         ('"mirror"', '"two-way"'), ('"op":"delete"', '"op":"unlink"'),
                         ('"phase":"delete"', '"phase":"shell"'), ('"type":"file"', '"type":"door"'),
                         ('"sha256"', '"none"'), ('{"alg"', '{"key":1,"alg"'),
                         ('"seq":1,', '"seq":1,"command":"id",'), ('"seq":1,', '"seq":"1",')):
            with self.subTest(new=new):
                self.assertIn(old, text)
                self.assert_refused(text.replace(old, new, 1))


class TamperedTest(HostilePlanTest):
    """An edited plan with the digest put right: it can't do more than a fresh run would."""

    def edited(self, path, **after):
        plan = self.plan()
        for action in plan['actions']:
            if action['path'] == path and action['phase'] != 'finish':
                action['after'].update(after)
        return sealed_plan.seal(plan)

    def test_size_mode_owner_time_and_content_are_those_of_the_source(self):
        for changed in ({'mode': '4755'}, {'mode': '6777'}, {'mode': '0777'}, {'size': 3},
                        {'mtime': '2001-01-01T00:00:00.000000000Z'}, {'md5': '0' * 32}):
            with self.subTest(changed=changed):
                self.apply(self.edited('a', **changed), expect=STALE)
                self.assertEqual(b'old', self.content('a'))
                trees.remove(self.replica)
                trees.build(self.replica, REPLICA)

    @as_root
    def test_owners_are_those_of_the_source(self):
        self.apply(self.edited('a', uid=12345, gid=12345), expect=STALE)
        self.assertEqual((b'old', 0), (self.content('a'), os.lstat(self.in_replica('a')).st_uid))

    def test_a_suid_file_is_never_made_of_one_that_is_none(self):
        for op in ('create', 'link'):
            plan = self.plan()
            entry = {'type': 'file', 'size': 11, 'mode': '4755'}
            plan['actions'] = [{'seq': 1, 'phase': 'write', 'op': op, 'path': 'suid',
                                'reason': ['missing'], 'before': None, 'after': entry,
                                **({'to': 'a'} if op == 'link' else {})}]
            self.apply(sealed_plan.seal(plan), expect=(STALE, PARTIAL))
            self.assertNotIn('suid', self.replica_paths())

    def test_deletions_more_than_allowed_are_counted_whatever_the_figures_say(self):
        plan = self.plan('--max-delete', '90%')
        plan['options']['max_delete'] = '2'
        for guard in plan['guards']:
            guard.update(limit='2', value={'count': 0, 'of': 10**9}, verdict='ok')
        with self.untouched():
            self.apply(sealed_plan.signed(plan), expect=BAD_PLAN)


class KindOfFileTest(HostilePlanTest):
    def test_only_a_regular_file_is_read(self):
        trees.build(self.at('odd'), {'fifo': fifo(), 'dir': {}, 'empty': '', 'dangling':
                                     symlink('nowhere'), 'zero': symlink('/dev/zero'),
                                     'link': symlink('../plan.json')})
        self.plan_file()
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.join(self.at('odd'), 'socket'))
            for name in ('fifo', 'dir', 'empty', 'zero', 'dangling', 'link', 'missing', 'socket'):
                with self.subTest(name=name), self.untouched():
                    self.execute('apply', self.at('odd', name), expect=BAD_PLAN)
        self.execute('apply', '/dev/zero', expect=BAD_PLAN)
        self.execute('apply', '', expect=(USAGE, BAD_PLAN))

    @as_root
    @with_devices
    def test_a_device_is_not_read(self):
        trees.build(self.at('odd'), {'null': char_device(1, 3), 'zero': char_device(1, 5)})
        for name in ('null', 'zero'):
            self.execute('apply', self.at('odd', name), expect=BAD_PLAN)

    def test_stdin_that_is_no_document_is_refused(self):
        self.apply(b'')
        for name in ('/dev/null', self.at('outside', 'secret'), self.binary):
            with self.subTest(name=name), open(name, 'rb') as stdin:
                self.execute('apply', '-', stdin=stdin, expect=BAD_PLAN)
        self.execute('apply', '-', stdin=os.open(self.replica, os.O_RDONLY), expect=(1, BAD_PLAN))

    def test_other_encodings_and_anything_around_it_are_refused(self):
        text = self.plan_text()
        for document in ('\ufeff' + text, text.encode('utf-16'), text.encode('utf-16-le'),
                         text.encode('utf-16-be'), text.encode('utf-32'), text + text, text + 'x',
                         text + '\0', '\0' + text, text + '{}', text + ',', '[' + text + ']',
                         text + '\ufeff', text.replace(':', '=', 1), text + '\x1a', '#' + text,
                         text.encode().replace(b'gone', b'gon\xff', 1), '\x1f\x8b' + text,
                         '//c\n' + text, text[:-3], text.replace('"', "'"), ')]}\n' + text):
            with self.subTest(start=document[:12], length=len(document)):
                self.assert_refused(document)

    def test_line_ends_of_other_systems_have_no_meaning(self):
        text = self.plan_text()
        self.apply(' \r\n\t' + text.replace('\n', '\r\n') + '\r\n \n', expect=DONE)
        self.assert_mirrored()


class SwappedTest(HostilePlanTest):
    """The plan's file changes while it is read or applied."""

    def plan_of(self, extra):
        """A long plan that deletes `extra`; all of them are of one length."""
        trees.write(self.in_replica(extra), 'x', mtime=0)
        path = self.plan_file()
        trees.remove(self.in_replica(extra))
        return trees.read(path)

    def test_what_is_applied_is_one_plan_or_none(self):
        for number in range(600):
            trees.write(self.in_source(f'n{number:03}'), 'x')
        first, second = self.plan_of('x1'), self.plan_of('x2')
        self.assertGreater(len(first), 100_000)
        first, second = (text.ljust(max(len(first), len(second))) for text in (first, second))
        path, stop = self.at('plan.json'), threading.Event()

        def swap():
            with open(path, 'r+b', buffering=0) as out:
                while not stop.is_set():
                    for text in (first, second):
                        out.seek(0)
                        for at in range(0, len(text), 4096):
                            out.write(text[at:at + 4096])
        thread = threading.Thread(target=swap)
        thread.start()
        try:
            for _ in range(15):
                for name in ('x1', 'x2'):
                    trees.write(self.in_replica(name), 'x', mtime=0)
                done = self.execute('apply', path, '--durability', 'none', expect=None)
                self.assertIn(done.code, (DONE, BAD_PLAN), done)
                left = {'x1', 'x2'}.intersection(self.replica_paths())
                self.assertEqual(2 if done.code == BAD_PLAN else 1, len(left), done)
        finally:
            stop.set()
            thread.join()

    def test_a_file_renamed_over_it_is_not_looked_at(self):
        """Read once: what is applied is what was open."""
        plan = self.plan_file()
        with open(plan, 'rb') as stdin:
            os.unlink(plan)
            trees.write(plan, 'something else')
            self.execute('apply', '-', stdin=stdin, expect=DONE)
        self.assert_mirrored()


class IdentityTest(HostilePlanTest):
    """Which roots a plan may name."""

    def test_a_plan_from_stdin_is_for_the_folders_it_was_made_for(self):
        text = self.plan_text()
        for moved in (self.source, self.replica):
            os.rename(moved, moved + '.away')
            subprocess.run(['cp', '-a', moved + '.away', moved], check=True)
            with self.subTest(moved=moved), self.untouched():
                self.execute('apply', '-', input=text, expect=REFUSED, source_may_change=True)
            trees.remove(moved)
            os.rename(moved + '.away', moved)
        self.execute('apply', '-', input=text, expect=DONE)
        self.assert_mirrored()

    def test_roots_that_were_edited_are_refused(self):
        trees.build(self.at('other'), {'precious': 'x'})
        for side in ('source', 'replica'):
            plan = self.plan()
            plan[side]['path'] = self.at('other')
            with self.subTest(side=side), self.untouched(self.replica, self.at('other')):
                self.execute('apply', '-', input=sealed_plan.seal(plan), expect=REFUSED)


if __name__ == '__main__':
    unittest.main()
