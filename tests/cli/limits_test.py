"""What a replica's file system refuses to hold: content comes, the loss is told, and asked again."""
import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import unittest

from tests.support import plan_schema, trees
from tests.support.disks import DiskTest
from tests.support.program import DONE, PARTIAL, ProgramTest, as_root, with_mounts
from tests.support.trees import SECOND, file, folder, symlink

THEN = 1_000_000_000 * SECOND
NOT_MIRRORED = ', not mirrored there: '


def tree():
    return folder({'f': file('x', mode=0o640, owner=(12, 13), mtime=THEN + 7),
                   'd': folder({'g': file('y', mode=0o4755, owner=(3, 4), mtime=THEN)},
                               mode=0o2770, owner=(12, 13)),
                   'l': symlink('f', owner=(12, 13), mtime=THEN)}, owner=(12, 13), mode=0o750)


class LimitsTest(DiskTest):
    in_memory = True

    def state_of_limits(self, statement):
        """Executes `statement` on the memory."""
        with sqlite3.connect(os.path.join(self.state, 'foldersync', 'memory.db')) as memory:
            memory.execute(statement)
        memory.close()

    def last_line(self):
        return self.log_text().rstrip('\n').split('\n')[-1]

    def not_mirrored(self):
        """What the last run's summary says of that."""
        line = self.last_line()
        if NOT_MIRRORED not in line:
            return []
        return line.split(NOT_MIRRORED)[1].rsplit(', ', 1)[0].split(', ')

    def warnings(self, result):
        return [line for line in result.err.split('\n') if 'does not hold' in line]

    def settle(self, *options, expect=DONE):
        result = self.sync('run', *options, expect=expect)
        self.assert_quiet(*options)
        return result


@as_root
@with_mounts
@unittest.skipUnless(shutil.which('bindfs') and os.path.exists('/dev/fuse'), 'no bindfs here')
class RefusalTest(LimitsTest):
    """FUSE file systems that refuse owners or modes, or do as if they took them."""

    def setUp(self):
        super().setUp()
        self.given(tree())
        os.mkdir(self.at('behind'))
        self.replica = self.at('mounted', 'replica')

    def serve(self, *options):
        os.makedirs(self.at('mounted'), exist_ok=True)
        served = subprocess.run(['bindfs', *options, self.at('behind'), self.at('mounted')],
                                check=False, capture_output=True)
        if served.returncode != 0:
            self.skipTest('bindfs cannot mount here')
        self.addCleanup(subprocess.run, ['umount', '-l', self.at('mounted')], check=False,
                        capture_output=True)

    def serve_otherwise(self, *options):
        self.unmount(self.at('mounted'))
        self.serve(*options)

    def change(self):
        trees.write(self.in_source('d', 'g'), 'longer', mtime=THEN)
        trees.write(self.in_source('new'), 'n')
        os.chown(self.in_source('new'), 5, 6)
        os.chmod(self.in_source('f'), 0o604)
        os.utime(self.in_source('f'), ns=(THEN, THEN))
        os.lchown(self.in_source('l'), 5, 6)

    def assert_content(self):
        self.assertEqual([], [found for found in self.differences(owners=False, links=False)
                              if 'content' in found or 'mtime' in found])

    @contextlib.contextmanager
    def refusing(self, options, warning, limit):
        """One warning, and then none, while what can be held comes all the same."""
        with self.subTest(options=options):
            self.serve(*options)
            told = self.warnings(self.settle())
            self.assertEqual(1, len(told), told)
            self.assertRegex(told[0], f"{warning}.* as of '[^']+'")
            self.assertEqual([limit], self.not_mirrored())
            yield
            self.change()
            self.assertEqual([], self.warnings(self.settle()))
            self.assert_content()
            self.unmount(self.at('mounted'))
            trees.remove(self.at('behind'))
            os.mkdir(self.at('behind'))
            shutil.rmtree(os.path.join(self.state, 'foldersync'))

    def test_owners_that_are_refused_fail_nothing(self):
        for options in (('--chown-deny', '--chgrp-deny'), ('--chown-ignore', '--chgrp-ignore')):
            with self.refusing(options, 'owners', 'owners'):
                # Nobody gets the rights of an owner who is not there.
                self.assertEqual(0o755, stat.S_IMODE(os.stat(self.in_replica('d', 'g')).st_mode))

    def test_modes_that_are_refused_fail_nothing(self):
        for option in ('--chmod-deny', '--chmod-ignore'):
            with self.refusing((option,), 'permission bits', 'permission bits'):
                pass

    def test_one_that_gives_everything_another_owner_is_mirrored_to(self):
        self.serve('--force-user=1001', '--force-group=2000')
        self.settle()
        self.assertEqual(['owners'], self.not_mirrored())
        self.change()
        self.settle()
        self.assert_content()
        self.assertNotIn('.sync-txn', os.listdir(self.replica))

    def test_what_is_there_is_put_right_as_far_as_that_goes(self):
        self.serve('--chown-deny', '--chgrp-deny', '--chmod-deny')
        trees.build(self.at('behind', 'replica'),
                    folder({'f': file('x', mtime=5), 'd': {'g': file('y', mtime=5)},
                            'l': symlink('f', mtime=5)}))
        self.settle()
        self.assert_content()

    def test_what_was_made_with_less_is_taken_back(self):
        self.serve('--chown-deny', '--chgrp-deny')
        trees.build(self.at('behind', 'replica'), {'f': file('old', mtime=5)})
        os.mkdir(self.at('backups'), 0o700)
        self.sync('run', '--backup-dir', self.at('backups'))
        undo = os.path.join(self.at('backups'), os.listdir(self.at('backups'))[0], 'undo.json')
        self.execute('apply', undo, expect=DONE)
        self.assertEqual(['f'], self.replica_paths())
        self.assertEqual(b'old', self.content('f'))

    def test_a_document_is_applied_as_far_as_that_goes(self):
        self.serve('--chown-deny', '--chgrp-deny', '--chmod-deny')
        plan = self.plan_text()
        for _ in range(2):
            self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=plan,
                         expect=DONE)
        self.assert_quiet()

    def test_limits_are_asked_again_by_a_run_that_has_something_to_do(self):
        self.serve('--chown-deny', '--chgrp-deny', '--chmod-deny')
        self.settle()
        self.serve_otherwise()
        self.change()
        self.settle()
        self.assertEqual([], self.not_mirrored())
        self.assertEqual([], [found for found in self.differences(links=False)])

    def test_limits_that_hide_something_are_asked_again_once_a_day(self):
        self.serve('--chown-deny', '--chgrp-deny')
        self.settle()
        self.serve_otherwise()
        for _ in range(2):
            with self.untouched():
                self.sync('run')
            self.assertEqual(['owners'], self.not_mirrored())
        self.assert_quiet()
        self.state_of_limits("DELETE FROM facts WHERE CAST(key AS TEXT) LIKE 'limits-asked %'")
        self.assert_quiet()  # a plan asks nothing
        self.settle()
        self.assertEqual([], self.not_mirrored())
        self.assertEqual([], [found for found in self.differences(links=False)])

    def test_limits_are_forgotten_on_demand(self):
        self.serve('--chown-deny', '--chgrp-deny')
        self.settle()
        self.serve_otherwise()
        self.sync('run', '--forget-limits')
        self.assert_quiet()
        self.assertEqual([], self.not_mirrored())
        self.assertEqual([], [found for found in self.differences(links=False)])

    def test_a_group_that_a_plain_user_may_not_give_says_nothing_of_owners(self):
        self.serve('--chgrp-deny')
        user, own, shared = 1001, 1001, 2000
        os.mkdir(self.at('behind', 'replica'))
        trees.remove(self.source)
        trees.build(self.source, {'f': file('x', mode=0o660, owner=(user, shared))})
        self.live_as(user, self.at('behind', 'replica'))
        who = {'uid': user, 'extra_groups': [shared]}
        told = self.sync('run', **who)
        self.assertEqual(1, len(self.warnings(told)), told)
        self.assertIn('groups', self.warnings(told)[0])
        self.assertEqual(['groups'], self.not_mirrored())
        self.assert_quiet(**who)
        found = os.stat(self.in_replica('f'))
        self.assertEqual((user, own, 0o600),
                         (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)))
        self.serve_otherwise()
        trees.write(self.in_source('g'), 'y')
        self.sync('run', **who)
        self.assertEqual(shared, os.stat(self.in_replica('f')).st_gid)


@with_mounts
class NamelessTest(LimitsTest):
    def test_the_daily_question_moves_no_time(self):
        self.disk(self.at('disk'), 'mkfs.ext4', '-q', '-I', '128')
        self.replica = self.at('disk', 'replica')
        self.given({'f': file('x', mtime=THEN + 7)})
        self.settle()
        self.state_of_limits("DELETE FROM facts WHERE CAST(key AS TEXT) LIKE 'limits-asked %'")
        with self.untouched():
            self.sync('run')
        self.assertEqual(['modification times to less than 1,000,000,000 ns'], self.not_mirrored())


@as_root
class NamespaceTest(ProgramTest):
    """Root in a user namespace, and without some of its capabilities."""
    in_memory = True

    def setUp(self):
        super().setUp()
        self.alone = shutil.which('unshare'), '--user', '--map-root-user'
        if not self.alone[0] or subprocess.run([*self.alone, 'true'], check=False,
                                               capture_output=True).returncode != 0:
            self.skipTest('no user namespaces here')

    def given_others(self):
        self.given({'f': file('x', mode=0o644, owner=(12, 13)), 'l': symlink('f', owner=(12, 13)),
                    's': file('x', mode=0o6755, owner=(12, 13)),
                    'd': folder({'g': file('y', owner=(0, 13), mode=0o664)}, mode=0o2775,
                                owner=(12, 13)),
                    'own': file('z', mode=0o4755)}, {'old': 'x'})

    def test_the_undo_of_the_run_that_learns_them_says_what_was_made(self):
        self.given({'f': file('x', mode=0o664, owner=(12, 13), mtime=THEN),
                    'to': file('m' * 99, mode=0o660, owner=(0, 13), mtime=THEN)},
                   {'f': file('x', mode=0o600, mtime=THEN), 'from': file('m' * 99, mode=0o660, mtime=THEN)})
        before = {name: os.lstat(self.in_replica(name)).st_mode for name in ('f', 'from')}
        self.sync('run', '--backup-dir', self.at('backups'), wrapper=self.alone)
        self.assertEqual(0o644, stat.S_IMODE(os.stat(self.in_replica('f')).st_mode))
        self.assertEqual(0o600, stat.S_IMODE(os.stat(self.in_replica('to')).st_mode))
        [backup] = os.listdir(self.at('backups'))
        self.execute('apply', self.at('backups', backup, 'undo.json'), wrapper=self.alone,
                     expect=DONE)
        self.assertEqual(before, {name: os.lstat(self.in_replica(name)).st_mode
                                  for name in os.listdir(self.replica)})

    def test_owners_without_a_number_fail_nothing(self):
        self.given_others()
        told = self.sync('run', wrapper=self.alone)
        for what in ('owner', 'group'):
            self.assertEqual(1, told.err.count(f'does not take every {what} (65534'), told)
        self.sync('plan', '--detailed-exitcode', wrapper=self.alone)
        modes = {name: stat.S_IMODE(os.stat(self.in_replica(*name.split('/'))).st_mode)
                 for name in ('f', 's', 'd', 'd/g', 'own')}
        self.assertEqual({'f': 0o644, 's': 0o755, 'd': 0o2755, 'd/g': 0o644, 'own': 0o4755}, modes)
        trees.write(self.in_source('f'), 'longer')
        trees.write(self.in_source('d', 'new'), 'n')
        os.chown(self.in_source('d', 'new'), 12, 13)
        again = self.sync('run', wrapper=self.alone)
        self.assertNotIn('does not take', again.err)
        self.sync('plan', '--detailed-exitcode', wrapper=self.alone)
        self.assertIn('not mirrored there: some owners, some groups', again.out)
        trees.write(self.in_source('f'), 'even longer')
        plan = self.plan(wrapper=self.alone)
        self.assertEqual(([65534], [65534]), tuple(
            plan['options']['replica_limits'][name] for name in ('refused_uids', 'refused_gids')))
        self.assertEqual(['options.replica_limits.refused_gids',
                          'options.replica_limits.refused_uids'], plan['ignorable'])
        self.assertEqual([[]], plan_schema.by_jsonschema([plan]))
        self.assertIn('not mirrored there: some owners, some groups',
                      self.sync('plan', wrapper=self.alone).out)
        # Out of it, nothing keeps them away.
        shutil.rmtree(os.path.join(self.state, 'foldersync'))
        self.mirror()

    def test_a_document_is_applied_there(self):
        self.given_others()
        text = self.sync('plan', '--json', wrapper=self.alone).out
        for _ in range(2):
            self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=text,
                         expect=DONE, wrapper=self.alone)
        self.sync('plan', '--detailed-exitcode', wrapper=self.alone)

    def test_root_without_the_right_to_give_is_told_so_once(self):
        if not shutil.which('setpriv'):
            self.skipTest('no setpriv here')
        without = ('setpriv', '--bounding-set', '-chown', '--inh-caps', '-chown')
        self.given_others()
        trees.write(self.in_source('other'), 'x')
        os.chmod(self.in_source('other'), 0o755)
        told = self.sync('run', wrapper=without)
        self.assertEqual(1, told.err.count('CAP_CHOWN'), told)
        self.sync('plan', '--detailed-exitcode', wrapper=without)
        self.assertEqual(0, os.stat(self.in_replica('f')).st_uid)
        self.assertEqual(0o755, stat.S_IMODE(os.stat(self.in_replica('s')).st_mode))
        self.assertNotIn('CAP_CHOWN', self.sync('run', expect=(DONE, PARTIAL)).err)


if __name__ == '__main__':
    unittest.main()
