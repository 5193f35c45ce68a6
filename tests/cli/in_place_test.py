"""Changes in place, where somebody else may have put another file, or have a name of this one."""
import copy
import os
import stat
import unittest

from tests.support import sealed_plan, trees
from tests.support.program import DONE, STALE, ProgramTest, as_root, with_xattrs
from tests.support.trees import SECOND, file, folder

THEN = 1_000_000_000 * SECOND
SOMEBODY = 1001
CAPABILITY = bytes.fromhex('0100000200040000000000000000000000000000')


class RightsTest(ProgramTest):
    """Rights to run as somebody else come with a new file only."""
    in_memory = True
    pairs = 0

    def pair(self, source, replica):
        """Two trees of their own."""
        self.pairs += 1
        self.source, self.replica = self.at(f's{self.pairs}'), self.at(f'r{self.pairs}')
        self.given(source, replica)

    def renewed(self, path, *options):
        before = trees.inode(self.in_replica(path))
        self.mirror(*options)
        return trees.inode(self.in_replica(path)) != before

    def test_set_id_bits_on_either_side_make_a_change_of_metadata_a_new_file(self):
        for name, source, replica in (('given', 0o4755, 0o755), ('taken', 0o755, 0o2755),
                                      ('kept', 0o4755, 0o4750)):
            with self.subTest(name):
                self.pair(folder({name: file('x', mode=source, mtime=THEN)}),
                          folder({name: file('x', mode=replica, mtime=THEN)}))
                self.assertEqual([('update', name)], self.operations())
                self.assertTrue(self.renewed(name))

    def test_directories_get_and_lose_the_bit_where_they_are(self):
        self.given({'d': folder({}, mode=0o2755)}, {'d': folder({}, mode=0o755)})
        self.assertFalse(self.renewed('d'))

    @as_root
    @with_xattrs
    def test_a_capability_on_either_side_makes_it_a_new_file_too(self):
        able = {'security.capability': CAPABILITY}
        for name, source, replica in (('given', able, {}), ('taken', {}, able)):
            with self.subTest(name):
                self.pair(folder({name: file('x', mtime=THEN, xattrs=source)}),
                          folder({name: file('x', mtime=THEN, xattrs=replica)}))
                self.assertEqual([('update', name)], self.operations('--xattrs'))
                self.assertTrue(self.renewed(name, '--xattrs'))

    @as_root
    @with_xattrs
    def test_what_a_change_of_owner_would_take_away_is_written_anew(self):
        self.given(folder({'a': file('x', mtime=THEN, owner=(0, SOMEBODY),
                                     xattrs={'security.capability': CAPABILITY})}),
                   folder({'a': file('x', mtime=THEN, owner=(0, 0),
                                     xattrs={'security.capability': CAPABILITY})}))
        self.assertTrue(self.renewed('a'))
        self.assertEqual(CAPABILITY, os.getxattr(self.in_replica('a'), 'security.capability'))

    def test_the_undo_of_it_has_the_old_file(self):
        self.given(folder({'a': file('x', mode=0o755, mtime=THEN)}),
                   folder({'a': file('x', mode=0o4755, mtime=THEN)}))
        backups = self.at('backups')
        self.sync('run', '--backup-dir', backups)
        undo = os.path.join(backups, os.listdir(backups)[0], 'undo.json')
        self.execute('apply', undo, expect=DONE)
        self.assertEqual(0o4755, stat.S_IMODE(os.lstat(self.in_replica('a')).st_mode))


class ForgedInPlaceTest(ProgramTest):
    in_memory = True

    def forged(self, change, *options):
        plan = copy.deepcopy(self.plan(*options))
        for action in plan['actions']:
            change(action)
        return plan

    def apply(self, plan, expect):
        return self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                            input=sealed_plan.seal(plan), expect=expect)

    @staticmethod
    def as_metadata(action):
        if action['op'] == 'update':
            action['op'] = 'metadata'
            for side in ('before', 'after'):
                action[side].pop('links', None)

    def test_metadata_that_gives_rights_is_applied_as_an_update(self):
        self.given(folder({'a': file('x', mode=0o4755, mtime=THEN)}),
                   folder({'a': file('x', mode=0o755, mtime=THEN)}))
        inode = trees.inode(self.in_replica('a'))
        self.apply(self.forged(self.as_metadata), DONE)
        self.assert_mirrored()
        self.assertNotEqual(inode, trees.inode(self.in_replica('a')))

    @as_root
    def test_a_file_of_somebody_elses_does_not_become_roots_where_it_is(self):
        self.given(folder({'a': file('right', mtime=THEN, owner=(0, 0))}),
                   folder({'a': file('wrong', mtime=THEN, owner=(SOMEBODY, SOMEBODY))}))
        self.apply(self.forged(self.as_metadata), DONE)
        self.assertEqual(b'right', self.content('a'))
        self.assert_mirrored()

    def test_names_outside_are_counted_whatever_the_plan_says_of_them(self):
        for claimed in (None, 2, 9):
            with self.subTest(links=claimed):
                self.source, self.replica = self.at(f's{claimed}'), self.at(f'r{claimed}')
                outside = self.at(f'outside{claimed}')
                self.given(folder({'a': file('x', mode=0o666, mtime=THEN)}),
                           folder({'a': file('x', mode=0o600, mtime=THEN)}))
                os.link(self.in_replica('a'), outside)
                plan = self.forged(self.as_metadata)
                if claimed is not None:
                    plan['actions'][0]['before']['links'] = claimed
                self.assertEqual('metadata', plan['actions'][0]['op'])
                self.apply(plan, STALE)
                self.assertEqual(0o600, stat.S_IMODE(os.stat(outside).st_mode))

    def test_names_inside_are_counted_too(self):
        self.given(folder({'a': file('x', mode=0o640, mtime=THEN)}),
                   folder({'a': file('x', mode=0o600, mtime=THEN)}))
        for root in (self.source, self.replica):
            os.link(os.path.join(root, 'a'), os.path.join(root, 'b'))
        self.assertEqual([('metadata', 'a')], self.operations())
        inode = trees.inode(self.in_replica('a'))
        self.apply(self.plan(), DONE)
        self.assertEqual(inode, trees.inode(self.in_replica('b')))
        self.assert_mirrored()

    @as_root
    def test_a_plan_that_leaves_owners_alone_makes_nothing_of_others_the_callers_own(self):
        mine = (SOMEBODY, SOMEBODY)
        self.given(folder({'new': file('x', mode=0o4755, owner=mine),
                           'd': folder({'actions': file('x', owner=mine)}, owner=mine)}),
                   {})

        def without_owners(action):
            for side in ('before', 'after'):
                for field in ('uid', 'gid'):
                    (action[side] or {}).pop(field, None)

        plan = self.forged(without_owners)
        plan['options']['owners'] = False
        self.apply(plan, DONE)
        for path in ('new', 'd', 'd/actions'):
            status = os.lstat(self.in_replica(path))
            self.assertEqual(mine, (status.st_uid, status.st_gid), path)


if __name__ == '__main__':
    unittest.main()
