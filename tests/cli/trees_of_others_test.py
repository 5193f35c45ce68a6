"""--no-setid and --no-devices: what a tree of others may not bring along."""
import os
import stat
import unittest

from tests.support import sealed_plan, trees
from tests.support.disks import DiskTest
from tests.support.program import BAD_PLAN, DONE, REFUSED, as_root
from tests.support.trees import file, folder


@as_root
class TreesOfOthersTest(DiskTest):
    BOTH = ('--no-setid', '--no-devices')

    def setUp(self):
        super().setUp()
        self.given({'d': folder({'program': file('new', mode=0o6755, owner=(1000, 1000))},
                                mode=0o2755),
                    'changed': file('x', mode=0o4755, mtime=5), 'pipe': trees.fifo()},
                   {'changed': file('x', mode=0o2700, mtime=5), 'null': 'kept'})
        os.mknod(self.in_source('null'), 0o666 | stat.S_IFCHR, os.makedev(1, 3))

    def mode(self, *names):
        return stat.S_IMODE(os.lstat(self.in_replica(*names)).st_mode)

    def assert_harmless(self):
        self.assertEqual((0o755, 0o755, 0o2755),
                         (self.mode('d', 'program'), self.mode('changed'), self.mode('d')))
        self.assertEqual(1000, os.lstat(self.in_replica('d', 'program')).st_uid)
        self.assertEqual(b'kept', self.content('null'))
        self.assertTrue(stat.S_ISFIFO(os.lstat(self.in_replica('pipe')).st_mode))

    def test_a_run_leaves_them_off_and_finds_nothing_to_do_afterwards(self):
        self.sync('run', *self.BOTH)
        self.assert_harmless()
        self.assert_quiet(*self.BOTH)

    def test_a_later_run_without_them_brings_all(self):
        self.sync('run', *self.BOTH)
        self.mirror()

    def test_an_undo_gives_back_what_was_taken_off(self):
        self.sync('run', *self.BOTH, '--backup-dir', self.at('backups'))
        kept, = os.listdir(self.at('backups'))
        self.execute('apply', self.at('backups', kept, 'undo.json'), expect=DONE)
        self.assertEqual(0o2700, self.mode('changed'))

    def test_all_or_nothing_leaves_the_mode_where_it_is_refused(self):
        trees.build(self.in_replica('gone'), {'x': 'x'})
        self.chattr('+i', self.in_replica('gone', 'x'))
        self.addCleanup(self.chattr, '-i', self.in_replica('gone', 'x'))
        self.sync('run', '--atomic', *self.BOTH, expect=REFUSED)
        self.assertEqual(0o2700, self.mode('changed'))

    def test_a_plan_says_so_and_apply_keeps_to_it(self):
        path = self.plan_file(*self.BOTH)
        plan = self.plan(*self.BOTH)
        self.assertEqual([True, True], [plan['options'][name] for name in ('no_setid', 'no_devices')])
        self.assertEqual(['options.no_devices', 'options.no_setid'], plan['needs'])
        self.assertEqual('1.1', plan['format_version'])
        self.assertEqual(plan['digest']['value'], sealed_plan.digest(plan))
        self.assertIn({'path': 'null', 'reason': 'device'}, plan['skipped'])
        shown = self.execute('show', path, expect=DONE).out
        for option in self.BOTH:
            self.assertIn(option, shown)
        self.execute('apply', path, expect=DONE)
        self.assert_harmless()

    def test_who_does_not_know_them_is_told_to_refuse(self):
        plan = self.plan(*self.BOTH)
        with self.untouched():
            self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                         input=sealed_plan.signed({**plan, 'needs': []}), expect=BAD_PLAN)


if __name__ == '__main__':
    unittest.main()
