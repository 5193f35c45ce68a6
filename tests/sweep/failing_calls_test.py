"""When a system call fails, the program says so, tears nothing, and converges once it works again.

In every errno's sweep each point is a call of the run, and the call fails once or, with every call
after it, for good. EINTR is not tried for good: an interrupted call is made again until it isn't;
nor are the locks of the database: SQLite takes one it can't have for somebody else's, and waits.
"""
import unittest

from tests.support.program import DONE, FAILED, LOCKED, PARTIAL, REFUSED, STALE
from tests.sweep.sweep import SweepTest, part_of, spread

ONCE, FOR_GOOD = '--fail', '--fail-from'
ENDS = (DONE, FAILED, PARTIAL, STALE, REFUSED, LOCKED)


class FailingCallsSweep(SweepTest):
    """Lets one call after the other fail, and the next run put everything right."""

    def sweep(self, errno, how, count, part=0, parts=1):
        what = () if how == ONCE else ('--except', 'fcntl')
        total = self.count_calls(*what)
        for number in part_of(spread(range(1, total + 1), count), part, parts):
            point = f'call {number} fails with {errno}{" and all after it" * (how != ONCE)}'
            with self.subTest(point):
                self.start_again()
                code = self.stopped(how, f'{number}={errno}', *what)
                self.assertGreaterEqual(self.calls_seen(), number, f'{point}: it was not reached')
                self.assertIn(code, ENDS, point)
                self.assert_nothing_is_torn(point)
                if code == DONE:
                    self.assertEqual([], self.differences(), f'{point}: exit 0')
                self.assert_converges(point)
            self.forget()


class FailingCallsTest(FailingCallsSweep):
    def test_a_call_fails_with_EIO_1_of_2(self):
        self.sweep('EIO', ONCE, 60, 0, 2)

    def test_a_call_fails_with_EIO_2_of_2(self):
        self.sweep('EIO', ONCE, 60, 1, 2)

    def test_a_call_fails_with_ENOSPC_1_of_2(self):
        self.sweep('ENOSPC', ONCE, 60, 0, 2)

    def test_a_call_fails_with_ENOSPC_2_of_2(self):
        self.sweep('ENOSPC', ONCE, 60, 1, 2)


def add_the_other_faults():
    """A few points of every other fault: all of them take hours."""
    faults = [(errno, ONCE) for errno in ('EACCES', 'EDQUOT', 'EINTR', 'EMFILE', 'EROFS')]
    faults += [(errno, FOR_GOOD)
               for errno in ('EACCES', 'EDQUOT', 'EIO', 'EMFILE', 'ENOSPC', 'EROFS')]
    for errno, how in faults:
        def test(self, errno=errno, how=how):
            self.sweep(errno, how, 12)
        name = f'test_{"a_call_fails" if how == ONCE else "all_calls_fail"}_with_{errno}'
        setattr(FailingCallsTest, name, test)


add_the_other_faults()

if __name__ == '__main__':
    unittest.main()
