"""Replicas, and sources, on the file systems that people have: each with limits of its own."""
import dataclasses
import json
import mmap
import os
import shutil
import unittest

from tests.support import trees
from tests.support.disks import MIB, DiskTest
from tests.support.program import PARTIAL, with_acls, with_mounts
from tests.support.trees import SECOND, fifo, file, folder, same_inode_as, symlink

NEWEST_OF_32_BITS = 2**31 - 1
REWRITES = int(os.environ.get('SYNC_TEST_REWRITES', '5'))
ROOT_OF_A_SUBVOLUME = 256  # its inode


def plain_tree():
    """Five hundred files in twenty-five directories: what every file system can hold."""
    return {f'd{number:02}': {f'f{name:02}': f'{number}/{name}' * 100 for name in range(20)}
            for number in range(25)}


def rich_tree():
    """The same, and everything that file systems of Unix can hold."""
    return {**plain_tree(),
            'kinds': {'link': symlink('../d00/f00', mtime=-7 * SECOND), 'pipe': fifo(),
                      'grouped': file('one inode', mtime=SECOND + 123456789),
                      'hole': file('x', size=300_000), 'empty': {},
                      'suid': file('x', mode=0o6755, owner=(12, 13)),
                      'closed': folder({'f': 'x'}, mode=0o500)},
            'times': {str(number): file('x', mtime=mtime) for number, mtime in enumerate((
                -2**31 * SECOND + 1, -1, 0, 1, 10**18 + 123456789, 2**31 * SECOND - 1,
                2**31 * SECOND + 5, 2**32 * SECOND + 5))},
            'other name': same_inode_as('kinds/grouped')}


def change_some(root):
    """About one entry in a hundred, each in another way; types change in both directions."""
    def at(name):
        return os.path.join(root, name)
    trees.write(at('d00/f00'), 'longer than before' * 100)
    trees.write(at('d01/f01'), '7/7' * 100, mtime=1_900_000_000 * SECOND)
    trees.set_mtime(at('d02/f02'), 10**18)
    trees.write(at('d02/f03'), '8/8' * 100, mtime=10**18)
    os.unlink(at('d03/f03'))
    os.unlink(at('d04/f04'))
    trees.build(at('d04/f04'), {'was': 'a file', 'deeper': {'too': 'x'}})
    shutil.rmtree(at('d05'))
    trees.write(at('d05'), 'was a directory')
    os.rename(at('d06/f06'), at('d06/renamed'))
    os.rename(at('d07'), at('moved'))
    shutil.rmtree(at('d08'))


def change_kinds(root):
    """What change_some() does, and the same with what only file systems of Unix can hold."""
    change_some(root)

    def at(name):
        return os.path.join(root, 'kinds', name)
    os.unlink(at('link'))
    trees.build(at('link'), {'was': 'a link'})
    os.unlink(at('pipe'))
    os.symlink('was a pipe', at('pipe'))
    os.rmdir(at('empty'))
    os.mkfifo(at('empty'))
    os.unlink(at('grouped'))
    trees.write(at('grouped'), 'no longer linked')
    os.chmod(at('closed'), 0o700)


class LifeTest(DiskTest):
    """A first run, changes of one percent, another run; after each there is nothing left to do."""

    def expect_settled(self, *options, **judging):
        self.assert_mirrored(**judging)
        self.assert_quiet(*options)
        with self.untouched():
            self.sync('run', *options)

    def live(self, change=change_kinds, options=(), **judging):
        self.sync('run', *options)
        self.expect_settled(*options, **judging)
        change(self.source)
        self.sync('run', *options)
        self.expect_settled(*options, **judging)


@with_mounts
class OrdinaryDiskTest(LifeTest):
    def test_xfs_is_as_good_as_any(self):
        self.disk(self.at('disk'), 'mkfs.xfs', '-q', mib=320)
        self.source, self.replica = self.at('disk', 'source'), self.at('disk', 'replica')
        self.given(rich_tree())
        self.live()

    def test_btrfs_is_as_good_as_any(self):
        self.disk(self.at('disk'), 'mkfs.btrfs', '-q', mib=128)
        self.source, self.replica = self.at('disk', 'source'), self.at('disk', 'replica')
        self.given(rich_tree())
        self.live()

    # XFS shows root each ACL twice.
    @with_acls
    def test_acls_are_mirrored_to_xfs_and_stay(self):
        self.disk(self.at('disk'), 'mkfs.xfs', '-q', mib=320)
        self.replica = self.at('disk', 'replica')
        acl = {'system.posix_acl_access': trees.access_acl(1234, 7)}
        self.given({'d': folder({}, xattrs=acl), 'f': file('x', xattrs=acl)},
                   {'d': folder({}), 'f': 'old'})
        for mode in (0o750, 0o770):
            self.sync('run', '--xattrs')
            for name in ('d', 'f'):
                self.assertEqual(os.getxattr(self.in_source(name), *acl),
                                 os.getxattr(self.in_replica(name), *acl))
            self.assert_quiet('--xattrs')
            os.chmod(self.in_source('d'), mode)

    def test_an_xfs_source_is_mirrored_to_ext4_and_back(self):
        self.disk(self.at('source'), 'mkfs.xfs', '-q', mib=320)
        self.disk(self.at('replica'), 'mkfs.ext4', '-q')
        self.given({'d': {'f': file('x', mtime=10**18 + 1)}, 'link': symlink('d')})
        self.sync('run')
        self.expect_settled(ignore=('lost+found',))
        self.source, self.replica = self.replica, self.at('copy')
        self.sync('run')
        self.expect_settled(ignore=('lost+found',))

    def test_old_ext4_holds_whole_seconds_until_2038_and_that_is_told_once(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-I', '128')
        self.replica = self.at('disk', 'replica')
        self.given(rich_tree())
        self.live(held=whole_seconds_until_2038)
        told = [line for line in self.log_text().split('\n') if ' WARN ' in line]
        self.assertEqual([], [line for line in told if 'modification time' not in line])
        # Once for a run that learned something, and not by the runs that had nothing to do.
        self.assertIn(len(told), (1, 2), told)

    # There a change of the same size in the same second leaves all stamps as they were.
    # SYNC_TEST_REWRITES says how often 200 files are rewritten.
    def test_rewrites_of_the_same_size_right_after_a_scan_are_all_found(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-I', '128', '-N', '8000', mib=128)
        self.source = self.at('disk', 'source')
        names = [f'{number:03}' for number in range(200)]
        self.given({name: file('first', mtime=SECOND) for name in names})
        self.sync('run', '--checksum', '--durability', 'none', '-q')
        for content in (b'%05d' % turn for turn in range(REWRITES)):
            self.execute('scan', '-s', self.source, '--md5', '-o', self.at('list'))
            for name in names:
                with open(self.in_source(name), 'r+b') as rewritten:
                    rewritten.write(content)
                os.utime(self.in_source(name), ns=(SECOND, SECOND))
            self.sync('run', '--checksum', '--durability', 'none', '-q')
            missed = [name for name in names if self.content(name) != content]
            self.assertEqual([], missed)

    # Only the first store into a page moves the stamps, until it is written back.
    def test_a_second_store_through_a_mapping_is_found(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q')
        self.source = self.at('disk', 'source')
        self.given({'mapped': file('first', mtime=SECOND)})
        self.sync('run', '--checksum', '-q')
        with open(self.in_source('mapped'), 'r+b') as written, \
                mmap.mmap(written.fileno(), 5) as page:
            page[:] = b'11111'
            self.sync('run', '--checksum', '-q')
            self.execute('scan', '-s', self.source, '--md5', '-o', self.at('list'))
            before = os.stat(self.in_source('mapped'))
            page[:] = b'22222'
            self.assertEqual(before.st_ctime_ns, os.stat(self.in_source('mapped')).st_ctime_ns)
            self.sync('run', '--checksum', '-q')
        self.assertEqual(b'22222', self.content('mapped'))

    def test_an_attribute_that_is_too_large_for_the_replica_is_told_and_fails_nothing_else(self):
        self.disk(self.at('large'), 'mkfs.xfs', '-q', mib=320)
        self.source = self.at('large', 'source')
        self.disk(self.at('small'), 'mkfs.ext4', '-q', '-O', '^ea_inode')
        self.replica = self.at('small', 'replica')
        attributes = {'user.huge': b'x' * 60_000, 'user.fits': b'1'}
        self.given({'new': file('n', xattrs=attributes), 'there': file('t', xattrs=attributes,
                                                                     mode=0o640, mtime=SECOND)},
                   {'there': file('t', mode=0o600, mtime=2 * SECOND)})
        # Nobody compares them, so nobody misses them.
        self.sync('run')
        self.assert_quiet()
        self.assertIn("the attribute user.huge of 'new'", self.log_text())
        self.assertIn('No space left on device', self.log_text())
        self.assertNotIn('not mirrored there', self.log_text())
        os.chmod(self.in_replica('there'), 0o600)
        trees.set_mtime(self.in_replica('there'), 2 * SECOND)
        for _ in range(2):
            self.sync('run', '--xattrs', expect=PARTIAL)
            for name in ('new', 'there'):
                self.assertEqual(b'1', os.getxattr(self.in_replica(name), 'user.fits'))
            self.assert_quiet()
        # A new file that lacks an attribute is not done either, where attributes are compared.
        os.unlink(self.in_replica('new'))
        os.removexattr(self.in_source('there'), 'user.huge')
        self.sync('run', '--xattrs', expect=PARTIAL)
        os.removexattr(self.in_source('new'), 'user.huge')
        self.sync('run', '--xattrs')
        self.assert_quiet('--xattrs')


@with_mounts
class CloningTest(DiskTest):
    """A large file that changed a little, in a replica whose file system has clones."""

    def change_a_little(self, *mkfs, mib):
        """Bytes by which the disk got fuller, and those that the report says were written."""
        self.disk(self.at('disk'), *mkfs, mib=mib)
        self.replica = self.at('disk', 'replica')
        old = os.urandom(16 * MIB)
        new = bytearray(old)
        new[5 * MIB:5 * MIB + 3] = b'new'
        self.given({'big': old})
        self.sync('run')
        # Somebody keeps the old copy, so that what the new one shares with it can be seen.
        os.link(self.at('disk', 'replica', 'big'), self.at('disk', 'kept'))
        trees.write(self.at('source', 'big'), bytes(new) + b'longer')
        before = self.used()
        self.sync('run', '--report', self.at('report'))
        taken = self.used() - before
        self.assert_mirrored()
        with open(self.at('disk', 'kept'), 'rb') as kept:
            self.assertEqual(kept.read(), old)
        with open(self.at('report'), encoding='utf-8') as report:
            lines = [json.loads(line) for line in report]
        return taken, lines[-1]['bytes']

    def used(self):
        disk = os.open(self.at('disk'), os.O_RDONLY)
        try:
            os.sync()
            found = os.fstatvfs(disk)
        finally:
            os.close(disk)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def test_on_xfs_only_what_differs_is_written(self):
        taken, written = self.change_a_little('mkfs.xfs', '-q', mib=320)
        self.assertLess(taken, 2 * MIB)
        self.assertEqual(written, 4096 + 6)

    def test_on_btrfs_only_what_differs_is_written(self):
        taken, written = self.change_a_little('mkfs.btrfs', '-q', mib=256)
        self.assertLess(taken, 4 * MIB)
        self.assertEqual(written, 4096 + 6)

    def test_an_xfs_without_clones_is_copied_to(self):
        taken, written = self.change_a_little('mkfs.xfs', '-q', '-m', 'reflink=0', mib=320)
        self.assertGreater(taken, 15 * MIB)
        self.assertEqual(written, 16 * MIB + 6)

    def test_a_file_that_got_holes_has_them_in_the_replica(self):
        self.disk(self.at('disk'), 'mkfs.xfs', '-q', mib=320)
        self.replica = self.at('disk', 'replica')
        self.given({'big': os.urandom(16 * MIB)})
        self.sync('run')
        os.unlink(self.at('source', 'big'))
        with open(self.at('source', 'big'), 'wb') as big:
            big.write(b'x')
            big.truncate(20 * MIB)
        self.sync('run')
        self.assert_mirrored()
        self.assertLess(os.stat(self.at('disk', 'replica', 'big')).st_blocks * 512, MIB)

    def test_ext4_is_copied_to(self):
        _, written = self.change_a_little('mkfs.ext4', '-q', mib=128)
        self.assertEqual(written, 16 * MIB + 6)


def whole_seconds_until_2038(entry):
    seconds = min(entry.mtime_ns // SECOND, NEWEST_OF_32_BITS)
    return dataclasses.replace(entry, mtime_ns=seconds * SECOND)


@with_mounts
class BtrfsTest(LifeTest):
    def setUp(self):
        super().setUp()
        self.disk(self.at('disk'), 'mkfs.btrfs', '-q', mib=128)

    def subvolumes(self, *paths):
        for path in paths:
            self.btrfs('subvolume', 'create', path)

    def test_nested_subvolumes_of_the_source_are_ordinary_directories(self):
        self.source = self.at('disk', 'source')
        self.subvolumes(self.source, self.in_source('sub'), self.in_source('sub', 'deeper'))
        trees.build(self.in_source('sub'), {'a': 'x', 'd': {'b': 'y'}})
        trees.build(self.in_source('sub', 'deeper'), {'c': 'z'})
        self.sync('run')
        self.expect_settled()
        self.assertIn('sub/deeper/c', self.replica_paths())

    def test_nested_subvolumes_of_the_replica_are_mirrored_into(self):
        self.replica = self.at('disk', 'replica')
        self.subvolumes(self.replica, self.in_replica('sub'), self.in_replica('sub', 'deeper'))
        trees.build(self.in_replica('sub'),
                    {'updated': 'old', 'deleted': 'x', 'becomes-file': {'f': 'x'},
                     'becomes-dir': 'x', 'gone': {'f': 'x'}})
        trees.build(self.in_replica('sub', 'deeper'), {'updated': 'old'})
        self.given({'sub': {'updated': 'new', 'created': 'x', 'becomes-file': 'x',
                            'becomes-dir': {'f': 'x'}, 'link': symlink('created'),
                            'first': file('linked'), 'pipe': fifo(),
                            'second': same_inode_as('sub/first'),
                            'deeper': {'updated': 'newer', 'd': {'e': {'f': 'x'}}}}})
        self.sync('run')
        self.expect_settled()
        self.assertEqual(ROOT_OF_A_SUBVOLUME, trees.inode(self.in_replica('sub', 'deeper')))

    def test_a_subvolume_that_the_source_lacks_is_removed(self):
        self.replica = self.at('disk', 'replica')
        self.subvolumes(self.replica, self.in_replica('gone'), self.in_replica('becomes-file'))
        trees.build(self.in_replica('gone'), {'f': 'x', 'd': {'e': 'y'}})
        self.given({'a': 'x', 'becomes-file': 'x'})
        self.sync('run')
        self.expect_settled()

    def test_a_link_across_subvolumes_becomes_a_copy_in_each(self):
        self.replica = self.at('disk', 'replica')
        self.subvolumes(self.replica, self.in_replica('sub'))
        self.given({'a': 'linked', 'sub': {'b': same_inode_as('a'), 'c': 'x'}, 'z': 'x'})
        self.sync('run')
        self.assertEqual([b'linked', b'linked', b'x'],
                         [self.content(name) for name in ('a', 'sub/b', 'sub/c')])
        self.assert_quiet()

    def test_a_read_only_snapshot_in_the_replica_is_recorded_and_the_rest_goes_on(self):
        self.replica = self.at('disk', 'replica')
        self.subvolumes(self.replica, self.in_replica('sub'))
        trees.build(self.in_replica('sub'), {'kept': 'old', 'extra': 'x'})
        self.btrfs('property', 'set', '-ts', self.in_replica('sub'), 'ro', 'true')
        self.given({'a': 'x', 'sub': {'kept': 'new'}})
        with self.untouched(self.in_replica('sub')):
            self.sync('run', expect=PARTIAL)
        self.assertEqual(b'x', self.content('a'))
        self.assertIn('EROFS', self.log_text())
        self.btrfs('property', 'set', '-ts', self.in_replica('sub'), 'ro', 'false')
        self.sync('run')
        self.expect_settled()

    def given_doomed_with_snapshot(self):
        self.replica = self.at('disk', 'replica')
        self.subvolumes(self.replica)
        self.given({'a': 'x'}, {'d': {'f': 'x', 'e': {'g': 'y'}}})
        self.btrfs('subvolume', 'snapshot', '-r', self.replica, self.in_replica('d', '.snapshots'))

    def test_a_read_only_snapshot_stays_where_it_is_though_all_around_it_goes(self):
        self.given_doomed_with_snapshot()
        with self.untouched(self.in_replica('d', '.snapshots')):
            for _ in range(2):
                done = self.sync('run', expect=PARTIAL)
                self.assertIn("'d/.snapshots'", done.err)
                self.assertIn('btrfs subvolume delete', done.err)
        self.assertEqual(['a', 'd'], sorted(os.listdir(self.replica)))
        self.assertEqual(['.snapshots'], os.listdir(self.in_replica('d')))
        self.btrfs('property', 'set', '-ts', self.in_replica('d', '.snapshots'), 'ro', 'false')
        self.sync('run')
        self.expect_settled()

    def test_a_snapshot_that_became_read_only_after_the_plan_stays_too(self):
        self.given_doomed_with_snapshot()
        snapshot = self.in_replica('d', '.snapshots')
        self.btrfs('property', 'set', '-ts', snapshot, 'ro', 'false')
        plan = self.plan_file()
        self.btrfs('property', 'set', '-ts', snapshot, 'ro', 'true')
        with self.untouched(snapshot):
            self.sync('apply', plan, expect=PARTIAL)
        self.assertEqual(['a', 'd'], sorted(os.listdir(self.replica)))
        self.assertEqual(['.snapshots'], os.listdir(self.in_replica('d')))

    def test_a_quota_that_is_used_up_is_recorded_and_the_old_content_stays(self):
        self.replica = self.at('disk', 'replica')
        self.subvolumes(self.replica)
        self.btrfs('quota', 'enable', self.at('disk'))
        self.given({'big': b'n' * 6 * MIB, 'small': 'new'})
        trees.write(self.in_replica('big'), b'o' * MIB)
        self.btrfs('qgroup', 'limit', '4M', self.replica)
        self.sync('run', expect=PARTIAL)
        self.assertEqual(b'o' * MIB, self.content('big'))
        self.assertIn('EDQUOT', self.log_text())
        self.btrfs('qgroup', 'limit', 'none', self.replica)
        self.sync('run')
        self.expect_settled()


@with_mounts
class ExfatTest(LifeTest):
    """exFAT knows no owners, modes, links and special files, and coarse times from 1980 on."""

    def setUp(self):
        super().setUp()
        self.exfat_disk(self.at('disk'))
        self.replica = self.at('disk', 'replica')

    @staticmethod
    def held(entry):
        even_seconds = entry.mtime_ns // (2 * SECOND) * 2 * SECOND
        return dataclasses.replace(entry, mode=None, mtime_ns=even_seconds)

    def test_files_and_directories_are_mirrored_and_each_limit_is_told_once(self):
        tree = plain_tree()
        tree['d00']['program'] = file('x', mode=0o700, mtime=10**18 + 123456789)
        tree['d00']['of another'] = file('x', owner=(12, 13), mtime=10**18 + SECOND)
        tree['of another'] = folder({'f': 'x'}, owner=(12, 13), mode=0o700)
        self.given(tree)
        self.live(change_some, held=self.held, owners=False, links=False, xattrs=False)
        told = [line.split(' WARN ')[1] for line in self.log_text().split('\n')
                if ' WARN ' in line and ' hold ' in line]
        self.assertEqual(len(set(told)), len(told), told)

    # Without a UUID, nothing but the device number tells the two apart at first sight.
    def test_a_disk_that_gets_its_device_next_is_not_taken_for_it(self):
        self.given({'private': file('x', mode=0o600, owner=(12, 13))})
        self.sync('run')
        self.assert_quiet()
        self.disk_in_its_place(self.at('disk'), 'mkfs.ext4', '-q', '-F', '-U', 'clear')
        os.mkdir(self.replica)
        self.sync('run', '--new-replica')
        self.assert_mirrored()
        self.assert_quiet()

    def test_a_name_that_is_spelled_anew_keeps_what_it_stands_for(self):
        self.given({'Readme': 'x', 'Music': {'Song': 'old', 'other': 'x'}, 'gone': 'x'})
        self.sync('run')
        for old, new in (('Readme', 'README'), ('Music', 'music'), ('music/Song', 'music/song')):
            os.rename(self.in_source(old), self.in_source(new))
        trees.write(self.in_source('music/song'), b'newer')
        os.remove(self.in_source('gone'))
        for _ in range(2):
            self.sync('run')
            self.assertEqual(['music', 'music/other', 'music/song', 'readme'],
                             [path.lower() for path in self.replica_paths()])
            for path, content in (('README', b'x'), ('music/song', b'newer'), ('music/other', b'x')):
                self.assertEqual(content, self.content(path))
        self.assert_quiet()

    def test_two_names_that_are_one_there_are_told_and_neither_hides_the_other(self):
        self.given({'readme': 'x'})
        self.sync('run')
        trees.write(self.in_source('README'), b'another')
        self.sync('run', expect=PARTIAL)
        self.assertEqual(b'x', self.content('readme'))
        self.assertIn('README', self.log_text())

    def test_the_own_folder_is_not_filled_by_another_spelling_of_its_name(self):
        self.given({'.SYNC-TXN': {'conflict': {'mine': 'x'}, 'COMMIT': 'forged'}, 'a': 'x'})
        self.sync('run')
        self.assertEqual(['a'], self.replica_paths())
        self.assertIn('left alone .SYNC-TXN (reserved-name)', self.log_text())

    def test_what_it_cannot_hold_is_left_alone_and_told_and_the_rest_goes_on(self):
        self.given({'a': 'x', 'link': symlink('a'), 'pipe': fifo(), 'z': 'x'})
        os.link(self.in_source('a'), self.in_source('b'))
        summary = self.sync('run').out
        self.assertEqual(['a', 'b', 'z'], self.replica_paths())
        for path in ('link', 'pipe'):
            self.assertIn(f'left alone {path} (not-held)', self.log_text())
        for kind in ('symbolic links', 'FIFOs, sockets and devices', 'hard links'):
            self.assertIn(kind, summary)
        self.assert_quiet()

    def test_what_became_something_that_it_cannot_hold_goes(self):
        self.given({'a': 'x', 'd': {'deep': {'e': 'x'}}, 'link': symlink('a')})
        self.sync('run')
        for path in ('a', 'd'):
            trees.remove(self.in_source(path))
            os.symlink('elsewhere', self.in_source(path))
        self.sync('run')
        self.assertEqual([], self.replica_paths())
        self.assert_quiet()


@with_mounts
class OverlayTest(LifeTest):
    def given_overlay(self, lower):
        trees.build(self.at('lower'), lower)
        self.overlay(self.replica, self.at('lower'))

    def test_everything_that_changes_in_an_overlay_is_mirrored(self):
        self.given(rich_tree())
        # An overlay tells two names of one file of the lower layer apart, even after they are one.
        shutil.copytree(self.source, self.at('lower'), symlinks=True,
                        ignore=lambda *_: ['pipe', 'grouped', 'other name'])
        self.overlay(self.replica, self.at('lower'))
        self.live()

    def test_directories_of_a_lower_layer_are_removed_and_replaced(self):
        self.given_overlay({'gone': {'f': 'x', 'd': {'e': 'y'}}, 'becomes-file': {'f': 'x'},
                            'becomes-link': {}, 'becomes-dir': 'x', 'kept': {'f': 'old'}})
        self.given({'becomes-file': 'x', 'becomes-link': symlink('kept'),
                    'becomes-dir': {'f': 'x'}, 'kept': {'f': 'new', 'd': {}}})
        with self.untouched(self.at('lower')):
            self.sync('run')
        self.expect_settled()

    def test_what_is_excluded_in_a_lower_directory_keeps_it(self):
        self.given_overlay({'d': {'mine': 'x', 'gone': 'x'}})
        self.given({'a': 'x'})
        self.sync('run', '--exclude', 'mine')
        self.assertEqual(['a', 'd', 'd/mine'], self.replica_paths())


if __name__ == '__main__':
    unittest.main()
