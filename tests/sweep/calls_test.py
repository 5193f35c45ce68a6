"""Every call is made on a name in an open directory, and follows no link; read off traces."""
import json
import os
import unittest

from tests.support import trees
from tests.support.program import NOBODY
from tests.sweep import pair_of_trees
from tests.sweep.call_rules import (AT_EMPTY_PATH, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, Rules,
                                    is_changing)
from tests.sweep.sweep import StoppedTest

IN_TREE = os.O_RDONLY | os.O_NOFOLLOW


class CallsTest(StoppedTest):
    def setUp(self):
        super().setUp()
        replica, source = pair_of_trees.replica_and_source(os.geteuid() == 0)
        self.given(source, replica)
        self.out = self.at('out')
        os.mkdir(self.out)

    def traced(self, *args, expect=0, own=(), **options):
        """Runs `sync ARGS`; returns its calls on files, from the first in the test's folder on."""
        trace = self.at('trace')
        wrapper = self.stopper('--from', self.top, '--trace', trace)
        self.execute(*args, wrapper=wrapper, expect=expect, **options)
        with open(trace, encoding='ascii') as lines:
            calls = [json.loads(line) for line in lines]
        rules = Rules((self.source, self.replica),
                      (self.log, self.state, self.home, self.out, *own), self.cwd)
        broken = [reason for call in calls if (reason := rules.violation(call))]
        self.assertEqual([], broken[:10])
        return calls

    def changing(self, calls):
        """The names of the changing calls on entries of the replica."""
        return {call['call'] for call in calls if is_changing(call)
                for path in call.get('dirs', []) + call.get('files', [])
                if path and path.startswith(self.replica)}

    def assert_changes_by(self, names, calls):
        """The trace shows what it must: a trace without these calls would prove nothing."""
        self.assertLessEqual(names, self.changing(calls))

    def test_a_run_uses_names_in_open_directories_only(self):
        calls = self.traced('run', '-s', self.source, '-r', self.replica, '--xattrs')
        self.assert_changes_by({'mkdirat', 'openat', 'symlinkat', 'mknodat', 'linkat', 'renameat2',
                                'unlinkat', 'fchmod', 'utimensat'}, calls)
        self.assert_mirrored()

    def test_a_run_of_a_plain_user_does_too(self):
        if os.geteuid() == 0:
            trees.remove(self.source)
            trees.remove(self.replica)
            replica, source = pair_of_trees.replica_and_source(as_root=False)
            self.given(source, replica)
            self.live_as(NOBODY, self.source, self.replica, self.top)
        calls = self.traced('run', '-s', self.source, '-r', self.replica, '--xattrs',
                            **self.as_plain_user())
        self.assert_changes_by({'openat', 'renameat2', 'unlinkat'}, calls)
        self.assert_mirrored(owners=False)

    def as_plain_user(self):
        return {'uid': NOBODY} if os.geteuid() == 0 else {}

    def test_plan_changes_nothing_in_the_trees(self):
        calls = self.traced('plan', '-s', self.source, '-r', self.replica, '--checksum', '-o',
                            os.path.join(self.out, 'plan.json'))
        self.assertEqual(set(), self.changing(calls))

    def test_apply_uses_names_in_open_directories_only(self):
        plan = self.plan_file('--xattrs')
        calls = self.traced('apply', plan, own=(plan,))
        self.assert_changes_by({'mkdirat', 'openat', 'symlinkat', 'linkat', 'renameat2',
                                'unlinkat'}, calls)
        self.assert_mirrored()

    def test_scan_changes_nothing_in_the_tree(self):
        calls = self.traced('scan', '-s', self.replica, '--md5')
        self.assertEqual(set(), self.changing(calls))

    def test_a_killed_run_is_cleared_up_by_names_in_open_directories_only(self):
        wrapper = self.stopper('--only', 'renameat2', '--kill-after', '20')
        self.sync('run', wrapper=wrapper, expect=137)
        self.traced('run', '-s', self.source, '-r', self.replica, '--xattrs')
        self.assert_mirrored()


class RulesTest(unittest.TestCase):
    """The rules see what they are for."""

    rules = Rules(('/s', '/r'), ('/w/log.txt', '/state'), '/w')

    def verdict(self, call, names, dirs, flags=0):
        return self.rules.violation({'call': call, 'names': names, 'dirs': dirs, 'flags': flags})

    def test_a_name_in_an_open_directory_is_right(self):
        for call, flags in (('openat', IN_TREE), ('openat', os.O_RDWR | os.O_CREAT | os.O_EXCL),
                            ('unlinkat', 0), ('mkdirat', 0), ('statx', AT_SYMLINK_NOFOLLOW)):
            self.assertIsNone(self.verdict(call, ['a'], ['/r/d'], flags), call)
        self.assertIsNone(self.verdict('renameat2', ['a', 'b'], ['/r/d', '/r']))
        self.assertIsNone(self.verdict('utimensat', [None], ['/r/a']))
        self.assertIsNone(self.verdict('fchownat', [''], ['/r/a'], AT_EMPTY_PATH))
        self.assertIsNone(self.verdict('openat', ['..'], ['/r/d'], os.O_DIRECTORY))

    def test_a_path_is_wrong(self):
        self.assertIn('a path', self.verdict('openat', ['/r/a'], [None], IN_TREE))
        self.assertIn('a path', self.verdict('stat', ['/r/a'], [None]))
        self.assertIn('a path', self.verdict('unlink', ['../r/a'], [None]))
        self.assertIn('more than one', self.verdict('openat', ['a/b'], ['/r'], IN_TREE))
        self.assertIn('more than one', self.verdict('renameat2', ['a', '../b'], ['/r', '/r']))
        self.assertIn('not an entry', self.verdict('mkdirat', ['..'], ['/r']))
        self.assertIn('something else', self.verdict('unlink', ['/etc/passwd'], [None]))
        self.assertIn('the root', self.verdict('chmod', ['/r'], [None]))

    def test_what_follows_a_link_is_wrong(self):
        for call, flags in (('openat', os.O_RDONLY), ('openat', os.O_WRONLY | os.O_CREAT),
                            ('statx', 0), ('utimensat', 0), ('fchmodat', 0), ('fchownat', 0),
                            ('linkat', AT_SYMLINK_FOLLOW), ('faccessat', 0)):
            self.assertIn('followed', self.verdict(call, ['a'], ['/r'], flags) or '', call)

    def test_own_files_and_descriptors_by_name_are_right(self):
        self.assertIsNone(self.verdict('openat', ['log.txt'], [None], os.O_WRONLY | os.O_CREAT))
        self.assertIsNone(self.verdict('unlink', ['/state/memory.db-journal'], [None]))
        self.assertIsNone(self.verdict('chmod', ['/proc/self/fd/7'], [None]))
        self.assertIsNone(self.verdict('openat', ['/s'], [None], os.O_DIRECTORY))

    def test_content_in_a_visible_file_is_wrong(self):
        for path, seen in (('/r/a', True), ('/r/.sync-txn/1/2', False), ('/state/x', False)):
            for call in ({'call': 'write', 'files': [path]},
                         {'call': 'copy_file_range', 'files': ['/s/a', path]}):
                self.assertEqual(seen, self.rules.violation(call) is not None, call)


if __name__ == '__main__':
    unittest.main()
