"""What a person names is opened as they meant it, whoever else may write on the way there."""
import datetime
import os
import shutil
import subprocess
import unittest

from tests.support import sealed_plan, trees
from tests.support.program import DONE, REFUSED, USAGE, ProgramTest, as_root, with_acls

OTHER = 1001


class OthersTest(ProgramTest):
    """Root works where the user 1001 may write."""

    def setUp(self):
        super().setUp()
        self.theirs = self.at('home of 1001')
        os.mkdir(self.theirs)
        trees.give_to(OTHER, self.theirs)

    def in_theirs(self, *names):
        return os.path.join(self.theirs, *names)

    def plant(self, target, name='planted'):
        """A link of theirs."""
        path = self.in_theirs(name)
        os.symlink(target, path)
        os.chown(path, OTHER, OTHER, follow_symlinks=False)
        return path

    def assert_names_the_link(self, said, link, leads_to):
        for words in (link, f'uid {OTHER}', f"name '{leads_to}'"):
            self.assertIn(words, said)


@as_root
class RootsTest(OthersTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new', 'd': {'b': 'x'}}, {'a': 'old'})
        trees.build(self.at('private'), {'source': {'secret': 'x'}, 'replica': {'kept': 'x'}})

    def test_a_link_of_somebody_else_in_the_middle_of_a_path_is_refused_and_named(self):
        link = self.plant(self.at('private'))
        for command in ('run', 'plan'):
            with self.untouched(self.at('private'), self.replica):
                said = self.execute(command, '-s', self.source, '-r', os.path.join(link, 'replica'),
                                    expect=REFUSED)
                self.assert_names_the_link(said.err + said.out, link, self.at('private'))
                said = self.execute(command, '-s', os.path.join(link, 'source'), '-r', self.replica,
                                    expect=REFUSED)
                self.assert_names_the_link(said.err + said.out, link, self.at('private'))
        self.execute('scan', '-s', os.path.join(link, 'source'), expect=REFUSED)
        self.execute('recover', '-r', os.path.join(link, 'replica'), expect=REFUSED)

    def test_a_link_of_somebody_else_that_is_the_source_is_refused(self):
        link = self.plant(self.at('private', 'source'))
        for end in ('', '/', '/.'):
            with self.untouched():
                self.execute('run', '-s', link + end, '-r', self.replica, expect=REFUSED)

    def test_no_rules_and_no_state_are_taken_through_a_link_of_somebody_else(self):
        trees.build(self.at('mine'), {'rules': 'a', 'state': {}})
        link = self.plant(self.at('mine'))
        for option, name in (('--exclude-from', 'rules'), ('--state', 'state')):
            with self.untouched(self.at('mine'), self.replica):
                said = self.sync('run', option, os.path.join(link, name), expect=REFUSED)
                self.assert_names_the_link(said.err, link, self.at('mine'))
                self.sync('run', option, self.plant(self.at('mine', name), name), expect=REFUSED)

    def test_a_state_that_others_could_exchange_is_not_believed(self):
        state = self.in_theirs('state')
        said = self.sync('run', '--state', state)
        self.assertIn(f"exchange '{state}'", said.err)
        self.assertEqual([], os.listdir(state))

    def test_rules_come_through_a_pipe_and_no_fifo(self):
        os.mkfifo(self.at('fifo'))
        self.sync('plan', '--exclude-from', self.at('fifo'), expect=USAGE)
        reads, writes = os.pipe()
        os.write(writes, b'a\n')
        os.close(writes)
        try:
            said = self.sync('plan', '--exclude-from', f'/dev/fd/{reads}', pass_fds=[reads])
        finally:
            os.close(reads)
        self.assertNotIn('update a', said.out)

    def test_a_replica_is_not_made_through_a_link_of_somebody_else(self):
        link = self.plant(self.at('private'))
        with self.untouched(self.at('private')):
            self.execute('run', '-s', self.source, '-r', os.path.join(link, 'new'), expect=REFUSED)

    def test_what_a_user_links_to_of_their_own_is_mirrored(self):
        trees.build(self.in_theirs('releases'), {'5': {'page': 'x'}})
        trees.give_to(OTHER, self.in_theirs('releases'))
        current = self.plant('releases/5', 'current')
        self.execute('run', '-s', current, '-r', self.replica, expect=DONE)
        self.assertEqual(b'x', self.content('page'))

    def test_links_of_roots_and_of_the_caller_are_followed(self):
        self.live_as(OTHER, self.source, self.replica)
        for name, owner in (('of root', 0), ('of the caller', OTHER)):
            os.symlink(self.top, self.at(name))
            os.chown(self.at(name), owner, owner, follow_symlinks=False)
            self.execute('run', '-s', self.at(name, 'source'), '-r', self.at(name, 'replica'),
                         uid=OTHER, expect=DONE)
        self.assertEqual(b'new', self.content('a'))

    def test_folders_that_the_caller_has_open_are_taken_as_they_are_open(self):
        descriptors = [os.open(path, os.O_RDONLY | os.O_DIRECTORY)
                       for path in (self.source, self.replica)]
        try:
            names = [f'/dev/fd/{descriptors[0]}', f'/proc/self/fd/{descriptors[1]}']
            self.execute('run', '-s', names[0], '-r', names[1], pass_fds=descriptors, expect=DONE)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.assert_mirrored()


@as_root
class WrittenFilesTest(OthersTest):
    """Log, report, output and signature, where others may write."""

    def setUp(self):
        super().setUp()
        self.given({'a': 'new'}, {'a': 'old'})
        trees.write(self.at('precious'), 'precious')

    def kept(self):
        self.assertEqual(b'precious', trees.read(self.at('precious')))

    def writers(self, path):
        """How each kind of file is named on a command line."""
        both = ('-s', self.source, '-r', self.replica)
        return {'log': ('run', *both, '-l', path), 'report': ('run', *both, '--report', path),
                'output': ('plan', *both, '-o', path), 'scan': ('scan', '-s', self.source, '-o', path),
                'page': ('show', self.at('plan.json'), '--html', path),
                'signature': ('plan', *both, '-q', '--sign', self.at('key.pem'), '--signature', path)}

    def refused(self, path, *left_out):
        self.plan_file()
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', self.at('key.pem')],
                       check=True, capture_output=True)
        for name, arguments in self.writers(path).items():
            if name in left_out:
                continue
            with self.subTest(name), self.untouched(self.replica, self.theirs):
                self.execute(*arguments, expect=REFUSED)
        self.kept()

    def test_a_fifo_is_not_waited_for(self):
        os.mkfifo(self.in_theirs('out'))
        self.refused(self.in_theirs('out'))

    def test_a_link_of_somebody_else_is_not_written_through(self):
        self.refused(self.plant(self.at('precious')))
        self.refused(self.plant(self.at('made through it'), 'dangling'))
        self.assertFalse(os.path.exists(self.at('made through it')))

    def test_nothing_is_written_below_a_link_of_somebody_else(self):
        link = self.plant(self.top, 'way')
        self.refused(os.path.join(link, 'precious'))
        self.refused(os.path.join(link, 'new'))
        self.assertFalse(os.path.exists(self.at('new')))

    def test_a_file_of_somebody_else_is_neither_written_nor_replaced(self):
        trees.write(self.in_theirs('out'), '')
        trees.give_to(OTHER, self.in_theirs('out'))
        self.refused(self.in_theirs('out'))

    def test_a_hard_link_to_a_file_of_roots_is_not_appended_to(self):
        trees.write(self.at('precious'), '')
        os.link(self.at('precious'), self.in_theirs('log'))
        for option in ('-l', '--report'):
            with self.untouched():
                said = self.sync('run', option, self.in_theirs('log'), expect=REFUSED)
                self.assertIn('hard link', said.err + said.out)
        self.assertEqual(b'', trees.read(self.at('precious')))

    def test_an_output_takes_the_place_of_a_hard_link_and_leaves_what_it_led_to(self):
        os.link(self.at('precious'), self.in_theirs('plan.json'))
        self.sync('plan', '-o', self.in_theirs('plan.json'))
        self.kept()
        self.assertEqual(1, os.stat(self.in_theirs('plan.json')).st_nlink)
        self.assertEqual(['plan.json'], os.listdir(self.theirs))

    def test_a_log_and_an_output_of_ones_own_are_written_in_folders_of_others(self):
        for _ in range(2):
            self.sync('run', '-l', self.in_theirs('log'))
            self.sync('plan', '-o', self.in_theirs('plan.json'))
        self.assertIn('update a', self.log_text(self.in_theirs('log')))
        self.assertEqual(['log', 'plan.json'], sorted(os.listdir(self.theirs)))

    def test_streams_are_written_to_and_a_link_of_ones_own_is_replaced(self):
        os.symlink(self.at('precious'), self.at('link'))
        for path in ('/dev/null', '/dev/stdout', '/proc/self/fd/1', self.at('link')):
            said = self.sync('plan', '-q', '-o', path)
            self.assertEqual('fd' in path or 'stdout' in path, 'sync.plan' in said.out)
        self.kept()
        self.assertIn(b'sync.plan', trees.read(self.at('link')))


@as_root
class DefaultLogTest(OthersTest):
    def test_what_is_no_log_of_this_program_is_not_appended_to_unasked(self):
        self.given({'a': 'new'})
        trees.write(self.at('precious'), '')
        for make in (lambda: trees.write(self.log, 'my notes'),
                     lambda: os.link(self.at('precious'), self.log),
                     lambda: (trees.write(self.log, ''), trees.give_to(OTHER, self.log))):
            make()
            before = trees.read(self.log)
            said = self.sync('run')
            self.assertIn('no log file', said.err)
            self.assertEqual(before, trees.read(self.log))
            os.unlink(self.log)
        self.assert_mirrored()


@as_root
class BackupsTest(OthersTest):
    """Root keeps backups where others may write."""

    def setUp(self):
        super().setUp()
        self.given({'a': 'new'}, {'a': 'old'})
        self.backups = self.in_theirs('backups')

    def run_with_a_backup(self, *more, expect=DONE):
        trees.write(self.in_source('a'), os.urandom(4).hex() * 8)
        return self.sync('run', '--backup-dir', self.backups, *more, expect=expect)

    def test_a_link_of_somebody_else_is_no_backup_folder(self):
        os.mkdir(self.at('private'))
        self.plant(self.at('private'), 'backups')
        with self.untouched(self.at('private'), self.replica):
            said = self.run_with_a_backup(expect=REFUSED)
            self.assertIn(f'uid {OTHER}', said.out + said.err)

    def test_planted_backups_do_not_push_out_those_of_root(self):
        os.mkdir(self.backups)
        trees.give_to(OTHER, self.backups)
        self.run_with_a_backup()
        [first] = os.listdir(self.backups)
        planted = '9999' + first[4:]
        shutil.copytree(os.path.join(self.backups, first), os.path.join(self.backups, planted))
        trees.give_to(OTHER, os.path.join(self.backups, planted))
        self.run_with_a_backup('--backup-keep', '2')
        self.assertEqual(3, len(os.listdir(self.backups)))
        self.assertIn(first, os.listdir(self.backups))

    def test_the_backup_of_this_run_is_never_removed(self):
        self.run_with_a_backup()
        [first] = os.listdir(self.backups)
        later = os.path.join(self.backups, '9999' + first[4:])
        os.rename(os.path.join(self.backups, first), later)
        said = self.run_with_a_backup('--backup-keep', '1')
        [own] = set(os.listdir(self.backups)) - {os.path.basename(later)}
        self.assertIn(own, said.out)
        self.assertTrue(os.path.exists(later), 'what was renamed does not count')


@as_root
class WaysTest(OthersTest):
    """Root's folders lie in a folder of somebody else."""

    def setUp(self):
        super().setUp()
        self.given({'a': 'new'})
        self.replica = self.in_theirs('replica')

    def exchange(self, name):
        os.rename(self.in_theirs(name), self.in_theirs('moved'))
        trees.build(self.in_theirs(name), {'precious': 'x'})

    def test_the_replica_must_be_the_one_that_the_last_run_knew(self):
        self.assertEqual(1, (said := self.sync('run')).err.count('from now on'), said)
        self.assertIn(self.replica, said.err)
        self.assertNotIn('from now on', self.sync('run').err)
        plan = self.plan_file()
        self.exchange('replica')
        with self.untouched():
            for said in (self.sync('run', expect=REFUSED), self.sync('plan', expect=REFUSED),
                         self.execute('apply', plan, '-s', self.source, '-r', self.replica,
                                      expect=REFUSED),
                         self.execute('recover', '-r', self.replica, expect=REFUSED)):
                self.assertIn('--new-replica', said.err)
        self.sync('run', '--new-replica')
        self.sync('run')
        self.assert_mirrored()

    def test_the_backup_folder_must_be_the_one_that_the_last_run_knew(self):
        self.replica = self.at('replica')
        os.mkdir(self.in_theirs('backups'))
        backup = ('--backup-dir', self.in_theirs('backups'))
        self.assertIn('from now on', self.sync('run', *backup).err)
        self.assertNotIn('from now on', self.sync('run', *backup).err)
        self.exchange('backups')
        with self.untouched(self.replica, self.in_theirs('backups')):
            self.assertIn('backup folder', self.sync('run', *backup, expect=REFUSED).err)
        self.sync('run', *backup, '--new-replica')

    @with_acls
    def test_an_access_list_may_let_others_exchange_where_a_private_group_does_not(self):
        shared = self.at('shared')
        os.mkdir(shared)
        os.chmod(shared, 0o775)
        self.replica = os.path.join(shared, 'first')
        self.assertNotIn('from now on', self.sync('run').err)
        os.setxattr(shared, 'system.posix_acl_access', trees.access_acl(OTHER, 7))
        self.replica = os.path.join(shared, 'second')
        self.assertIn('from now on', self.sync('run').err)

    def test_where_nothing_is_remembered_it_is_said_each_time(self):
        for _ in range(2):
            self.assertIn('nothing tells', self.sync('run', '--state', '/dev/null').err)


class OldPlansTest(OthersTest):
    DAY = 24 * 60 * 60

    def setUp(self):
        super().setUp()
        self.given({'a': 'new'}, {'a': 'old', 'gone': 'x'})

    def aged(self, days):
        """A plan that was made so many days ago, which is what a sealed document says."""
        plan = self.plan()
        made = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
        plan['created'] = made.strftime('%Y-%m-%dT%H:%M:%S.000000000Z')
        path = self.at('plan.json')
        trees.write(path, sealed_plan.signed(plan))
        os.chmod(path, 0o600)
        return path

    def test_a_plan_that_only_its_file_speaks_for_is_refused_after_a_week(self):
        path = self.aged(8)
        with self.untouched():
            for extra in ((), ('-s', self.source), ('-r', self.replica)):
                self.assertIn('7 days', self.execute('apply', path, *extra, expect=REFUSED).err)
        self.execute('apply', self.aged(6), '--dry-run', expect=DONE)
        for more in (('--max-age', str(9 * self.DAY)), ('-s', self.source, '-r', self.replica)):
            self.execute('apply', path, '--dry-run', *more, expect=DONE)
        with open(path, 'rb') as document:
            self.execute('apply', '-', '--dry-run', input=document.read(), expect=DONE)
        descriptor = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        self.execute('apply', f'/dev/fd/{descriptor}', pass_fds=[descriptor], expect=DONE)
        self.assert_mirrored()

    @as_root
    def test_an_older_plan_in_the_place_of_todays_is_not_believed(self):
        os.mkdir(self.in_theirs('plans'))
        self.sync('plan', '-q', '-o', self.in_theirs('plans', 'plan.json'))
        for path in (self.in_theirs('plans', 'plan.json'),):
            with self.untouched():
                said = self.execute('apply', path, expect=REFUSED)
                self.assertIn(self.in_theirs('plans'), said.err)
                self.assertIn('--verify', said.err)
        self.execute('apply', path, '-s', self.source, '-r', self.replica, expect=DONE)

    @as_root
    def test_a_signature_speaks_for_a_plan_wherever_it_lies(self):
        key, public = self.at('key.pem'), self.at('key.pub')
        for args in (('genpkey', '-algorithm', 'ed25519', '-out', key),
                     ('pkey', '-in', key, '-pubout', '-out', public)):
            subprocess.run(['openssl', *args], check=True, capture_output=True)
        self.sync('plan', '-q', '-o', self.in_theirs('plan.json'), '--sign', key)
        self.execute('apply', self.in_theirs('plan.json'), expect=REFUSED)
        self.execute('apply', self.in_theirs('plan.json'), '--verify', public, expect=DONE)
        self.assert_mirrored()

    def test_a_plan_in_a_sticky_folder_is_believed(self):
        os.mkdir(self.at('tmp'))
        os.chmod(self.at('tmp'), 0o1777)
        self.sync('plan', '-q', '-o', self.at('tmp', 'plan.json'))
        self.execute('apply', self.at('tmp', 'plan.json'), expect=DONE)
        self.assert_mirrored()


if __name__ == '__main__':
    unittest.main()
