"""A large copy that was killed goes on where it stopped."""
import os
import unittest

from tests.sweep.sweep import KILLED, STAGING, StoppedTest

MEBIBYTE = 1 << 20
COPIES = ('--only', 'copy_file_range')


class LargeCopyTest(StoppedTest):
    def setUp(self):
        super().setUp()
        self.given({'small': 'x'}, {})
        with open(self.in_source('big'), 'wb') as file:
            for number in range(80):
                file.write(bytes([number]) * MEBIBYTE)

    def run_under(self, *options):
        return self.execute('run', '-s', self.source, '-r', self.replica,
                            wrapper=self.stopper(*COPIES, *options)).code

    def test_the_run_after_a_kill_copies_only_what_is_missing(self):
        self.assertEqual(0, self.run_under('--kill-before', '1000'))
        whole = self.calls_seen()
        os.remove(self.in_replica('big'))
        self.assertEqual(KILLED, self.run_under('--kill-before', str(whole)))
        self.assertEqual(0, self.run_under('--kill-before', '1000'))
        self.assertEqual(1, self.calls_seen())
        self.assertEqual([], self.differences())
        self.assertNotIn(STAGING, os.listdir(os.fsencode(self.replica)))


if __name__ == '__main__':
    unittest.main()
