"""What the backups have is listed, and one file, one folder or a run comes back."""
import fcntl
import json
import os
import shutil
import subprocess
import unittest

from tests.support import compare, sealed_plan, trees
from tests.support.program import (DONE, LOCKED, PARTIAL, REFUSED, USAGE, ProgramTest,
                                   with_xattrs)
from tests.support.trees import file, folder, same_inode_as, symlink

OLD_NAME = '019a0d3e-5b80-7c3a-9f21-0123456789ab'


class VersionsTest(ProgramTest):
    """Tests with runs that keep a backup. `out`: where things are given back."""

    def setUp(self):
        super().setUp()
        self.backups, self.out = self.at('backups'), self.at('out')
        os.mkdir(self.out)

    def run_of(self, source, *args):
        """Mirrors that source, and says what the run's backup is called."""
        before = self.names()
        if os.path.lexists(self.source):
            trees.remove(self.source)
        trees.build(self.source, source)
        self.sync('run', '--new-source', '--backup-dir', self.backups, *args)
        [name] = self.names() - before
        return name

    def names(self):
        return set(os.listdir(self.backups)) if os.path.isdir(self.backups) else set()

    def ask(self, command, *args, **options):
        return self.execute(command, '-r', self.replica, *args, **options)

    def versions(self, *args, expect=DONE, **options):
        return self.ask('versions', *args, expect=expect, **options)

    def listed(self, *args):
        return [json.loads(line) for line in self.versions('--json', *args).out.splitlines()]

    def restore(self, path, at, *args, expect=DONE, **options):
        return self.ask('restore', path, '--at', at, '--to', self.out, *args, expect=expect,
                        **options)

    def undo(self, *args, expect=DONE, **options):
        return self.ask('undo', *args, expect=expect, **options)

    def given_back(self, *names):
        return trees.read(os.path.join(self.out, *names)).decode()

    def rename_as_version_1_0_did(self, name):
        self.rename_as_if_made_by(name, OLD_NAME)

    def rename_as_if_made_by(self, name, other):
        old, new = (os.path.join(self.backups, one) for one in (name, other))
        os.rename(old, new)
        undo = os.path.join(new, 'undo.json')
        text = trees.read(undo).decode().replace(name, other)
        document = json.loads(text)
        sealed_plan.seal(document)
        with open(undo, 'w', encoding='utf-8') as written:
            json.dump(document, written)
        os.chmod(undo, 0o600)


class ListTest(VersionsTest):
    def test_the_runs_are_listed_the_newest_first(self):
        first = self.run_of({'a': '1', 'b': 'x'})
        second = self.run_of({'a': '22', 'c': 'x'})
        runs = self.listed()
        self.assertEqual([second, first], [run['run'] for run in runs])
        self.assertEqual((1, 1, 1), tuple(runs[0][key] for key in
                                          ('created', 'replaced', 'deleted')))
        self.assertIn('1 created, 1 replaced, 1 deleted', self.versions().out)

    def test_names_of_backups_sort_by_time(self):
        names = [self.run_of({'a': '1' * count}) for count in range(1, 4)]
        self.assertEqual(names, sorted(names))

    def test_the_versions_of_a_file_say_until_when_they_were_there(self):
        first = self.run_of({'a': file('1', mtime=5)})
        self.run_of({'a': file('1', mtime=5), 'b': 'x'})
        third = self.run_of({'a': '22', 'b': 'x'})
        self.assertEqual([(None, 2), (third, 1), (first, None)],
                         [(one['run'], one.get('size')) for one in self.listed('a')])
        text = self.versions('a').out.splitlines()
        self.assertRegex(text[0], '^now  .* 2 B  mode 0644')
        self.assertIn('nothing was there', text[2])

    def test_a_path_may_be_named_in_the_replica(self):
        self.run_of({'d': {'a': '1'}})
        self.assertEqual(self.listed('d/a'), self.listed(self.in_replica('d', 'a')))
        self.assertEqual(self.listed('d/a'), self.listed('./d//a/'))
        name = os.path.basename(self.replica)
        self.assertEqual(self.listed('d/a'), [
            json.loads(line) for line in
            self.versions('--json', f'{name}/d/a', cwd=self.top).out.splitlines()])
        for wrong in ('../a', self.at('elsewhere')):
            self.versions(wrong, expect=USAGE)

    def test_a_name_can_not_tell_the_terminal_what_to_do(self):
        self.run_of({'\x1b[31m': '1'})
        self.assertNotIn('\x1b', self.versions('x\x1b[31m', expect=REFUSED).err)

    def test_what_never_was_is_refused(self):
        self.run_of({'a': '1'})
        self.assertIn("'b'", self.versions('b', expect=REFUSED).err)

    def test_where_nothing_is_known_the_option_is_named(self):
        self.given({'a': '1'}, {})
        self.sync('run')
        said = self.versions(expect=USAGE)
        self.assertIn('--backup-dir', said.err)

    def test_the_folder_can_be_named_and_the_job_knows_it(self):
        name = self.run_of({'a': '1'})
        state = self.at('another-state')
        self.versions('--state', state, expect=USAGE)
        self.assertFalse(os.path.exists(state), 'a question makes nothing')
        said = self.versions('--state', state, '--backup-dir', self.backups)
        self.assertIn(name, said.out)
        job = self.at('job.toml')
        with open(job, 'w', encoding='utf-8') as text:
            text.write(f'replica = "{self.replica}"\nbackup-dir = "{self.backups}"\n')
        self.assertIn(name, self.execute('versions', '--config', job, '--state', state,
                                         expect=DONE).out)

    def test_a_folder_that_has_gone_is_told(self):
        self.run_of({'a': '1'})
        trees.remove(self.backups)
        self.assertIn(self.backups, self.versions(expect=REFUSED).err)

    def test_backups_of_another_replica_are_not_listed(self):
        self.run_of({'a': '1'})
        other = self.at('other')
        self.execute('run', '-s', self.source, '-r', other, '--backup-dir', self.backups,
                     expect=DONE)
        self.assertEqual(2, len(self.names()))
        self.assertEqual(1, len(self.listed()))

    def test_what_others_could_have_planted_is_not_listed(self):
        first = self.run_of({'a': '1'})
        forged = '9999' + first[4:]
        shutil.copytree(os.path.join(self.backups, first), os.path.join(self.backups, forged))
        self.assertEqual([first], [run['run'] for run in self.listed()])
        os.chmod(os.path.join(self.backups, first), 0o777)
        self.assertEqual([], self.listed())

    def test_backups_of_an_older_version_are_listed_restored_and_pruned(self):
        self.run_of({'a': '1'})
        second = self.run_of({'a': '22'})
        self.rename_as_version_1_0_did(second)
        self.assertIn(OLD_NAME, [run['run'] for run in self.listed()])
        self.restore('a', OLD_NAME)
        self.assertEqual('1', self.given_back('a'))
        third = self.run_of({'a': '333'}, '--backup-keep', '1')
        self.assertEqual({third}, self.names())

    def test_a_question_changes_nothing(self):
        self.run_of({'a': '1', 'd': {'b': 'x'}})
        with self.untouched(self.replica, self.backups, self.state):
            self.versions()
            self.versions('d')


class RestoreTest(VersionsTest):
    def test_a_file_comes_back_with_all_its_metadata(self):
        self.run_of({'a': file('old', mode=0o640, mtime=123456789_500000000)})
        second = self.run_of({'a': 'newer'})
        self.restore('a', second)
        status = os.stat(os.path.join(self.out, 'a'))
        self.assertEqual('old', self.given_back('a'))
        self.assertEqual((0o640, 123456789_500000000),
                         (status.st_mode & 0o7777, status.st_mtime_ns))

    def test_a_time_is_what_was_there_then(self):
        self.run_of({'a': '1'})
        self.run_of({'a': '22'})
        self.restore('a', '0s')
        self.assertEqual('22', self.given_back('a'))
        os.remove(os.path.join(self.out, 'a'))
        for at in ('2d', '2020-01-01', '2020-01-01 10:00', '2020-01-01T10:00:00Z'):
            self.assertIn('nothing was there', self.restore('a', at, expect=REFUSED).err)
        for wrong in ('yesterday', '2020-13-01', '2', '', '2020-01-01T'):
            self.restore('a', wrong, expect=USAGE)

    def test_nothing_is_ever_replaced(self):
        self.run_of({'a': '1'})
        second = self.run_of({'a': '22'})
        trees.build(self.out, {'a': 'mine'})
        with self.untouched(self.out, self.replica, self.backups):
            self.assertIn('nothing is ever replaced', self.restore('a', second, expect=REFUSED).err)

    def test_without_to_it_comes_into_the_current_folder(self):
        self.run_of({'a': '1'})
        second = self.run_of({'a': '22'})
        self.ask('restore', 'a', '--at', second, expect=DONE, cwd=self.out)
        self.assertEqual('1', self.given_back('a'))

    def test_nothing_is_put_into_the_replica_or_the_backups(self):
        second = [self.run_of({'a': text}) for text in ('1', '22')][1]
        for place in (self.replica, self.backups):
            with self.untouched(self.replica, self.backups):
                self.ask('restore', 'a', '--at', second, '--to', place, expect=REFUSED)

    def test_a_folder_comes_back_as_it_was(self):
        tree = {'d': {'kept': file('same', mtime=5), 'changed': file('old', mtime=6),
                      'gone': {'x': file('x', mtime=7)}, 'l': symlink('kept'),
                      'one': file('names', mtime=8), 'two': same_inode_as('d/one')},
                'else': 'x'}
        self.run_of(tree)
        then = self.at('then')
        subprocess.run(['cp', '-a', self.in_replica('d'), then], check=True)
        second = self.run_of({'d': {'kept': file('same', mtime=5), 'changed': 'newer',
                                    'new': {'y': 'y'}, 'one': file('names', mtime=8)}})
        self.run_of({'d': {'changed': 'newest'}})
        self.restore('d', second)
        self.assertEqual([], compare.differences(then, os.path.join(self.out, 'd')))
        self.assertEqual(['d'], os.listdir(self.out))

    def test_a_folder_that_was_renamed_since_is_found(self):
        self.run_of({'d': {'a': file('1' * 5000, mtime=5), 'b': file('2' * 5000, mtime=6)}})
        second = self.run_of({'e': {'a': file('1' * 5000, mtime=5), 'b': file('2' * 5000, mtime=6)}})
        self.run_of({'e': {'a': 'other'}})
        self.restore('d', second)
        self.assertEqual(['1' * 5000, '2' * 5000], [self.given_back('d', 'a'), self.given_back('d', 'b')])

    def test_all_of_the_replica_comes_back_under_its_name(self):
        self.run_of({'a': '1', 'd': {'b': 'x'}})
        second = self.run_of({'c': 'y'})
        self.restore('.', second)
        name = os.path.basename(self.replica)
        self.assertEqual(['a', 'd'], sorted(os.listdir(os.path.join(self.out, name))))

    def test_holes_stay_holes(self):
        self.run_of({'a': 'x'})
        with open(self.in_source('a'), 'wb') as sparse:
            sparse.truncate(8 << 20)
            sparse.seek(4 << 20)
            sparse.write(b'x')
        self.sync('run', '--backup-dir', self.backups)
        third = self.run_of({'a': 'y'})
        self.restore('a', third)
        status = os.stat(os.path.join(self.out, 'a'))
        self.assertEqual(8 << 20, status.st_size)
        self.assertLess(status.st_blocks * 512, 1 << 20)

    @with_xattrs
    def test_attributes_come_back(self):
        self.run_of({'a': file('1', xattrs={'user.colour': b'red'})})
        second = self.run_of({'a': '22'})
        self.restore('a', second)
        self.assertEqual(b'red', os.getxattr(os.path.join(self.out, 'a'), 'user.colour'))

    def test_a_folder_that_nobody_may_write_comes_back_so(self):
        self.run_of({'d': folder({'a': '1'}, mode=0o555)})
        second = self.run_of({'x': '1'})
        self.restore('d', second)
        self.assertEqual(0o555, os.stat(os.path.join(self.out, 'd')).st_mode & 0o777)

    def test_what_does_not_fit_the_undo_is_not_given_back(self):
        self.run_of({'a': '1'})
        second = self.run_of({'a': '22'})
        with open(os.path.join(self.backups, second, 'tree', 'a'), 'w', encoding='utf-8') as kept:
            kept.write('longer')
        self.assertNotEqual(DONE, self.restore('a', second, expect=None).code)
        self.assertEqual([], os.listdir(self.out))


    def test_a_gap_that_spans_have_made_is_told(self):
        names = [self.run_of({'a': '1' * count, 'b': '1'}) for count in range(1, 4)]
        for name, day in zip(names, ('2026-01-01', '2026-02-01', '2026-02-02')):
            self.rename_as_if_made_by(name, f'{day}T00.00.00.000Z-0000000a')
        last = self.run_of({'a': '1111', 'b': '2'}, '--backup-keep', '9m')
        self.assertEqual({'2026-01-01T00.00.00.000Z-0000000a',
                          '2026-02-02T00.00.00.000Z-0000000a', last}, self.names())
        self.assertIn('were removed', self.restore('a', '2026-01-15').err)
        self.assertEqual('11', self.given_back('a'), 'what the run of the second replaced')
        for at in ('2026-02-02T00.00', last):
            os.remove(os.path.join(self.out, 'a'))
            self.assertNotIn('were removed', self.restore('a', at).err)
        os.remove(os.path.join(self.out, 'a'))
        self.assertIn('nothing was there', self.restore('a', '2025-12-01', expect=REFUSED).err)


class FoundOtherwiseTest(VersionsTest):
    """What restore reads is held against what the runs left; what is not that is no old content."""

    def test_what_others_put_there_is_left_out_and_named(self):
        self.run_of({'d': {'a': file('mine', mode=0o600), 'b': 'x'}})
        name = self.run_of({'d': {'a': file('mine', mode=0o640), 'b': 'x'}})
        trees.remove(self.in_replica('d', 'a'))
        trees.write(self.in_replica('d', 'a'), 'else')
        self.assertIn("'d/a'", self.restore('d', name, expect=PARTIAL).err)
        self.assertEqual(['b'], os.listdir(os.path.join(self.out, 'd')))

    def test_a_backup_that_is_gone_is_not_taken_for_nothing(self):
        self.run_of({'d': {'a': '1', 'b': 'x'}})
        name = self.run_of({'d': {'a': '22', 'b': 'x'}})
        os.rename(os.path.join(self.backups, name, 'tree'), os.path.join(self.backups, name, 'gone'))
        self.assertIn('left out', self.restore('d', name, expect=PARTIAL).err)

    def test_without_backups_nothing_is_given_for_the_past(self):
        self.run_of({'a': '1'})
        os.mkdir(self.at('empty'))
        said = self.ask('restore', 'a', '--at', '30d', '--to', self.out, '--backup-dir',
                        self.at('empty'), expect=REFUSED)
        self.assertIn('no backup', said.err)
        self.assertEqual([], os.listdir(self.out))

    def test_no_run_is_at_work_meanwhile(self):
        name = self.run_of({'a': '1'})
        holder = os.open(self.replica, os.O_RDONLY)
        self.addCleanup(os.close, holder)
        fcntl.flock(holder, fcntl.LOCK_EX)
        self.restore('a', name, expect=LOCKED)

    def test_the_whole_replica_however_it_is_named(self):
        self.run_of({'a': '1'})
        for ending in ('/', '//', '/.'):
            self.execute('restore', '.', '--at', '0d', '--to', self.out, '-r', self.replica + ending,
                         expect=DONE)
            self.assertEqual('1', self.given_back('replica', 'a'))
            trees.remove(os.path.join(self.out, 'replica'))


class UndoTest(VersionsTest):
    def test_the_newest_run_is_taken_back_and_then_the_one_before(self):
        self.run_of({'a': '1'})
        self.run_of({'a': '22', 'b': 'x'})
        self.run_of({'c': 'x'})
        self.undo()
        self.assertEqual(['a', 'b'], sorted(os.listdir(self.replica)))
        self.undo()
        self.assertEqual(['a'], os.listdir(self.replica))
        self.assertEqual([True, True, False], [run['undone'] for run in self.listed()])

    def test_a_run_that_apply_took_back_is_known_too(self):
        self.run_of({'a': '1'})
        undo = os.path.join(self.backups, self.run_of({'a': '22'}), 'undo.json')
        for options, undone in ((['--dry-run'], False), ([], True)):
            self.execute('apply', undo, *options, expect=DONE)
            self.assertEqual([undone, False], [run['undone'] for run in self.listed()])
        self.undo()
        self.assertEqual([], os.listdir(self.replica))

    def test_in_a_folder_that_is_no_backup_of_the_replica_nothing_is_noted(self):
        self.run_of({'a': '1'})
        backup = os.path.join(self.backups, self.run_of({'a': '22'}))
        elsewhere = self.at('elsewhere')
        shutil.copytree(backup, elsewhere)
        said = self.execute('apply', os.path.join(elsewhere, 'undo.json'), expect=DONE)
        self.assertIn("can't be noted", said.err)
        self.assertEqual(['tree', 'undo.json'], sorted(os.listdir(elsewhere)))

    def test_it_says_what_the_next_run_will_do(self):
        self.run_of({'a': '1'})
        said = self.undo()
        self.assertIn('the next run mirrors the source again', said.err)
        self.assertIn('--exclude', said.err)

    def test_a_run_is_named_by_the_beginning_or_the_end_of_its_name(self):
        name = self.run_of({'a': '1'})
        self.undo(name[:23], '--dry-run')
        self.undo(name[-8:], '--dry-run')
        self.undo('2', '--dry-run')
        self.undo('1999', expect=USAGE)
        self.assertEqual(['a'], os.listdir(self.replica))

    def test_newer_runs_that_changed_the_same_stand_in_its_way(self):
        self.run_of({'a': '1'})
        second = self.run_of({'a': '22', 'b': 'x'})
        third = self.run_of({'a': '333', 'b': 'x'})
        with self.untouched():
            said = self.undo(second, expect=REFUSED)
        self.assertIn(third, said.err)
        self.assertIn("'a'", said.err)

    def test_newer_runs_that_changed_something_else_do_not(self):
        self.run_of({'a': '1'})
        second = self.run_of({'a': file('22', mtime=5)})
        self.run_of({'a': file('22', mtime=5), 'b': 'x'})
        self.undo(second)
        self.assertEqual('1', trees.read(self.in_replica('a')).decode())

    def test_a_part_is_taken_back(self):
        self.run_of({'d': {'a.txt': '1', 'b.jpg': '1'}, 'c.txt': '1'})
        self.run_of({'d': {}, 'new.txt': 'x'})
        self.undo('--only', 'd/*.txt')
        self.assertEqual(['d', 'new.txt'], sorted(os.listdir(self.replica)))
        self.assertEqual(['a.txt'], os.listdir(self.in_replica('d')))
        self.undo('--only', '*.jpg', '--only', 'c.txt')
        self.assertEqual(['c.txt', 'd', 'new.txt'], sorted(os.listdir(self.replica)))
        self.undo('--only', 'nothing', expect=USAGE)
        self.assertEqual([False, False], [run['undone'] for run in self.listed()])

    def test_a_part_brings_its_folders(self):
        self.run_of({'d': {'e': folder({'a': '1', 'b': '1'}, mode=0o750)}, 'x': '1'})
        self.run_of({'d': 'a file'})
        self.undo('--only', 'd/e/a')
        self.assertEqual(['a'], os.listdir(self.in_replica('d', 'e')))
        self.assertEqual(0o750, os.stat(self.in_replica('d', 'e')).st_mode & 0o777)
        self.assertFalse(os.path.exists(self.in_replica('x')))

    def test_a_dry_run_changes_nothing(self):
        self.run_of({'a': '1'})
        with self.untouched(self.replica, self.backups):
            self.assertIn('would delete a', self.undo('--dry-run').out)

    def test_runs_after_an_undo_are_taken_back_and_looked_through_as_well(self):
        self.run_of({'a': '1'})
        self.run_of({'a': '22'})
        self.undo()
        self.run_of({'a': '333'})
        self.assertEqual([3, 1, None], [one.get('size') for one in self.listed('a')])
        self.undo()
        self.assertEqual('1', trees.read(self.in_replica('a')).decode())

    def test_what_was_taken_back_is_not_taken_back_again(self):
        name = self.run_of({'a': '1'})
        self.undo()
        self.undo(name, expect=REFUSED)
        self.undo(expect=REFUSED)


class KeepTest(VersionsTest):
    def test_spans_are_kept(self):
        self.run_of({'a': '1'})
        name = self.run_of({'a': '22'}, '--backup-keep', '24h,7d,4w,12m')
        self.assertEqual({name}, self.names(), 'one of the hour, and the newest')

    def test_other_spans_are_wrong_usage(self):
        self.given({'a': '1'}, {})
        for wrong in ('7y', '1,2', '7d,,1w', '0h'):
            said = self.sync('run', '--backup-dir', self.backups, '--backup-keep', wrong,
                             expect=USAGE)
            self.assertIn('24h,7d,4w,12m', said.err)


if __name__ == '__main__':
    unittest.main()
