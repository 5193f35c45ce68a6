"""All or nothing, where what lies in the replica is not ours to change, or not to change back."""
import contextlib
import os
import shutil
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.program import (DONE, PARTIAL, REFUSED, ProgramTest, as_root, with_acls,
                                   with_mounts)
from tests.support.trees import SECOND, file, folder, symlink

USER, OTHER = 1001, 1002
THEN = 1_000_000_000 * SECOND


class ForeignPlacesTest(ProgramTest):
    def given_to_user(self, source, replica):
        self.given(source, replica)
        trees.give_to(USER, self.replica)
        self.live_as(USER, self.replica)

    def give(self, uid, *names, mode=None):
        path = self.in_replica(*names)
        os.lchown(path, uid, uid)
        if mode is not None:
            os.chmod(path, mode)

    def flag(self, letter, *names):
        path = self.in_replica(*names)
        if subprocess.run(['chattr', f'+{letter}', path], capture_output=True, check=False).returncode:
            self.skipTest('chattr does not work here')
        self.addCleanup(subprocess.run, ['chattr', f'-{letter}', path], check=False)

    def refused(self, path, why, *options, uid=USER):
        """It is, with nothing touched, by a dry run too; and nothing is left to recover."""
        for also in ((), ('--dry-run',)):
            with self.untouched(self.replica):
                result = self.sync('run', '--atomic', *also, *options, uid=uid, expect=REFUSED)
            self.assertIn(f"'{path}': refused, nothing was changed", result.err)
            self.assertIn(why, result.err)
            self.assertIn('--exclude', result.err)
        self.assertIn('nothing to recover',
                      self.execute('recover', '-r', self.replica, '--rollback', uid=uid,
                                   expect=DONE).out)


@as_root
class DirectoriesTest(ForeignPlacesTest):
    def test_a_directory_whose_time_cannot_be_set_is_refused_before_the_start(self):
        for mode in (0o777, 0o1777):
            with self.subTest(mode=oct(mode)):
                self.given_to_user({'d': {'new': 'x'}}, {'d': {}})
                self.give(OTHER, 'd', mode=mode)
                self.refused('d', f'it belongs to user {OTHER}')
                self.sync('run', '--atomic', '--exclude', 'd', uid=USER)
                self.sync('run', uid=USER, expect=PARTIAL)
                self.assertEqual(b'x', self.content('d', 'new'))
                trees.remove(self.source)
                trees.remove(self.replica)

    def test_one_in_which_no_entries_can_be_made_is_refused(self):
        self.given_to_user({'d': {'e': {'new': 'x'}}}, {'d': {'e': {}}})
        self.give(OTHER, 'd', 'e', mode=0o755)
        self.refused('d/e', 'entries of this directory')

    def test_a_closed_directory_of_ones_own_is_not(self):
        self.given_to_user({'d': folder({'new': 'x'}, mode=0o555)},
                           {'d': folder({'old': 'x'}, mode=0o555)})
        self.sync('run', '--atomic', uid=USER)
        self.assertEqual(['new'], os.listdir(self.in_replica('d')))

    def test_a_directory_of_others_that_stays_as_it_is_hinders_nothing(self):
        self.given_to_user({'d': folder({'x': file('x', mtime=THEN)}, mtime=THEN, mode=0o755,
                                        owner=(OTHER, OTHER)), 'new': 'x'},
                           {'d': folder({'x': file('x', mtime=THEN)}, mtime=THEN, mode=0o755)})
        self.give(OTHER, 'd')
        self.sync('run', '--atomic', uid=USER)
        self.assertEqual(b'x', self.content('new'))

    @with_acls
    def test_a_right_given_by_an_acl_is_a_right_to_make_and_not_to_set_times(self):
        self.given_to_user({'d': {'new': 'x'}}, {'d': {}})
        self.give(OTHER, 'd', mode=0o755)
        os.setxattr(self.in_replica('d'), 'system.posix_acl_access', trees.access_acl(USER, 7))
        self.refused('d', 'time of this directory')

    def test_in_a_sticky_directory_what_belongs_to_others_stays(self):
        self.given_to_user({'d': folder({'f': 'new'}, mtime=THEN)}, {'d': {'f': 'old'}})
        self.give(OTHER, 'd', mode=0o1777)
        self.give(OTHER, 'd', 'f')
        self.refused('d/f', 'which is sticky')

    def test_flags_are_heeded_by_root_too(self):
        for letter, given, path in (('a', {'d': {'old': 'x'}}, 'd'), ('i', {'d': {'old': 'x'}}, 'd'),
                                    ('i', {'d': {'f': 'old'}}, 'd/f'),
                                    ('a', {'d': {'f': 'old'}}, 'd/f')):
            with self.subTest(letter=letter, path=path):
                self.given({'d': {'f': 'newer'}}, given)
                self.flag(letter, *path.split('/'))
                self.refused(path, '', uid=0)
                subprocess.run(['chattr', f'-{letter}', self.in_replica(path)], check=False)
                trees.remove(self.source)
                trees.remove(self.replica)

    @with_mounts
    def test_a_mount_that_is_read_only_is_refused(self):
        self.given({'d': {'new': 'x'}}, {'d': {}})
        self.mount_tmpfs(self.in_replica('d'), 'ro,size=1m')
        self.refused('d', 'Read-only', '--cross-mounts', uid=0)

    def test_metadata_of_a_file_of_others_is_refused(self):
        self.given_to_user({'f': file('x', mtime=THEN), 'l': symlink('a', mtime=THEN)},
                           {'f': 'x', 'l': symlink('a')})
        self.give(OTHER, 'f')
        self.refused('f', f'it belongs to user {OTHER}')
        self.give(USER, 'f')
        self.give(OTHER, 'l')
        self.refused('l', f'it belongs to user {OTHER}')

    def test_who_may_change_it_is_asked_without_a_write(self):
        self.given({'d': folder({'f': file('x', mtime=THEN), 'new': 'x'}, mtime=THEN)},
                   {'d': folder({'f': 'x'})})
        self.give(OTHER, 'd', mode=0o1777)
        self.give(OTHER, 'd', 'f')
        watched = [self.in_replica('d'), self.in_replica('d', 'f')]
        before = [os.stat(path).st_ctime_ns for path in watched]
        self.sync('run', '--atomic', '--dry-run')
        self.assertEqual(before, [os.stat(path).st_ctime_ns for path in watched])
        self.sync('run', '--atomic')
        self.assertEqual(b'x', self.content('d', 'new'))

    def test_root_without_the_right_of_owners_is_refused(self):
        if not shutil.which('setpriv'):
            self.skipTest('no setpriv here')
        without = ('setpriv', '--bounding-set', '-fowner', '--inh-caps', '-fowner')
        self.given({'d': folder(mtime=THEN)}, {'d': {}})
        self.give(OTHER, 'd')
        with self.untouched(self.replica):
            result = self.sync('run', '--atomic', wrapper=without, expect=REFUSED)
        self.assertIn(f'it belongs to user {OTHER}', result.err)

    @with_mounts
    def test_metadata_on_a_mount_that_is_read_only_is_refused(self):
        self.given({'d': {'f': file('x', mtime=THEN)}}, {'d': {'f': 'x'}})
        self.mount_tmpfs(self.in_replica('d'), 'size=1m')
        trees.write(self.in_replica('d', 'f'), 'x')
        trees.set_mtime(self.in_replica('d'), os.stat(self.in_source('d')).st_mtime_ns)
        subprocess.run(['mount', '-o', 'remount,ro', self.in_replica('d')], check=True)
        self.refused('d/f', 'mounted read-only', '--cross-mounts', uid=0)

    def test_a_file_of_others_in_ones_own_directory_is_written_anew(self):
        self.given_to_user({'f': 'new'}, {'f': 'older'})
        self.give(OTHER, 'f')
        self.sync('run', '--atomic', uid=USER)
        self.assertEqual(b'new', self.content('f'))
