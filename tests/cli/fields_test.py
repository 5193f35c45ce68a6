"""Metadata that is somebody else's business, or is to be other than the source's."""
import json
import os
import stat
import struct
import subprocess
import unittest

from tests.cli.rights_test import ACCESS
from tests.support import compare, trees
from tests.support.program import (BAD_PLAN, DONE, REFUSED, STALE, USAGE, ProgramTest, as_root, parse_plan,
                                   with_acls)
from tests.support.trees import SECOND, fifo, file, folder, same_inode_as, symlink

THEN, EARLIER = 1_000_000_000 * SECOND, 900_000_000 * SECOND
USER, OTHER, GROUP = 1001, 1002, 2000
UMASK = 0o027
# As people combine them; each alone, and all together.
COMBINATIONS = (('--omit-dir-times',), ('--no-owner',), ('--no-group',), ('--no-perms',),
                ('--no-owner', '--no-group', '--no-perms'),
                ('--omit-dir-times', '--no-owner', '--no-group', '--no-perms'),
                ('--chown', f'{USER}:{GROUP}'), ('--chown', f':{GROUP}'), ('--chown', f'{USER}:'),
                ('--chmod', 'D2755,F644'), ('--chmod', 'go-w,u+rwX', '--no-group'),
                ('--chmod', 'u+s,g+s', '--no-group'), ('--chmod', 'ugo=rwX', '--no-perms'),
                ('--chmod', '640,D750', '--chown', str(OTHER), '--no-group', '--omit-dir-times'))


class FieldsTest(ProgramTest):
    in_memory = True

    def run_with(self, *options, also=(), **others):
        """A run with them, after which nothing is left to be done, as far as they tell."""
        result = self.sync('run', '--new-replica', *options, *also, umask=UMASK, **others)
        for more in ((), ('--xattrs',), ('--checksum',)):
            self.assertEqual([], self.operations(*options, *more, umask=UMASK, **others))
        return result

    def metadata(self, *names):
        status = os.lstat(self.in_replica(*names))
        return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)

    def mode(self, *names):
        return self.metadata(*names)[2]

    def undo(self, **options):
        [backup] = [os.path.join(self.at('backups'), name, 'undo.json')
                    for name in os.listdir(self.at('backups'))]
        self.execute('apply', backup, expect=DONE, **options)

    def rich_trees(self, users):
        """Every kind of entry and change, of these owners."""
        def owned(number):
            return {'owner': users[number % len(users)]}
        modes, others = (0o644, 0o660, 0o4755, 0o2755, 0o600), (0o640, 0o666, 0o711)
        source, replica = {}, {}
        for number, mode in enumerate(modes):
            same, new = owned(number), owned(number + 1)
            old = others[number % len(others)]
            for name, content, found, mtime in (
                    ('same', 'x', 'x', THEN), ('dated', 'x', 'x', EARLIER),
                    ('longer', 'xx', 'x', EARLIER), ('new', 'n', None, THEN), ('gone', None, 'g', THEN)):
                if content is not None:
                    source[f'{name} {number}'] = file(content, mode=mode, mtime=THEN, **same)
                if found is not None:
                    replica[f'{name} {number}'] = file(found, mode=old, mtime=mtime, **new)
            source[f'd{number}'] = folder({'f': file('f', mode=0o664)}, mode=mode | 0o555, **same)
            if number % 2:
                replica[f'd{number}'] = folder({'x': 'x'}, mode=0o2775, **new)
        for tree, content in ((source, {}), (replica, {})):
            tree['l'] = symlink('a' if tree is source else 'b', **owned(1))
            tree['deep'] = folder({'e': {'f': 'x'}}, **owned(0))
        source |= {'p': fifo(mode=0o620), 'h1': file('h', mode=0o664, mtime=THEN),
                   'h2': same_inode_as('h1'), 'to': file('m' * 99, mode=0o644, mtime=THEN)}
        replica |= {'p': fifo(mode=0o600), 'h1': file('h', mtime=THEN), 'h2': file('h', mode=0o600),
                    'from': file('m' * 99, mode=0o600, mtime=THEN)}
        self.given(source, replica)


@as_root
class QuietTest(FieldsTest):
    def test_nothing_is_left_to_do_after_any_of_them(self):
        for options in COMBINATIONS:
            with self.subTest(options=options):
                self.rich_trees([(0, 0), (USER, USER), (OTHER, GROUP)])
                self.run_with(*options)
                trees.remove(self.source)
                trees.remove(self.replica)

    def test_nothing_is_left_to_do_for_a_plain_user(self):
        for options in COMBINATIONS:
            with self.subTest(options=options):
                self.rich_trees([(USER, USER), (USER, GROUP), (OTHER, 3000)])
                for path, directories, files in os.walk(self.source):
                    for name in files + directories:
                        if not os.path.islink(os.path.join(path, name)):
                            mode = stat.S_IMODE(os.lstat(os.path.join(path, name)).st_mode)
                            os.chmod(os.path.join(path, name), mode | 0o444)
                for path, directories, files in os.walk(self.replica):
                    for name in files + directories + ['.']:
                        os.lchown(os.path.join(path, name), USER, -1)
                self.live_as(USER)
                self.run_with(*options, uid=USER)
                trees.remove(self.source)
                trees.remove(self.replica)

    def test_a_replica_that_is_made_has_them_too(self):
        for options in COMBINATIONS:
            with self.subTest(options=options):
                self.given(folder({'f': 'x'}, mode=0o2775, owner=(USER, GROUP)))
                self.run_with(*options)
                if '--no-perms' in options:
                    self.assertEqual(0o750, self.mode())
                trees.remove(self.source)
                trees.remove(self.replica)

    def test_documents_say_so_and_nothing_of_what_is_left_out(self):
        for options in COMBINATIONS:
            with self.subTest(options=options):
                self.rich_trees([(0, 0), (USER, USER), (OTHER, GROUP)])
                plan = self.plan(*options, umask=UMASK)
                facts = [side for action in plan['actions']
                         for side in (action['before'], action['after']) if side]
                for option, field in (('owner', 'uid'), ('group', 'gid'), ('perms', 'mode')):
                    if f'--no-{option}' in options:
                        self.assertIn(f'options.no_{option}', plan['needs'])
                        self.assertFalse([side for side in facts if field in side])
                if '--omit-dir-times' in options:
                    self.assertFalse([side for side in facts
                                      if side['type'] == 'dir' and 'mtime' in side])
                self.execute('apply', self.plan_file(*options, umask=UMASK), umask=UMASK,
                             expect=DONE)
                self.assertEqual([], self.operations(*options, umask=UMASK))
                trees.remove(self.source)
                trees.remove(self.replica)


@as_root
class LeftAloneTest(FieldsTest):
    ALL = ('--no-owner', '--no-group', '--no-perms', '--omit-dir-times')

    def test_what_is_there_keeps_its_own_also_where_it_is_written_anew(self):
        self.given({'f': file('new', mode=0o644, owner=(USER, 0)), 'dated': file('x', mtime=THEN),
                    'd': folder({'n': 'x'}, mode=0o755, mtime=THEN),
                    'l': symlink('new', owner=(USER, 0))},
                   {'f': file('older', mode=0o606, owner=(USER, GROUP)),
                    'dated': file('x', mode=0o600, mtime=EARLIER, owner=(OTHER, OTHER)),
                    'd': folder({'o': 'x'}, mode=0o2711, owner=(USER, GROUP)),
                    'l': symlink('old', owner=(USER, USER))})
        before = {name: self.metadata(name) for name in ('f', 'dated', 'd', 'l', '.')}
        self.run_with(*self.ALL)
        self.assertEqual(b'new', self.content('f'))
        self.assertEqual(THEN, os.stat(self.in_replica('dated')).st_mtime_ns)
        self.assertEqual(before, {name: self.metadata(name) for name in before})

    def test_what_is_new_is_the_callers_less_the_umask(self):
        self.given({'f': file('x', mode=0o4777, owner=(USER, GROUP)),
                    'd': folder({'e': folder({'g': file('y', mode=0o666)}, mode=0o555)}, mode=0o1777,
                                owner=(USER, GROUP)), 'p': fifo(mode=0o666)}, {})
        self.run_with(*self.ALL)
        self.assertEqual((0, 0, 0o750), self.metadata('f'))
        self.assertEqual((0, 0, 0o750), self.metadata('d'))
        self.assertEqual(0o550, self.mode('d', 'e'))
        self.assertEqual((0, 0, 0o640), self.metadata('d', 'e', 'g'))
        self.assertEqual(0o640, self.mode('p'))

    def test_a_directory_hands_its_group_down(self):
        self.given({'d': {'f': file('x', mode=0o664), 'e': {'g': file('y', mode=0o664)}}},
                   {'d': folder({}, mode=0o2775, owner=(0, GROUP))})
        self.run_with('--no-group', '--no-perms')
        self.assertEqual((0, GROUP, 0o640), self.metadata('d', 'f'))
        self.assertEqual((0, GROUP, 0o2750), self.metadata('d', 'e'))
        self.assertEqual((0, GROUP, 0o640), self.metadata('d', 'e', 'g'))

    def test_a_directory_hands_its_bit_down_where_groups_are_mirrored(self):
        for user in (0, USER):
            with self.subTest(user=user):
                self.given({'d': {'e': {'g': {}}}}, {'d': folder({}, mode=0o2775)})
                trees.give_to(user, self.replica)
                os.chmod(self.in_replica('d'), 0o2775)
                self.live_as(user)
                self.run_with('--no-perms', uid=user or None)
                for names in (('d', 'e'), ('d', 'e', 'g')):
                    self.assertEqual((user, user, 0o2750), self.metadata(*names))
                trees.remove(self.source)
                trees.remove(self.replica)

    def test_a_closed_directory_of_ones_own_is_closed_again(self):
        self.given({'d': {'new': 'x'}}, {'d': folder({'old': 'x'}, mode=0o555)})
        trees.give_to(USER, self.replica)
        self.live_as(USER)
        self.run_with('--no-perms', uid=USER)
        self.assertEqual((['new'], 0o555), (os.listdir(self.in_replica('d')), self.mode('d')))

    def keep_as_user(self):
        os.mkdir(self.at('backups'))
        trees.give_to(USER, self.replica, self.at('backups'))
        self.live_as(USER)

    def move_as_user(self, *options, mode=0o755):
        """A directory that gets another parent; the replica as it was is kept."""
        def tree(mode):
            inner = folder({'g': file('y' * 99, mtime=THEN)}, mode=mode, mtime=THEN)
            return {'d': folder({'f': file('x' * 99, mtime=THEN), 'e': inner}, mode=mode, mtime=THEN)}
        self.given({'b': tree(0o755)}, {'a': tree(mode), 'b': {}})
        self.keep_as_user()
        subprocess.run(['cp', '-a', self.replica, self.at('before')], check=True)
        self.run_with(*options, also=['--adopt', '--backup-dir', self.at('backups')], uid=USER)
        self.assertEqual(b'y' * 99, self.content('b', 'd', 'e', 'g'))

    def test_a_closed_directory_that_moves_is_closed_again_and_goes_back(self):
        self.move_as_user('--no-perms', mode=0o555)
        self.assertEqual((0o555, 0o555), (self.mode('b', 'd'), self.mode('b', 'd', 'e')))
        self.undo(uid=USER)
        self.assertEqual([], compare.differences(self.at('before'), self.replica))

    def test_what_was_closed_since_is_moved_back_closed(self):
        self.move_as_user('--no-perms')
        for mode, name in ((0o300, 'e'), (0o600, '.')):
            os.chmod(self.in_replica('b', 'd', name), mode)
        self.undo(uid=USER)
        self.assertEqual((0o600, 0o300), (self.mode('a', 'd'), self.mode('a', 'd', 'e')))
        self.assertEqual(b'y' * 99, self.content('a', 'd', 'e', 'g'))

    def test_an_undo_closes_what_it_opened(self):
        self.given({'d': {'new': 'x'}}, {'d': folder({'old': 'x'}, mode=0o555)})
        self.keep_as_user()
        self.run_with('--no-perms', also=['--backup-dir', self.at('backups')], uid=USER)
        self.undo(uid=USER)
        self.assertEqual((['old'], 0o555), (os.listdir(self.in_replica('d')), self.mode('d')))

    def test_times_of_directories_come_of_what_is_done(self):
        self.given(folder({'d': folder({'n': 'x'}, mtime=THEN), 'e': folder({}, mtime=THEN)}, mtime=THEN),
                   folder({'d': folder({}, mtime=EARLIER), 'e': folder({}, mtime=EARLIER)}, mtime=EARLIER))
        self.run_with('--omit-dir-times')
        self.assertNotIn(os.stat(self.in_replica('d')).st_mtime_ns, (THEN, EARLIER))
        self.assertEqual(EARLIER, os.stat(self.in_replica('e')).st_mtime_ns)

    def test_a_directory_of_others_needs_no_time_then(self):
        self.given({'d': {'new': 'x'}}, {'d': folder({}, mode=0o777)})
        trees.give_to(USER, self.replica)
        os.chown(self.in_replica('d'), OTHER, OTHER)
        self.live_as(USER)
        self.run_with('--omit-dir-times', '--no-perms', also=['--atomic'], uid=USER)
        self.assertEqual(b'x', self.content('d', 'new'))

    def test_what_others_put_there_does_not_say_who_reads_what_is_written_anew(self):
        for options, expected in ((['--no-perms'], (0, 0, 0o600)),
                                  (['--no-owner'], (0, 0, 0o600)),
                                  (['--no-owner', '--no-group'], (0, 0, 0o600)),
                                  (['--no-perms', '--no-owner'], (0, 0, 0o600))):
            with self.subTest(options=options):
                self.given({'key': file('new', mode=0o600)},
                           {'key': file('x', mode=0o666, owner=(OTHER, OTHER))})
                self.run_with(*options)
                self.assertEqual((b'new', expected), (self.content('key'), self.metadata('key')))
                trees.remove(self.source)
                trees.remove(self.replica)

    def test_what_others_can_exchange_lets_nobody_in(self):
        # Each: the folders above (mode, owner), what is there (mode, group), and what becomes of it.
        safe, his, open_to_all, sticky = (0o755, 0), (0o755, OTHER), (0o777, 0), (0o1777, 0)
        for above, there, expected in (((safe, safe), (0o644, 0), (0, 0, 0o644)),
                                       ((safe, sticky), (0o644, 0), (0, 0, 0o644)),
                                       ((safe, his), (0o644, 0), (0, 0, 0o600)),
                                       ((his, safe), (0o644, 0), (0, 0, 0o600)),
                                       ((safe, open_to_all), (0o4755, 0), (0, 0, 0o600)),
                                       ((safe, his), (0o600, 0), (0, 0, 0o600)),
                                       ((safe, his), (0o660, GROUP), (0, GROUP, 0o600))):
            with self.subTest(above=above, there=there):
                mode, group = there
                self.given({'a': {'b': {'key': file('new', mode=0o640)}}},
                           {'a': {'b': {'key': file('x', mode=mode, owner=(0, group))}}})
                if expected[2] == 0o600 and mode != 0o660:
                    os.chmod(self.in_source('a', 'b', 'key'), 0o600)
                for folder_above, (mode, owner) in zip((('a',), ('a', 'b')), above):
                    os.chown(self.in_replica(*folder_above), owner, owner)
                    os.chmod(self.in_replica(*folder_above), mode)
                self.run_with('--no-perms', '--no-owner', '--no-group')
                self.assertEqual((b'new', expected), (self.content('a', 'b', 'key'),
                                                      self.metadata('a', 'b', 'key')))
                trees.remove(self.source)
                trees.remove(self.replica)

    @with_acls
    def test_what_others_can_exchange_leaves_no_acl(self):
        self.given({'d': {'f': file('new', mode=0o640)}}, {'d': {'f': file('x', mode=0o640)}})
        os.setxattr(self.in_replica('d', 'f'), ACCESS, trees.access_acl(OTHER, 4))
        os.chown(self.in_replica('d'), OTHER, OTHER)
        self.run_with('--no-perms', '--no-owner')
        self.assertNotIn(ACCESS, os.listxattr(self.in_replica('d', 'f')))

    @with_acls
    def test_what_others_put_there_leaves_no_acl(self):
        self.given({'f': file('new', mode=0o600), 'p': fifo(mode=0o600)},
                   {'f': file('x', owner=(OTHER, OTHER)), 'p': file('x', owner=(OTHER, OTHER))})
        for name in 'fp':
            os.setxattr(self.in_replica(name), ACCESS, trees.access_acl(OTHER, 4))
        self.run_with('--no-perms')
        for name in 'fp':
            self.assertNotIn(ACCESS, os.listxattr(self.in_replica(name)))
            self.assertEqual((0, 0, 0o600), self.metadata(name))

    def acl_of(self, name, root=None):
        """What each kind of entry of a file's ACL may do, by its tag."""
        data = os.getxattr(os.path.join(root or self.replica, name), ACCESS)[4:]
        return {tag: may for tag, may, _ in struct.iter_unpack('<HHI', data)}

    @with_acls
    def test_an_acl_goes_with_its_mode(self):
        self.given({'f': file('x', mtime=THEN), 'g': 'new', 'n': 'n'},
                   {'f': file('x', mtime=EARLIER), 'g': 'older'})
        for path in (self.in_source('f'), self.in_source('n')):
            os.setxattr(path, ACCESS, trees.access_acl(USER, 6))
        os.setxattr(self.in_replica('g'), ACCESS, trees.access_acl(OTHER, 4))
        self.run_with('--no-perms')
        self.assertEqual(trees.access_acl(OTHER, 4), os.getxattr(self.in_replica('g'), ACCESS))
        self.assertNotIn(ACCESS, os.listxattr(self.in_replica('f')))
        # Of what is new the mode would say more without: its group bits are the mask.
        permissions = self.acl_of('n')
        self.assertEqual(6, permissions[2])
        self.assertEqual(self.acl_of('n', self.source)[4], permissions[4])
        self.assertEqual(7 & ~(UMASK >> 3), permissions[16])
        self.run_with('--chmod', 'g=')
        self.assertEqual(0, self.mode('n') & 0o070)
        self.assertIn(ACCESS, os.listxattr(self.in_replica('n')))

    def test_an_undo_brings_back_whole_what_was_replaced(self):
        # Else who put something there since would say who reads what others were kept from.
        self.given({'f': file('new', mode=0o644), 'dated': file('x', mtime=THEN),
                    'program': file('new', mode=0o755), 'd': {}},
                   {'f': file('older', mode=0o640, owner=(USER, GROUP)),
                    'dated': file('x', mode=0o604, mtime=EARLIER),
                    'program': file('older', mode=0o6755),
                    'gone': file('g', mode=0o604, owner=(OTHER, OTHER)), 'd': {'x': 'x'}})
        self.run_with(*self.ALL, also=['--backup-dir', self.at('backups')])
        for name in ('f', 'dated'):
            os.chown(self.in_replica(name), OTHER, GROUP)
            os.chmod(self.in_replica(name), 0o606)
        self.undo()
        self.assertEqual((b'older', (USER, GROUP, 0o640)), (self.content('f'), self.metadata('f')))
        self.assertEqual((b'older', 0o6755), (self.content('program'), self.mode('program')))
        self.assertEqual((OTHER, OTHER, 0o604), self.metadata('gone'))
        # What stays keeps what it has by now.
        self.assertEqual(EARLIER, os.stat(self.in_replica('dated')).st_mtime_ns)
        self.assertEqual((OTHER, GROUP, 0o606), self.metadata('dated'))


@as_root
class LinksTest(FieldsTest):
    """One more name of a file has what the file has, and the plan says so."""

    def apply_twice(self, *options, **others):
        plan = self.plan_file(*options, '--adopt', **others)
        report = self.at('report')
        self.execute('apply', plan, '--backup-dir', self.at('backups'), expect=DONE, **others)
        with open(plan, encoding='utf-8') as document:
            for action in parse_plan(document.read())['actions']:
                if action['op'] == 'link':
                    status = os.lstat(self.in_replica(action['path']))
                    has = {'mode': f'{stat.S_IMODE(status.st_mode):04o}', 'uid': status.st_uid,
                           'gid': status.st_gid}
                    said = {field: action['after'][field] for field in has if field in action['after']}
                    self.assertEqual(said, {field: has[field] for field in said}, action)
        self.execute('apply', plan, '--report', report, expect=DONE, **others)
        with open(report, encoding='utf-8') as lines:
            outcomes = [json.loads(line).get('outcome') for line in lines]
        self.assertEqual({'already'}, set(outcomes) - {None})

    def group_trees(self):
        self.given({'a': file('x', mode=0o644, mtime=THEN, owner=(0, 0)), 'b': same_inode_as('a'),
                    'c': same_inode_as('a'), 'e': file('x', mode=0o664, mtime=THEN, owner=(0, GROUP)),
                    'g': same_inode_as('e')},
                   {'a': file('x', mode=0o640, mtime=THEN, owner=(USER, GROUP)),
                    'b': file('older', mode=0o600, owner=(0, 3000)),
                    'e': file('x', mode=0o604, mtime=THEN, owner=(OTHER, 3000)),
                    'g': same_inode_as('e'), 'out': same_inode_as('e')})

    def test_a_document_applied_twice_has_nothing_to_do(self):
        for options in COMBINATIONS:
            with self.subTest(options=options):
                self.group_trees()
                subprocess.run(['cp', '-a', self.replica, self.at('before')], check=True)
                self.apply_twice(*options, umask=UMASK)
                self.assertEqual([], self.operations(*options, umask=UMASK))
                self.undo(umask=UMASK)
                if '--omit-dir-times' not in options:
                    self.assertEqual([], compare.differences(self.at('before'), self.replica))
                for folder_there in (self.source, self.replica, self.at('backups'), self.at('before')):
                    trees.remove(folder_there)

    def test_a_name_that_leaves_one_group_for_another_has_left_it_once(self):
        self.given({'a': file('x', mtime=THEN), 'b': same_inode_as('a'),
                    'c': file('x', mtime=THEN), 'd': same_inode_as('c')},
                   {'a': file('x', mtime=THEN), 'b': same_inode_as('a'), 'c': same_inode_as('a')})
        self.apply_twice()
        self.assert_mirrored()

    def test_a_link_is_made_to_no_other_content_where_owners_do_not_tell(self):
        self.given({'a': file('x', mtime=THEN), 'b': same_inode_as('a')}, {'a': file('x', mtime=THEN)})
        plan = self.plan_file('--no-owner')
        os.unlink(self.in_replica('a'))
        trees.write(self.in_replica('a'), 'y', THEN)
        os.chown(self.in_replica('a'), OTHER, 0)
        self.execute('apply', plan, expect=STALE)
        self.assertFalse(os.path.exists(self.in_replica('b')))


@as_root
class OthersPlanTest(FieldsTest):
    def test_a_plan_that_others_can_write_gives_no_rights_of_its_own(self):
        self.given({'a': file('x', mode=0o600)})
        plan = self.plan_file('--chmod', 'F4777')
        os.chmod(plan, 0o622)
        self.sync('apply', plan, expect=REFUSED)
        self.assertFalse(os.path.exists(self.replica))
        os.chmod(plan, 0o600)
        self.sync('apply', plan)
        self.assertEqual(0o4777, self.mode('a'))
        plain = self.plan_file('--new-replica')
        os.chmod(plain, 0o622)
        self.sync('apply', plain)


class RightsTest(FieldsTest):
    def test_set_id_bits_go_to_nobody_else(self):
        self.given({'u': file('x', mode=0o4755, owner=(USER, GROUP)),
                    'g': file('x', mode=0o2755, owner=(USER, GROUP))},
                   {'u': file('o', mode=0o4755, owner=(OTHER, GROUP))})
        for options in (('--no-owner', '--no-group'), ('--chown', f'{OTHER}:{OTHER}'),
                        ('--chown', f'{OTHER}:{OTHER}', '--chmod', 'ug+s'),
                        ('--no-owner', '--no-group', '--no-perms')):
            with self.subTest(options=options):
                self.run_with(*options)
                for name in 'ug':
                    self.assertEqual(0, self.mode(name) & 0o6000)
        self.run_with('--chmod', 'u+s')
        self.assertEqual((USER, GROUP, 0o4755), self.metadata('u'))

    def test_nobody_gives_set_id_bits_to_files_of_others(self):
        self.given({'sh': file('new', mode=0o755)})
        for owner in ((OTHER, 0), (OTHER, OTHER), (0, OTHER)):
            with self.subTest(owner=owner):
                trees.build(self.replica, {'sh': file('older', mode=0o6755, owner=owner)})
                self.run_with('--no-perms')
                self.assertEqual((0, 0), self.metadata('sh')[:2])
                self.assertEqual(0, self.mode('sh') & (0o4000 if owner[0] else 0o2000))
                trees.remove(self.replica)

    def test_another_group_gets_no_more_than_everybody(self):
        self.given({'f': file('x', mode=0o660, owner=(USER, GROUP))}, {})
        self.run_with('--no-group')
        self.assertEqual((USER, 0, 0o600), self.metadata('f'))
        self.run_with('--no-group', '--chmod', 'Fg=rw')
        self.assertEqual((USER, 0, 0o660), self.metadata('f'))
        self.run_with('--chown', ':3000')
        self.assertEqual((USER, 3000, 0o660), self.metadata('f'))

    def test_a_file_that_changes_hands_is_written_anew(self):
        self.given({'f': file('x', mtime=THEN)}, {'f': file('x', mtime=THEN, owner=(OTHER, OTHER))})
        inode = trees.inode(self.in_replica('f'))
        self.run_with('--chown', f'{USER}:{GROUP}')
        self.assertNotEqual(inode, trees.inode(self.in_replica('f')))
        self.assertEqual((USER, GROUP), self.metadata('f')[:2])


class UsageTest(FieldsTest):
    def test_what_is_no_mode_or_owner_is_told(self):
        self.given({}, {})
        for options, expected in ((('--chmod', 'u+q'), "found 'u+q'"), (('--chmod', ''), 'chmod'),
                                  (('--chown', 'nobody at all'), "found 'nobody at all'"),
                                  (('--chown', ':'), 'by name or number'),
                                  (('--chown', '1:2', '--no-owner'), '--no-owner'),
                                  (('--chown', ':2', '--no-group'), '--no-group')):
            with self.subTest(options=options):
                self.assertIn(expected, self.sync('run', *options, expect=USAGE).err)

    def test_names_are_looked_up_and_stand_as_numbers(self):
        self.given({}, {})
        self.assertEqual('0:0', self.plan('--chown', 'root:root')['options']['chown'])
        self.assertEqual('0', self.plan('--chown', 'root:')['options']['chown'])

    def test_a_document_depends_on_no_umask(self):
        self.given({'f': 'x'}, {})
        self.assertEqual('u+w,Dg+x', self.plan('--chmod', '+w,Dg+x', umask=0o022)['options']['chmod'])

    def test_a_reader_takes_only_what_depends_on_no_umask(self):
        self.given({'f': 'x'}, {})
        plan = self.plan_file('--chmod', 'u+w', '--chown', '7:7')
        with open(plan, encoding='utf-8') as document:
            text = document.read()
        for old, new in (('"u+w"', '"+w"'), ('"u+w"', '"u+q"'), ('"7:7"', '"7:"'), ('"7:7"', '"07:7"')):
            with self.subTest(new=new):
                self.assertIn(old, text)
                self.execute('apply', '-', input=text.replace(old, new), expect=BAD_PLAN)


if __name__ == '__main__':
    unittest.main()
