"""Modes, times, owners, extended attributes and ACLs."""
import os
import stat
import unittest

from tests.support import trees
from tests.support.program import PARTIAL, ProgramTest, as_root, with_acls, with_mounts, with_xattrs
from tests.support.trees import SECOND, fifo, file, folder, same_inode_as, symlink

MTIMES = {'1901': -2**31 * SECOND + 1, 'before 1970': -1, 'epoch': 0, 'one ns': 1,
          'sub-second': 10**18 + 123456789, '2038': 2**31 * SECOND + 999999999,
          '2106': 2**32 * SECOND + 5, '2446': 15032385535 * SECOND}
MODES = [0o0000, 0o0001, 0o0200, 0o0400, 0o0444, 0o0644, 0o0777, 0o1777, 0o2755, 0o4755, 0o7777]


class ModeTest(ProgramTest):
    @as_root
    def test_modes_of_files_directories_and_fifos_arrive_exactly(self):
        self.given({f'{kind} {mode:04o}': make(mode=mode) for mode in MODES
                    for kind, make in (('file', file), ('dir', folder), ('fifo', fifo))})
        self.mirror()

    @as_root
    def test_modes_are_put_right_in_place(self):
        self.given({f'{mode:04o}': file('x', mode=mode, mtime=5) for mode in MODES},
                   {f'{mode:04o}': file('x', mode=0o640, mtime=5) for mode in MODES})
        inodes = {f'{mode:04o}': trees.inode(self.in_replica(f'{mode:04o}')) for mode in MODES}
        self.mirror()
        # Those that run as somebody else come with a new file.
        kept = {f'{mode:04o}' for mode in MODES if mode & 0o6000 == 0}
        self.assertEqual(kept, {name for name, inode in inodes.items()
                                if trees.inode(self.in_replica(name)) == inode})

    @as_root
    def test_directories_without_any_permission_are_filled(self):
        self.given({'d': folder({'x': 'x', 'e': folder({'y': 'y'}, mode=0)}, mode=0)})
        self.mirror()
        trees.build(self.in_source('d'), {'more': 'x'})
        self.mirror()

    def test_the_umask_has_no_influence(self):
        for mask in (0o000, 0o077, 0o777):
            with self.subTest(umask=oct(mask)):
                self.source, self.replica = self.at(f's{mask}'), self.at(f'r{mask}')
                self.given({'a': file('x', mode=0o666), 'd': folder({'b': 'x'}, mode=0o777)}, {})
                self.mirror(umask=mask)

    def test_a_directory_that_changes_its_mode_only_gets_just_that(self):
        self.given({'d': folder({'x': file('x', mtime=1)}, mode=0o750, mtime=9)},
                   {'d': folder({'x': file('x', mtime=1)}, mode=0o755, mtime=9)})
        inode = trees.inode(self.in_replica('d'))
        self.mirror()
        self.assertEqual(inode, trees.inode(self.in_replica('d')))

    def test_the_mode_of_the_root_is_mirrored(self):
        self.given(folder({'a': 'x'}, mode=0o700), folder({}, mode=0o755))
        self.mirror()


class TimeTest(ProgramTest):
    def test_times_arrive_to_the_nanosecond(self):
        self.given({f'{kind} {name}': make(mtime) for name, mtime in MTIMES.items()
                    for kind, make in (('file', lambda at: file('x', mtime=at)),
                                       ('dir', lambda at: folder({'x': 'x'}, mtime=at)),
                                       ('link', lambda at: symlink('x', mtime=at)))})
        self.mirror()

    def test_times_are_put_right_in_place(self):
        self.given({name: file('x', mtime=mtime) for name, mtime in MTIMES.items()},
                   {name: file('x', mtime=mtime + 1) for name, mtime in MTIMES.items()})
        inodes = {name: trees.inode(self.in_replica(name)) for name in MTIMES}
        self.mirror()
        self.assertEqual(inodes, {name: trees.inode(self.in_replica(name)) for name in MTIMES})

    def test_the_time_of_the_root_is_mirrored(self):
        self.given(folder({'a': 'x'}, mtime=12345 * SECOND + 6))
        self.mirror()
        trees.set_mtime(self.source, 77)
        self.mirror()

    def test_times_of_directories_survive_changes_below_them(self):
        self.given({'d': folder({'e': folder({'new': 'x'}, mtime=1)}, mtime=2)},
                   {'d': {'e': {'old': 'x'}}})
        self.mirror()

    def test_the_time_of_a_link_is_put_right_in_place(self):
        self.given({'l': symlink('x', mtime=5)}, {'l': symlink('x', mtime=6)})
        self.mirror()

    def test_plan_shows_times_beyond_the_year_9999_as_seconds(self):
        self.given({'a': file('x', mtime=10**9 * SECOND)})
        if os.lstat(self.in_source('a')).st_mtime_ns != 10**9 * SECOND:
            self.skipTest('the temporary folder cannot hold times that far away')
        self.mirror()

    @with_mounts
    def test_a_replica_with_coarse_times_is_quiet_after_one_run(self):
        self.mount_image(self.replica, 'mkfs.ext4', '-q', '-I', '128')
        self.given({name: file('x', mtime=mtime) for name, mtime in MTIMES.items()
                    if not name.startswith('2')})
        self.sync('run')
        self.assert_quiet()
        with self.untouched():
            self.sync('run')

    @with_mounts
    def test_a_clamped_time_is_not_set_again_in_every_run(self):
        self.mount_image(self.replica, 'mkfs.ext4', '-q', '-I', '128')
        self.given({'future': file('x', mtime=MTIMES['2446']),
                    'd': folder({}, mtime=MTIMES['2106'])})
        self.sync('run')
        self.assertEqual(b'x', self.content('future'))
        self.assert_quiet()


@as_root
class OwnerTest(ProgramTest):
    def test_owners_and_groups_are_mirrored(self):
        self.given({'a': file('x', owner=(1000, 5)),
                    'd': folder({'b': 'x'}, owner=(4000000, 4000000)),
                    'l': symlink('x', owner=(1, 2)), 'f': fifo(owner=(3, 4))})
        self.mirror()

    def test_set_id_bits_survive_a_change_of_owner(self):
        self.given({'new': file('x', owner=(1000, 1000), mode=0o6755),
                    'old': file('x', owner=(1000, 1000), mode=0o6755, mtime=5)},
                   {'old': file('x', mode=0o6755, mtime=5)})
        self.mirror()

    def test_the_owner_of_the_root_is_mirrored(self):
        self.given(folder({}, owner=(1000, 1000)))
        self.mirror()


@with_xattrs
class XattrTest(ProgramTest):
    def test_xattrs_of_new_and_rewritten_entries_are_mirrored(self):
        marked = {'user.one': b'1', 'user.bytes': bytes(range(256)), 'user.empty': b''}
        self.given({'new': file('x', xattrs=marked), 'd': folder({}, xattrs=marked),
                    'rewritten': file('longer', xattrs=marked)}, {'rewritten': file('short')})
        self.mirror()

    def test_a_rewritten_file_loses_the_xattrs_that_the_source_lacks(self):
        self.given({'a': 'longer'}, {'a': file('short', xattrs={'user.old': b'1'})})
        self.mirror()

    def test_xattrs_are_compared_when_asked_for(self):
        self.given({'a': file('x', mtime=5, xattrs={'user.a': b'new', 'user.b': b'1'}),
                    'd': folder({}, mtime=5, xattrs={'user.a': b'1'})},
                   {'a': file('x', mtime=5, xattrs={'user.a': b'old', 'user.c': b'1'}),
                    'd': folder({}, mtime=5, xattrs={'user.c': b'1'})})
        inode = trees.inode(self.in_replica('a'))
        self.mirror('--xattrs')
        self.assertEqual(inode, trees.inode(self.in_replica('a')))

    @with_mounts
    def test_a_disk_without_xattrs_tells_every_run_that_compares_them(self):
        marked = {'user.one': b'1'}
        self.given({'a': file('x', xattrs=marked), 'd': folder({}, xattrs=marked)})
        self.mount('-t', 'ramfs', 'none', self.replica)
        for _ in range(3):
            told = self.sync('run', '--xattrs', expect=PARTIAL).err
            self.assertIn('attributes', told)
            self.assertRegex(told, "'(a|d)'")
        self.assertEqual(b'x', self.content('a'))
        self.assertIn('attributes', self.sync('plan', '--detailed-exitcode', '--xattrs').err)
        self.assert_quiet()
        self.sync('run')

    def test_xattrs_alone_are_no_change_by_default(self):
        self.given(folder({'a': file('x', mtime=5, xattrs={'user.a': b'1'})}, mtime=5),
                   folder({'a': file('x', mtime=5)}, mtime=5))
        self.assert_quiet()

    @as_root
    def test_attributes_of_overlays_are_mirrored(self):
        marked = {'trusted.overlay.opaque': b'y'}
        self.given({'d': folder({'f': 'x'}, xattrs=marked)}, {'d': {}})
        self.mirror('--xattrs')
        self.assertEqual(b'y', os.getxattr(self.in_replica('d'), 'trusted.overlay.opaque'))

    @as_root
    def test_capabilities_of_a_file_survive_a_change_of_owner(self):
        capability = bytes.fromhex('0100000200040000000000000000000000000000')
        self.given({'a': file('x', owner=(1000, 1000), xattrs={'security.capability': capability})})
        self.mirror()


@with_acls
class AclTest(ProgramTest):
    ACL = {'system.posix_acl_access': trees.access_acl(1234, 7)}

    def test_acls_of_new_files_and_directories_are_mirrored(self):
        self.given({'a': file('x', xattrs=self.ACL), 'd': folder(
            {'b': 'x'}, xattrs={'system.posix_acl_default': trees.access_acl(1234, 5)})})
        self.mirror()

    def test_a_default_acl_of_the_replica_does_not_leak_into_new_entries(self):
        self.given({'a': 'x', 'd': {'b': 'x', 'e': {}}},
                   folder({}, xattrs={'system.posix_acl_default': trees.access_acl(1234, 7)}))
        self.sync('run')
        for name in ('a', 'd', 'd/b', 'd/e'):
            self.assertEqual([], os.listxattr(self.in_replica(name)), name)
            self.assertEqual(stat.S_IMODE(os.lstat(self.in_source(name)).st_mode),
                             stat.S_IMODE(os.lstat(self.in_replica(name)).st_mode), name)

    def test_a_default_acl_of_a_new_directory_does_not_leak_into_what_comes_with_it(self):
        default = {'system.posix_acl_default': trees.access_acl(1234, 5)}
        self.given({'d': folder({'b': 'x', 'e': {'f': 'y'}}, xattrs=default)})
        self.sync('run', '--durability', 'none')
        self.assert_mirrored()

    def test_linked_files_with_acls_are_mirrored(self):
        self.given({'a': file('x', xattrs=self.ACL), 'b': same_inode_as('a')})
        self.mirror()


if __name__ == '__main__':
    unittest.main()
