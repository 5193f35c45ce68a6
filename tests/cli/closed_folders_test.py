"""Directories whose own owner may not list, enter or change them, as a plain user."""
import os
import unittest

from tests.support import compare, trees
from tests.support.disks import DiskTest
from tests.support.program import FAILED, NOBODY, PARTIAL, REFUSED, as_root, with_mounts
from tests.support.trees import file, folder

CLOSED = (0o055, 0o300, 0o100, 0, 0o600, 0o400, 0o200, 0o500, 0o2500, 0o1300)
UNLISTED = (0o055, 0o300, 0o100, 0, 0o200)


def closed_folders(modes, content):
    return {f'd{mode:o}': folder(content, mode=mode) for mode in modes}


class PlainUserTest(DiskTest):
    def given_own(self, source, replica):
        self.given(source, replica)
        self.live_as(NOBODY, self.source, self.replica)

    def modes(self, root=None):
        return {os.fsdecode(path): entry.mode
                for path, entry in compare.listing(root or self.replica).items()
                if entry.kind == 'dir'}

    def mirror_as_nobody(self, *args):
        self.sync('run', *args, uid=NOBODY)
        self.assert_mirrored(owners=False)
        self.assert_quiet(*args, uid=NOBODY)


@as_root
class SourceTest(PlainUserTest):
    def assert_modes_are_exact(self):
        modes = self.modes(self.source)
        result = self.sync('run', uid=NOBODY, expect=PARTIAL)
        now = self.modes()
        self.assertEqual({path: modes[path] for path in now}, now)
        self.assertFalse({path for path in modes if '/sub' not in path} - now.keys())
        plan = self.plan(uid=NOBODY, expect=PARTIAL)
        self.assertEqual([], plan['actions'])
        with self.untouched():
            self.sync('run', uid=NOBODY, expect=PARTIAL)
        return result

    def given_closed(self, replica):
        self.given_own(closed_folders(CLOSED, {'f': 'x', 'sub': {'g': 'x'}}), replica)

    def test_a_first_run_gives_them_their_modes(self):
        self.given_closed({})
        self.assert_modes_are_exact()
        self.assertEqual(b'x', self.content('d500', 'sub', 'g'))

    def test_what_is_there_gets_the_modes_and_what_could_not_be_read_is_kept(self):
        self.given_closed({f'd{mode:o}': {'old': 'x'} for mode in UNLISTED})
        result = self.assert_modes_are_exact()
        self.assertRegex(result.out, r'finish d55/ \(mtime, mode\)')
        for mode in UNLISTED:
            self.assertEqual(b'x', self.content(f'd{mode:o}', 'old'))

    def test_many_at_once_on_a_disk(self):
        # So many that the file system is synced as a whole.
        self.disk(self.at('disk'), 'mkfs.ext4', '-q')
        self.source, self.replica = self.at('disk', 's'), self.at('disk', 'r')
        self.given_own({f'm{i}': folder(closed_folders(CLOSED, {'f': 'x'}), mode=0o700)
                        for i in range(40)}, {})
        self.assert_modes_are_exact()

    def test_a_disk_where_each_directory_is_synced(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q')
        self.source, self.replica = self.at('disk', 's'), self.at('disk', 'r')
        self.given_closed({})
        self.assert_modes_are_exact()


@as_root
class ReplicaTest(PlainUserTest):
    def given_closed_replica(self, modes=CLOSED):
        """Open in the source, and closed in the replica, with something to do in each."""
        below = {'same': file('x', mtime=5), 'changed': 'old', 'gone': {'x': 'x'},
                 'inner': folder({'f': 'old'}, mode=0o300)}
        self.given_own({f'd{mode:o}': {'same': file('x', mtime=5), 'changed': 'new!', 'new': 'n',
                                       'inner': {'f': 'new!'}} for mode in modes},
                       closed_folders(modes, below) |
                       {f'extra{mode:o}': folder({'y': {'z': 'x'}}, mode=mode) for mode in modes})

    def test_they_are_opened_up_and_mirrored(self):
        self.given_closed_replica()
        self.mirror_as_nobody()

    def test_a_plan_of_them_is_complete_and_closes_them_again(self):
        self.given_closed_replica()
        modes, times = self.modes(), {path: entry.mtime_ns for path, entry
                                      in compare.listing(self.replica).items()}
        plan = self.plan_text(uid=NOBODY)
        self.assertEqual(modes, self.modes())
        self.assertEqual(times, {path: entry.mtime_ns for path, entry
                                 in compare.listing(self.replica).items()})
        self.execute('apply', '-', input=plan, uid=NOBODY, expect=0)
        self.assert_mirrored(owners=False)

    def test_an_atomic_run_mirrors_them(self):
        self.given_closed_replica()
        self.sync('run', '--atomic', uid=NOBODY)
        self.assert_mirrored(owners=False)
        self.assert_quiet(uid=NOBODY)

    def test_a_backup_of_them_can_be_taken_back(self):
        self.given_closed_replica()
        before = compare.listing(self.replica)
        backups = self.at('backups')
        os.mkdir(backups)
        os.chown(backups, NOBODY, NOBODY)
        self.sync('run', '--backup-dir', backups, uid=NOBODY)
        undo = os.path.join(backups, os.listdir(backups)[0], 'undo.json')
        self.execute('apply', undo, uid=NOBODY, expect=0)
        after = compare.listing(self.replica)
        self.assertEqual({path: entry.fields() for path, entry in before.items()},
                         {path: entry.fields() for path, entry in after.items()})

    def test_those_that_stay_get_their_mode_back(self):
        self.given_own({'a': 'x'}, {'kept': folder({'keep': folder({'x': 'x'}, mode=0o100),
                                                    'b': 'x'}, mode=0o300)})
        self.sync('run', '--exclude', 'keep', uid=NOBODY)
        self.assertEqual(['a', 'kept', 'kept/keep', 'kept/keep/x'], self.replica_paths())
        self.assertEqual((0o300, 0o100), (self.modes()['kept'], self.modes()['kept/keep']))

    def test_a_mode_that_is_right_when_it_is_opened_up_stays(self):
        self.given_own({'d': folder({'f': file('x', mode=0o644, mtime=7)}, mode=0o700, mtime=5)},
                       {'d': folder({'f': file('x', mode=0o600, mtime=7)}, mode=0o300, mtime=5)})
        self.mirror_as_nobody()

    def test_they_move_with_all_that_they_hold(self):
        deep = {'a': 'x' * 500, 'inner': folder({'b': 'y' * 500}, mode=0o500)}
        self.given_own({'new': {'d': folder(deep, mode=0o500)}},
                       {'old': folder({'d': folder(deep, mode=0o300)}, mode=0o100)})
        for name in ('a', 'inner/b'):
            trees.set_mtime(self.in_source('new', 'd', name), 5)
            trees.set_mtime(self.in_replica('old', 'd', name), 5)
        self.assertIn(('move', 'new/d/inner'), self.operations(uid=NOBODY))
        self.mirror_as_nobody()

    def test_one_that_is_closed_inside_of_what_moves(self):
        for mode, option in ((0, ()), (0o400, ('--atomic',)), (0o300, ('--no-perms',))):
            with self.subTest(f'{mode:o}', option=option):
                trees.remove(self.source)
                trees.remove(self.replica)
                files = {f'f{i}': file(f'{i}' * 500, mtime=i) for i in range(3)}
                self.given_own({'new': files | {'sub': files}},
                               {'old': files | {'sub': folder(files, mode=mode)}})
                self.assertIn(('move', 'new/sub/f1'), self.operations(uid=NOBODY))
                self.sync('run', *option, uid=NOBODY)
                self.assert_quiet(*(each for each in option if each != '--atomic'), uid=NOBODY)
                self.assertEqual(b'1' * 500, self.content('new', 'sub', 'f1'))

    def test_a_set_group_id_of_a_group_of_others_is_not_lost(self):
        self.given_own({'d': {'x': 'x'}}, {'d': {'x': 'old'}})
        for path, code in ((self.in_replica('d'), PARTIAL), (self.replica, REFUSED)):
            with self.subTest(path):
                os.chown(path, NOBODY, 1234)
                os.chmod(path, 0o2000)
                self.sync('plan', uid=NOBODY, expect=code)
                self.assertEqual(0o2000, os.stat(path).st_mode & 0o7777)
                self.sync('run', uid=NOBODY, expect=code)

    def test_a_set_group_id_of_a_group_of_ones_own_comes_back(self):
        self.given_own({}, {})
        os.chmod(self.replica, 0o2000)
        self.sync('plan', uid=NOBODY)
        self.assertEqual(0o2000, os.stat(self.replica).st_mode & 0o7777)

    def test_files_that_may_not_be_read_are_compared_or_written_anew(self):
        self.given_own({'a': file('same', mtime=5), 'b': file('new!', mtime=5), 'n': {'c': 'move'}},
                       {'a': file('same', mtime=9, mode=0), 'b': file('old!', mtime=9, mode=0o200),
                        'c': file('move', mode=0o200)})
        trees.set_mtime(self.in_source('n', 'c'), 7)
        trees.set_mtime(self.in_replica('c'), 7)
        self.mirror_as_nobody('--xattrs')

    def test_a_closed_root(self):
        self.given_own({'a': 'x'}, {'b': {'c': 'x'}})
        self.mirror_as_nobody()
        for mode in (0o300, 0o100, 0, 0o400, 0o055):
            with self.subTest(f'{mode:o}'):
                trees.write(self.in_source('a'), f'{mode:o}')
                os.chmod(self.replica, mode)
                self.sync('plan', uid=NOBODY)
                self.assertEqual(mode, os.stat(self.replica).st_mode & 0o7777)
                self.mirror_as_nobody()

    def test_directories_of_others_stay_closed(self):
        self.given_own({'d': {'x': 'x'}}, {'d': folder({'x': 'old'}, mode=0o700)})
        os.chown(self.in_replica('d'), 0, 0)
        self.sync('run', uid=NOBODY, expect=PARTIAL)
        self.assertEqual(0o700, self.modes()['d'])

    def test_a_run_that_is_taken_back_closes_a_read_only_root(self):
        self.given_own({'a': 'x', 'b': 'y'}, folder({'b': {'x': 'x'}}, mode=0o555))
        os.chown(self.in_replica('b', 'x'), 0, 0)
        os.chown(self.in_replica('b'), 0, 0)
        self.sync('run', '--atomic', uid=NOBODY, expect=(FAILED, REFUSED))
        self.assertEqual(0o555, os.stat(self.replica).st_mode & 0o7777)

    @with_mounts
    def test_first_room_closes_what_it_opens_up(self):
        self.mount_tmpfs(self.replica, 'size=1m')
        self.given_own({'new': 'x', 'd': {}}, {'d': folder({
            name: 'x' * 348_000 for name in ('a', 'b', 'c')}, mode=0o500)})
        result = self.sync('run', '--delete-first', '--no-perms', uid=NOBODY)
        self.assertIn('too full even for', result.out + result.err)
        self.assertEqual(0o500, self.modes()['d'])
        self.assertEqual(['d', 'new'], self.replica_paths())


if __name__ == '__main__':
    unittest.main()
