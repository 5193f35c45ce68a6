"""Thirty dangerous command lines: all refused, and neither folder is written to."""
import os
import unittest

from tests.support import trees
from tests.support.program import NOBODY, REFUSED, USAGE, ProgramTest, as_root, with_mounts

SOURCE = {'a': 'x', 'sub': {'b': 'x'}}
REPLICA = {'old': 'x', 'sub': {'c': 'x'}}


class DangersTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)
        os.symlink('source', self.at('to source'))
        os.symlink('replica', self.at('to replica'))
        os.symlink('source/sub', self.at('into source'))
        os.symlink('replica/sub', self.at('into replica'))

    def assert_all_refused(self, cases):
        """`cases`: command lines by what is dangerous about them."""
        for danger, command in cases.items():
            with self.subTest(danger), self.untouched(self.source, self.replica):
                result = self.execute(*command, expect=(REFUSED, USAGE))
                self.assertNotEqual('', result.err)

    def run_of(self, source, replica, *options):
        return ['run', '-s', source, '-r', replica, *options]

    def of_pair(self, *options, command='run'):
        return [command, '-s', self.source, '-r', self.replica, *options]

    def test_the_same_folder(self):
        self.assert_all_refused({
            'twice the same': self.run_of(self.source, self.source),
            'through a link': self.run_of(self.source, self.at('to source')),
            'from a link': self.run_of(self.at('to source'), self.source),
            'by dots': self.run_of(self.source, self.at('replica', '..', 'source', '.')),
            'with slashes': self.run_of(self.source + '//', '/' + self.source + '/'),
        })

    def test_one_folder_inside_the_other(self):
        self.assert_all_refused({
            'replica in source': self.run_of(self.source, self.in_source('sub')),
            'new replica in source': self.run_of(self.source, self.in_source('new')),
            'new replica deep in source': self.run_of(self.source, self.in_source('sub', 'new')),
            'source in replica': self.run_of(self.in_replica('sub'), self.replica),
            'replica in source by a link': self.run_of(self.source, self.at('into source')),
            'new replica by a link': self.run_of(self.source, self.at('into source', 'new')),
            'source in replica by a link': self.run_of(self.at('into replica'), self.replica),
            'source above all': self.run_of(self.top, self.replica),
            'replica above all': self.run_of(self.source, self.top),
            'of the working directory': self.run_of('/proc/self/cwd', self.cwd + '/new'),
        })

    @with_mounts
    def test_one_folder_inside_the_other_by_a_bind_mount(self):
        self.mount_bind(self.source, self.at('bound'))
        self.mount_bind(self.in_source('sub'), self.at('part'))
        self.assert_all_refused({
            'the same by a mount': self.run_of(self.source, self.at('bound')),
            'inside a mount': self.run_of(self.source, self.at('bound', 'sub')),
            'new inside a mount': self.run_of(self.source, self.at('bound', 'new')),
            'a mounted part': self.run_of(self.source, self.at('part')),
            'from a mounted part': self.run_of(self.at('part'), self.source),
        })

    def test_precious_folders(self):
        os.symlink(self.home, self.at('to home'))
        with self.untouched(self.home):
            self.assert_all_refused({
                'everything': ['plan', '-s', self.source, '-r', '/'],
                'everything, by a link of the system': ['plan', '-s', self.source, '-r',
                                                        '/proc/self/root'],
                'home': self.run_of(self.source, self.home),
                'home by a link': self.run_of(self.source, self.at('to home')),
                'home by dots': self.run_of(self.source, self.at('replica', '..', 'home')),
            })

    @as_root
    def test_a_link_of_somebody_else(self):
        os.symlink(self.replica, self.at('planted'))
        os.chown(self.at('planted'), NOBODY, NOBODY, follow_symlinks=False)
        self.assert_all_refused({'planted': self.run_of(self.source, self.at('planted'))})

    def test_a_source_or_replica_that_is_none(self):
        trees.write(self.at('file'), 'x')
        self.assert_all_refused({
            'missing source': self.run_of(self.at('nowhere'), self.replica),
            'source is a file': self.run_of(self.at('file'), self.replica),
            'empty source': self.run_of('', self.replica),
            'empty replica': self.run_of(self.source, ''),
            'replica is a file': self.run_of(self.source, self.at('file')),
            'replica below nothing': self.run_of(self.source, self.at('nowhere', 'deeper')),
        })

    def test_files_of_our_own_inside_the_replica(self):
        self.assert_all_refused({
            'log': self.of_pair('-l', self.in_replica('x')),
            'log over a file': self.of_pair('-l', self.in_replica('old')),
            'log is the replica': self.of_pair('-l', self.replica),
            'log by a link': self.of_pair('-l', self.at('into replica', 'x')),
            'plan': self.of_pair('-o', self.in_replica('plan'), command='plan'),
            'plan over a file': self.of_pair('-o', self.in_replica('old'), command='plan'),
            'state': self.of_pair('--state', self.in_replica('state')),
            'state by a link': self.of_pair('--state', self.at('into replica', 'state')),
        })

    def test_the_replica_itself_as_state(self):
        os.symlink('../replica', self.at('home', 'state'))
        self.assert_all_refused({
            'state is the replica': self.of_pair('--state', self.replica),
            'with a slash': self.of_pair('--state', self.replica + '/'),
            'by dots': self.of_pair('--state', self.in_replica('sub', '..')),
            'by a link': self.of_pair('--state', self.at('to replica')),
            'a folder in it by a link': self.of_pair('--state', self.at('into replica')),
            'of a plan': self.of_pair('--state', self.replica, command='plan'),
        })

    def test_files_of_our_own_inside_a_replica_that_is_still_to_be_made(self):
        trees.remove(self.replica)
        for option in ('--state', '-l'):
            for name in ('', 'x', 'x/y'):
                with self.subTest(option=option, name=name):
                    self.execute(*self.of_pair(option, self.in_replica(name)), expect=REFUSED)
                    self.assertFalse(os.path.lexists(self.replica))

    def test_files_of_our_own_inside_a_replica_when_a_plan_is_applied(self):
        plan = self.plan_file()
        self.assert_all_refused({
            'log': ['apply', plan, '-l', self.in_replica('x')],
            'state': ['apply', plan, '--state', self.in_replica('state')],
            'state is the replica': ['apply', plan, '--state', self.replica],
        })


if __name__ == '__main__':
    unittest.main()
