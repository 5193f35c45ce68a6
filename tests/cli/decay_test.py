"""What a disk does to content by itself: found, held, healed, and never called a change."""
import contextlib
import hashlib
import os
import unittest

from tests.support import trees
from tests.support.decaying_disk import DecayingDiskTest
from tests.support.program import DONE, PARTIAL, PENDING, REFUSED
from tests.support.trees import SECOND, file


class DecayTest(DecayingDiskTest):
    """Both trees are the same, and what they hold is remembered."""

    def setUp(self):
        super().setUp()
        self.large = os.urandom(3 << 20)
        self.given({'small': file('a few bytes', mtime=SECOND),
                    'large': file(self.large, mtime=SECOND),
                    'd': {'one': file('of two names', mtime=SECOND)},
                    'sparse': file('island', size=1 << 20, mtime=SECOND)})
        os.link(self.in_source('d', 'one'), self.in_source('two'))
        self.mirror()
        self.grow_old()
        self.remembered_run()

    def remembered_run(self):
        """All is read and remembered, and nothing differs."""
        self.sync('run', '--checksum')
        self.assert_quiet('--checksum')

    def problems(self, *options):
        return [(problem['side'], problem['path'], problem['errno'])
                for problem in self.plan('--checksum', *options, expect=PARTIAL)['problems']]

    def test_reading_finds_what_remembering_does_not(self):
        self.decay(self.in_replica('small'))
        self.assert_quiet('--checksum=cached')
        self.sync('plan', '--checksum', '--detailed-exitcode', expect=PENDING)
        self.assertEqual(self.md5sum(self.in_replica('small')), self.scanned('small', '--md5sum'))
        self.assertNotEqual(self.md5sum(self.in_replica('small')),
                            self.scanned('small', '--md5sum=cached'))

    @staticmethod
    def md5sum(path):
        return hashlib.md5(trees.read(path)).hexdigest()

    def scanned(self, name, form):
        lines = self.execute('scan', '-s', self.replica, form, expect=DONE).out.splitlines()
        return next(line.split()[0] for line in lines if line.endswith(' ' + name))

    def test_what_went_bad_in_the_replica_is_healed_and_told(self):
        for name, at in (('small', 3), ('large', 2 << 20), ('d/one', 0), ('sparse', 2)):
            with self.subTest(name):
                self.decay(self.in_replica(name), at=at)
                self.assert_quiet()
                told = self.sync('run', '--checksum').out
                self.assertIn(f'healed {name}', told)
                self.assertIn('all content read', told)
                self.assert_mirrored()
                self.grow_old()
                self.remembered_run()

    def test_what_went_bad_in_the_source_is_held_until_it_is_accepted(self):
        for name, at in (('small', 3), ('large', (3 << 20) - 1), ('sparse', 2)):
            with self.subTest(name):
                before = self.content(name)
                self.decay(self.in_source(name), at=at)
                self.assertEqual([('source', name, 'EBADMSG')], self.problems())
                for _ in range(2):
                    told = str(self.sync('run', '--checksum', expect=PARTIAL))
                    self.assertIn('--accept-changed', told)
                    self.assertEqual(before, self.content(name))
                self.sync('run', '--checksum', '--accept-changed', name)
                self.assertNotEqual(before, self.content(name))
                self.assert_quiet('--checksum')
                self.grow_old()
                self.remembered_run()

    def test_all_names_of_a_bad_file_are_held(self):
        self.decay(self.in_source('two'))
        self.assertEqual([('source', 'd/one', 'EBADMSG'), ('source', 'two', 'EBADMSG')],
                         self.problems())

    def test_what_is_known_of_one_name_holds_them_all(self):
        trees.remove(os.path.join(self.state, 'foldersync', 'cache.db'))
        self.sync('run', '--checksum', '--exclude', '/two')
        self.decay(self.in_source('two'))
        before = self.content('two')
        self.assertEqual([('source', 'd/one', 'EBADMSG'), ('source', 'two', 'EBADMSG')],
                         self.problems())
        self.sync('run', '--checksum', expect=PARTIAL)
        self.assertEqual([before] * 2, [self.content('two'), self.content('d', 'one')])

    def test_what_went_bad_alike_in_both_trees_is_told_until_it_is_accepted(self):
        self.decay(self.in_source('small'), self.in_replica('small'))
        self.decay(self.in_source('large'), self.in_replica('large'))
        names = [('source', 'large', 'EBADMSG'), ('source', 'small', 'EBADMSG')]
        for _ in range(2):
            self.assertEqual(names, self.problems())
        accepted = ('--accept-changed', 'large', '--accept-changed', 'small')
        self.assertEqual([], self.plan('--checksum', *accepted)['problems'])
        self.sync('run', '--checksum', *accepted, '--dry-run')
        self.assertEqual(names, self.problems(), 'only a run accepts')
        self.sync('run', '--checksum', *accepted)
        self.remembered_run()

    def test_a_name_that_is_accepted_in_vain_is_told(self):
        told = self.sync('run', '--checksum', '--accept-changed', 'd/none').err
        self.assertIn("'d/none': nothing there was held", told)

    def test_a_bad_file_that_the_replica_lacks_is_not_carried_over(self):
        trees.remove(self.in_replica('small'))
        self.decay(self.in_source('small'))
        self.assertEqual([('source', 'small', 'EBADMSG')], self.problems())
        trees.write(self.in_source('small'), 'written anew')
        self.sync('run', '--checksum')
        self.assertEqual(b'written anew', self.content('small'))

    def test_a_change_that_shows_is_no_decay(self):
        trees.write(self.in_source('small'), 'a new byte!', mtime=5 * trees.SECOND)
        os.rename(self.in_source('large'), self.in_source('moved'))
        self.give_time(self.in_source('sparse'), 7)
        self.assertEqual([], self.plan('--checksum')['problems'])
        self.mirror('--checksum')

    def test_nothing_is_called_decay_of_which_nothing_is_remembered(self):
        trees.remove(os.path.join(self.state, 'foldersync', 'cache.db'))
        self.decay(self.in_source('small'))
        plan = self.plan('--checksum')
        self.assertEqual([], plan['problems'])
        self.assertEqual([['content']], [action['reason'] for action in plan['actions']
                                         if action['path'] == 'small'])


class ShareTest(DecayingDiskTest):
    """A run reads a share of what it takes for unchanged."""

    def setUp(self):
        super().setUp()
        self.names = [f'd{at}/f{at}' for at in range(4)]
        self.given({f'd{at}': {f'f{at}': file(f'content {at}', mtime=SECOND)} for at in range(4)})
        self.mirror()
        self.grow_old()
        self.sync('run', '--verify-percent', '100')

    def share(self, *options, percent='25', **expected):
        return self.sync('run', '--verify-percent', percent, *options, **expected)

    def test_each_file_is_read_in_turn(self):
        for turn in range(8):
            name = self.names[turn % 4]
            self.decay(self.in_replica(name))
            done = self.share()
            self.assertIn(f'healed {name}', done.out)
            self.assertIn('verified 2 files', done.out)
            self.assertEqual(turn % 4 == 3, 'to the end of the tree' in done.out, done)
            self.assert_mirrored()
            self.grow_old()
            self.sync('plan', '--checksum')

    def test_what_is_not_of_the_share_is_not_read(self):
        self.decay(self.in_replica(self.names[3]))
        self.assertNotIn('healed', self.share(percent='75').out)
        self.assertIn(f'healed {self.names[3]}', self.share(percent='75').out)

    def test_a_bound_of_time_is_one_of_beginning(self):
        self.decay(self.in_replica(self.names[3]))
        self.assertIn(f'healed {self.names[3]}', self.sync('run', '--verify-minutes', '5').out)

    def test_what_went_bad_in_the_source_is_held_by_every_run_after_it(self):
        name = self.names[1]
        self.decay(self.in_source(name))
        self.share('--dry-run', percent='100', expect=PARTIAL)
        self.sync('run')
        before = self.content(name)
        self.share(percent='100', expect=PARTIAL)
        trees.remove(self.in_replica(name))
        for _ in range(2):
            told = str(self.sync('run', expect=PARTIAL))
            self.assertIn('--accept-changed', told)
            self.assertFalse(os.path.exists(self.in_replica(name)))
        self.assertEqual([name], [problem['path'] for problem in
                                  self.plan(expect=PARTIAL)['problems']])
        self.sync('run', '--accept-changed', name)
        self.assertNotEqual(before, self.content(name))
        self.assert_quiet()

    def test_what_is_held_is_free_once_it_is_changed_or_gone_or_sound(self):
        bad = self.names[:3]
        self.decay(*map(self.in_source, bad))
        self.share(percent='100', expect=PARTIAL)
        self.assertEqual(3, len(self.plan(expect=PARTIAL)['problems']))
        trees.write(self.in_source(bad[0]), 'written anew')
        trees.remove(self.in_source(bad[1]))
        self.decay(self.in_source(bad[2]))  # the bit flips back
        self.sync('run', expect=PARTIAL)
        self.assertEqual([bad[2]], [problem['path'] for problem in
                                    self.plan(expect=PARTIAL)['problems']])
        self.share(percent='100')
        self.sync('run')
        self.assert_mirrored()

    def hold(self, name):
        """It went bad in the source, and a share has found it."""
        self.before = self.content(name)
        self.decay(self.in_source(name))
        self.share(percent='100', expect=PARTIAL)

    def assert_held(self, *names):
        """A run writes nothing of it, and keeps the good copies."""
        self.share(percent='100', expect=PARTIAL)
        self.sync('run', expect=PARTIAL)
        held = {problem['path'] for problem in self.plan(expect=PARTIAL)['problems']}
        self.assertLessEqual(set(names), held)
        for name in names:
            if os.path.exists(self.in_replica(name)):
                self.assertEqual(self.before, self.content(name))

    def forget_hashes(self):
        for suffix in ('', '-wal', '-shm'):
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(self.state, 'foldersync', f'cache.db{suffix}'))

    def test_what_is_held_stays_held_though_its_hash_is_forgotten(self):
        name = self.names[1]
        self.hold(name)
        self.sync('run', '--exclude', name, '--delete-excluded', expect=(DONE, PARTIAL))
        self.assert_held(name)
        self.assertFalse(os.path.exists(self.in_replica(name)))
        self.forget_hashes()
        self.assert_held(name)
        self.assertNotIn('nothing there was held',
                         self.sync('run', '--accept-changed', name).err)

    def test_what_is_held_stays_held_under_another_name_and_with_another_mode(self):
        name = self.names[1]
        self.hold(name)
        os.chmod(self.in_source(name), 0o600)
        self.assert_held(name)
        os.rename(self.in_source('d1'), self.in_source('e'))
        self.assert_held('e/f1')
        self.assertEqual(self.before, self.content(name), 'the last good copy stays')
        os.rename(self.in_source('e/f1'), self.in_source('e/g'))
        self.assert_held('e/g')
        self.decay(self.in_source('e/g'))  # the bit flips back
        self.share(percent='100')
        self.sync('run')
        self.assert_mirrored()

    def test_all_names_of_what_is_held_are(self):
        name = self.names[1]
        os.link(self.in_source(name), self.in_source('z'))
        self.sync('run')
        self.grow_old()
        self.share(percent='100')
        self.hold(name)
        os.remove(self.in_replica('z'))
        self.sync('run', '--exclude', name, expect=PARTIAL)
        self.assertFalse(os.path.exists(self.in_replica('z')))
        os.remove(self.in_source(name))
        self.assert_held('z')

    def test_what_is_found_is_held_though_nothing_is_applied(self):
        name = self.names[1]
        self.before = self.content(name)
        self.decay(self.in_source(name))
        self.share('--atomic', percent='100', expect=REFUSED)
        self.assertEqual([name], [problem['path'] for problem in
                                  self.plan(expect=PARTIAL)['problems']])

    def test_what_could_not_be_healed_is_healed_by_the_next_run(self):
        name = self.names[0]
        self.decay(self.in_replica(name))
        self.chattr('+i', self.in_replica(name))
        self.share(expect=PARTIAL)
        self.chattr('-i', self.in_replica(name))
        self.assertIn(name, self.sync('run').out)
        self.assert_mirrored()
        self.assert_quiet()


if __name__ == '__main__':
    unittest.main()
