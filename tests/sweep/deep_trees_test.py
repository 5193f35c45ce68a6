"""What deep trees cost: calls that grow with their levels, and no faster."""
import os
import resource

from tests.support import trees
from tests.support.program import is_sanitized
from tests.sweep.sweep import StoppedTest

LEVELS = 150  # more than descriptors are held
MOST_BYTES = 40 << 20


def limit_memory():
    """With less than it needs, the program would end with another code."""
    if not is_sanitized():
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))


class DeepTreesTest(StoppedTest):
    in_memory = True

    def calls(self, levels):
        """How many calls each command makes on a chain of so many levels, a file in each."""
        for folder in (self.source, self.replica, self.state, self.at('kept')):
            if os.path.exists(folder):
                trees.remove(folder)
        os.mkdir(self.state)
        chain = {'f': 'x'}
        for _ in range(levels):
            chain = {'f': 'x', 'd': chain}
        self.given(chain)
        pair = ('-s', self.source, '-r', self.replica, '--threads', '1')
        counts = {'scan': self.count('scan', '-s', self.source, '--md5'),
                  'plan': self.count('plan', *pair, '-o', self.at('plan.json')),
                  'apply': self.count('apply', self.at('plan.json'), '--threads', '1'),
                  'quiet run': self.count('run', *pair)}
        trees.remove(self.in_source('d'))
        counts['delete'] = self.count('run', *pair, '--backup-dir', self.at('kept'))
        counts['undo'] = self.count('apply', os.path.join(self.kept(), 'undo.json'),
                                    '--threads', '1')
        return counts

    def kept(self):
        [folder] = os.listdir(self.at('kept'))
        return self.at('kept', folder)

    def count(self, *command):
        self.execute(*command, expect=0, source_may_change=True,
                     wrapper=self.stopper('--from', self.top))
        return self.calls_seen()

    def test_twice_as_many_levels_cost_twice_as_many_calls(self):
        once, twice = self.calls(LEVELS), self.calls(2 * LEVELS)
        for command, count in once.items():
            self.assertLess(twice[command], 2.2 * count, command)

    def test_a_digest_takes_memory_by_the_depth_and_not_by_its_square(self):
        name = 255 * 'd'
        os.mkdir(self.source)
        levels = [os.open(self.source, os.O_RDONLY)]
        try:
            for _ in range(700):  # whose paths are 60 MiB together
                os.mkdir(name, dir_fd=levels[-1])
                levels.append(os.open(name, os.O_RDONLY, dir_fd=levels[-1]))
            self.execute('verify', '-s', self.source, '--digest', '--threads', '1', expect=0,
                         source_may_change=True, preexec_fn=limit_memory)
            while len(levels) > 1:
                os.close(levels.pop())
                os.rmdir(name, dir_fd=levels[-1])
        finally:
            for level in levels:
                os.close(level)


if __name__ == '__main__':
    import unittest
    unittest.main()
