"""What says who may do what stays together: capabilities, and the ACL beside the mode."""
import os
import struct
import unittest

from tests.support import trees
from tests.support.program import DONE, NOBODY, ProgramTest, as_root, with_acls, with_xattrs
from tests.support.trees import SECOND, file, folder, same_inode_as

THEN = 1_000_000_000 * SECOND
CAPABILITY = 'security.capability'
ABLE = {CAPABILITY: bytes.fromhex('0100000200040000000000000000000000000000')}
ACCESS, DEFAULT = 'system.posix_acl_access', 'system.posix_acl_default'
USER, GROUP, NAMED, MASK, OTHER = 1, 4, 2, 16, 32


def acl(user, group, other, named=None):
    """The bytes of an ACL; `named`: what user 1001 may do, which the mask allows."""
    entries = [(USER, user, -1)]
    if named is not None:
        entries.append((NAMED, named, 1001))
    entries.append((GROUP, group, -1))
    if named is not None:
        entries.append((MASK, named | group, -1))
    entries.append((OTHER, other, -1))
    return struct.pack('<I', 2) + b''.join(
        struct.pack('<HHI', tag, bits, who & 0xffffffff) for tag, bits, who in entries)


def attributes(path):
    return {name: os.getxattr(path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False) if name != 'security.selinux'}


class RightsTest(ProgramTest):
    in_memory = True

    def assert_exact_in_one_run(self, *options, owners=True):
        self.sync('run', *options)
        self.assert_mirrored(owners=owners)
        self.assertEqual(
            {path: attributes(self.in_source(path)) for path in self.replica_paths()},
            {path: attributes(self.in_replica(path)) for path in self.replica_paths()})
        self.assertEqual(attributes(self.source), attributes(self.replica))
        self.assertEqual([], self.operations())
        self.assertEqual([], self.operations('--xattrs'))


@as_root
@with_xattrs
class CapabilityTest(RightsTest):
    def test_a_change_of_metadata_gives_or_keeps_it(self):
        owners = {'as it is': (0, 0), 'owner': (1001, 0), 'group': (0, 1001)}
        for here in ({}, ABLE):
            for what, owner in owners.items():
                with self.subTest(what, here=bool(here)):
                    name = f'{what} {len(here)}'
                    self.source, self.replica = self.at('s ' + name), self.at('r ' + name)
                    self.given(folder({'a': file('x', mode=0o755, mtime=THEN, owner=owner,
                                                 xattrs=ABLE)}),
                               folder({'a': file('x', mode=0o700, mtime=THEN, xattrs=here)}))
                    self.assert_exact_in_one_run()

    def test_what_was_left_out_is_not_taken_for_compared(self):
        self.given(folder({'a': file('x', mode=0o755, mtime=THEN, xattrs=ABLE), 'b': 'x'}),
                   folder({'a': file('x', mode=0o755, mtime=THEN)}))
        self.sync('run', '--exclude', 'a')
        self.assert_exact_in_one_run()

    def test_what_an_earlier_version_lost_is_found_once(self):
        self.given(folder({name: file('x', mode=0o755, mtime=THEN, xattrs=ABLE)
                           for name in ('a', 'b')}))
        trees.build(self.replica, folder({name: file('x', mode=0o755, mtime=THEN)
                                          for name in ('a', 'b')}))
        self.assert_exact_in_one_run()
        # From now on it is asked for only with the attributes.
        os.removexattr(self.in_replica('a'), CAPABILITY)
        self.assertEqual([], self.operations())
        self.assertEqual([('update', 'a')], self.operations('--xattrs'))

    def test_it_goes_from_what_the_source_has_without(self):
        self.given(folder({'a': file('x', mode=0o755, mtime=THEN)}),
                   folder({'a': file('x', mode=0o755, mtime=THEN + 1, xattrs=ABLE)}))
        self.assert_exact_in_one_run()

    def test_it_outlives_a_move_to_another_owner(self):
        self.given(folder({'d': {'b': file('x' * 99, mtime=THEN, owner=(0, 1001), xattrs=ABLE)}}),
                   folder({'a': file('x' * 99, mtime=THEN, xattrs=ABLE), 'd': {}}))
        self.assert_exact_in_one_run()

    def test_it_outlives_a_change_of_a_group_of_links(self):
        self.given(folder({'a': file('x', mtime=THEN, owner=(0, 1001), xattrs=ABLE),
                           'b': same_inode_as('a')}),
                   folder({'a': file('x', mtime=THEN, xattrs=ABLE), 'b': same_inode_as('a')}))
        self.assert_exact_in_one_run()


@with_acls
class AclTest(RightsTest):
    MORE, LESS = acl(6, 4, 4, named=6), acl(6, 4, 4, named=4)

    def test_it_comes_with_the_mode_and_goes_with_it(self):
        kept = {'user.note': b'n'} if trees.xattrs_possible() else {}
        self.given(folder({'given': file('x', mtime=THEN, xattrs={ACCESS: self.MORE, **kept}),
                           'revoked': file('x', mode=0o640, mtime=THEN, xattrs=kept),
                           'other': file('x', mtime=THEN, xattrs={ACCESS: self.MORE, **kept})}),
                   folder({'given': file('x', mode=0o644, mtime=THEN, xattrs=kept),
                           'revoked': file('x', mtime=THEN, xattrs={ACCESS: self.MORE, **kept}),
                           'other': file('x', mtime=THEN, xattrs={ACCESS: self.LESS, **kept})}))
        self.assertEqual([('metadata', name) for name in ('given', 'other', 'revoked')],
                         self.operations())
        inodes = {name: trees.inode(self.in_replica(name)) for name in self.replica_paths()}
        self.assert_exact_in_one_run()
        self.assertEqual(inodes, {name: trees.inode(self.in_replica(name)) for name in inodes})

    def test_attributes_of_other_kinds_stay_as_they_are(self):
        self.given(folder({'a': file('x', mtime=THEN, xattrs={ACCESS: self.MORE})}),
                   folder({'a': file('x', mtime=THEN, xattrs={'user.own': b'o'})}))
        self.sync('run')
        self.assertEqual({'user.own': b'o', ACCESS: self.MORE}, attributes(self.in_replica('a')))

    def test_directories_and_the_root_have_theirs_of_both_kinds(self):
        both = {ACCESS: acl(7, 5, 5, named=7), DEFAULT: acl(7, 5, 0, named=7)}
        self.given(folder({'d': folder({'x': file('x', mtime=THEN)}, xattrs=both),
                           'e': folder({}, mode=0o750)}, xattrs=both),
                   folder({'d': folder({'x': file('x', mtime=THEN)}, mode=0o755),
                           'e': folder({}, xattrs=both)}, mode=0o755))
        self.assert_exact_in_one_run()

    def test_the_root_has_its_own_where_the_mode_tells_nothing(self):
        self.given(folder({'a': 'x'}, mode=0o755, xattrs={DEFAULT: acl(7, 5, 5, named=7)}),
                   folder({}, mode=0o755))
        self.assert_exact_in_one_run()

    @as_root
    def test_a_directory_that_changes_hands_does_not_keep_that_of_its_former_owner(self):
        left = {ACCESS: acl(7, 5, 5, named=5), DEFAULT: acl(7, 7, 7, named=7)}
        self.given(folder({'d': folder({}, mode=0o755)}),
                   folder({'d': folder({}, mode=0o755, owner=(1001, 1001), xattrs=left)}))
        self.assert_exact_in_one_run()

    def test_a_file_that_moves_has_that_of_its_new_mode(self):
        self.given(folder({'d': {'b': file('x' * 99, mtime=THEN, xattrs={ACCESS: self.MORE})}}),
                   folder({'a': file('x' * 99, mode=0o644, mtime=THEN), 'd': {}}))
        self.assertIn(('move', 'd/b'), self.operations())
        self.assert_exact_in_one_run()

    def test_the_undo_brings_the_old_one_back(self):
        dated = {ACCESS: self.LESS}
        self.given(folder({'a': file('x', mode=0o640, mtime=THEN),
                           'd': folder({}, mode=0o750), 'm': {'n': file('y' * 99, mode=0o600,
                                                                        mtime=THEN)}}),
                   folder({'a': file('x', mtime=THEN, xattrs=dated),
                           'd': folder({}, xattrs={DEFAULT: acl(7, 7, 0)}),
                           'm': {'o': file('y' * 99, mtime=THEN, xattrs=dated)}}))
        paths = ('a', 'd', 'm/o')
        before = {path: attributes(self.in_replica(path)) for path in paths}
        backups = self.at('backups')
        self.sync('run', '--backup-dir', backups)
        undo = os.path.join(backups, os.listdir(backups)[0], 'undo.json')
        self.execute('apply', undo, expect=DONE)
        self.assertEqual(before, {path: attributes(self.in_replica(path)) for path in paths})


if __name__ == '__main__':
    unittest.main()
