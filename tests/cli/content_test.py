"""How a change is decided, holes, and files that do not hold still."""
import os
import threading
import unittest

from tests.support import trees
from tests.support.program import DONE, PENDING, ProgramTest
from tests.support.trees import SECOND, file, folder


class DecisionTest(ProgramTest):
    def test_same_size_and_time_is_unchanged_unless_checksum_is_asked_for(self):
        self.given(folder({'a': file('new', mtime=SECOND)}, mtime=1),
                   folder({'a': file('old', mtime=SECOND)}, mtime=1))
        with self.untouched():
            self.sync('run')
        self.sync('plan', '--checksum', '--detailed-exitcode', expect=PENDING)
        self.mirror('--checksum')
        self.assertEqual(b'new', self.content('a'))

    def test_a_checksum_repair_can_be_applied_from_a_plan(self):
        self.given({'a': file('new', mtime=SECOND)}, {'a': file('old', mtime=SECOND)})
        self.execute('apply', '-', input=self.plan_text('--checksum'), expect=DONE)
        self.assertEqual(b'new', self.content('a'))

    def test_checksum_finds_a_change_behind_the_back_of_the_cache(self):
        self.given({'a': file('one', mtime=SECOND)})
        self.mirror('--checksum')
        trees.write(self.in_source('a'), 'two', mtime=SECOND)
        self.mirror('--checksum')

    def test_a_smaller_and_a_larger_file_of_the_same_time_are_updated(self):
        self.given({'a': file('xx', mtime=5), 'b': file('xxxx', mtime=5)},
                   {'a': file('xxx', mtime=5), 'b': file('xxx', mtime=5)})
        self.mirror()

    def test_a_difference_in_the_last_byte_is_found(self):
        content = os.urandom(3_000_000)
        self.given({'a': content}, {'a': content[:-1] + bytes([content[-1] ^ 1])})
        self.mirror()

    def test_rewrites_of_the_same_size_right_after_a_run_are_found(self):
        self.given({'a': '000'})
        for number in range(1, 25):
            trees.write(self.in_source('a'), f'{number:03}')
            self.sync('run')
            self.assertEqual(f'{number:03}'.encode(), self.content('a'))

    def test_a_file_restored_from_a_backup_with_an_older_time_is_mirrored(self):
        self.given({'a': file('old but wanted', mtime=SECOND)}, {'a': file('new but unwanted')})
        self.mirror()

    def test_what_was_changed_in_the_replica_is_put_right(self):
        self.given({'a': 'original', 'd': {'b': 'x'}})
        self.mirror()
        trees.write(self.in_replica('a'), 'tampered')
        trees.remove(self.in_replica('d'))
        self.mirror()


class HolesTest(ProgramTest):
    def test_holes_stay_holes(self):
        self.given({'hole': file('', size=64 << 20), 'head': file('x' * 5000, size=64 << 20)})
        with open(self.in_source('islands'), 'wb') as out:
            for offset in range(0, 64 << 20, 8 << 20):
                out.seek(offset + 12345)
                out.write(b'island')
        self.mirror()

    def test_a_hole_of_a_tebibyte_is_no_work(self):
        self.given({})
        try:
            with open(self.in_source('huge'), 'wb') as out:
                out.truncate(1 << 40)
                out.seek(1 << 39)
                out.write(b'in the middle')
        except OSError:
            self.skipTest('the temporary folder cannot hold a file of a tebibyte')
        self.mirror()

    def test_a_file_that_became_sparse_is_mirrored_with_its_hole(self):
        self.given({'a': file('x', size=32 << 20)}, {'a': file(b'x' + bytes(16 << 20))})
        self.mirror()

    def test_a_file_extended_by_a_hole_is_mirrored(self):
        self.given({'a': 'x' * 10_000})
        self.mirror()
        os.truncate(self.in_source('a'), 32 << 20)
        self.mirror()


class RestlessTest(ProgramTest):
    def test_a_file_that_grows_for_ever_is_mirrored_as_far_as_it_was_read(self):
        self.given({'growing': b'0' * 4_000_000, 'other': 'x'})
        over = threading.Event()

        def grow():
            with open(self.in_source('growing'), 'ab', buffering=0) as out:
                while not over.is_set():
                    out.write(b'more' * 100)
        writer = threading.Thread(target=grow)
        writer.start()
        try:
            for _ in range(3):
                self.sync('run', source_may_change=True)
                copied = self.content('growing')
                self.assertGreaterEqual(len(copied), 4_000_000)
                self.assertTrue(trees.read(self.in_source('growing')).startswith(copied))
        finally:
            over.set()
            writer.join()
        self.mirror()

    def test_files_that_come_and_go_do_no_harm(self):
        self.given({'steady': {str(number): 'x' for number in range(300)}, 'restless': {}})
        over = threading.Event()

        def churn():
            number = 0
            while not over.is_set():
                path = self.in_source('restless', str(number % 50))
                number += 1
                if os.path.exists(path):
                    os.unlink(path)
                else:
                    trees.write(path, 'x' * number)
        writer = threading.Thread(target=churn)
        writer.start()
        try:
            for _ in range(5):
                self.sync('run', expect=(0, 3, 4), source_may_change=True)
                self.assertEqual(300, len(os.listdir(self.in_replica('steady'))))
        finally:
            over.set()
            writer.join()
        self.mirror()


if __name__ == '__main__':
    unittest.main()
