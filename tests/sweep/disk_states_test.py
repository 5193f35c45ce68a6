"""The log of a disk tells all that was written, and cuts leave what a power cut can leave."""
import os
import tempfile
import unittest

from tests.support import trees
from tests.sweep import disk_states, logged_disk
from tests.sweep.disk_states import ALL, ALL_BUT_ONE, FLUSH, MARK, NONE, WRITE, Content, Event

PAGE = disk_states.PAGE


def writes(*numbers):
    """A page each, filled with its own number."""
    return [Event(WRITE, number * PAGE, bytes([number]) * PAGE) for number in numbers]


class CutTest(unittest.TestCase):
    EVENTS = [*writes(1, 2), Event(FLUSH, 0, b''), *writes(3, 4, 5), Event(MARK, 0, b'said')]

    def setUp(self):
        self.cutter = disk_states.Cutter(self.EVENTS, 512)

    def pages(self, *cut):
        """What the disk, which was empty, holds after the cut."""
        replay = disk_states.Replay(Content(), self.EVENTS)
        return replay.content_at(self.cutter.cut(*cut)).pages

    def test_nothing_is_durable_before_the_first_flush(self):
        self.assertEqual(set(), set(self.pages(2, NONE)))
        self.assertEqual({1, 2}, set(self.pages(2, ALL)))

    def test_what_was_flushed_is_there_whatever_becomes_of_the_rest(self):
        for kept in (NONE, 0.5, ALL_BUT_ONE, ALL):
            self.assertLessEqual({1, 2}, set(self.pages(6, kept)))
        self.assertEqual({1, 2}, set(self.pages(6, NONE)))
        self.assertEqual({1, 2, 3, 4, 5}, set(self.pages(6, ALL)))
        self.assertEqual(4, len(self.pages(6, ALL_BUT_ONE)))

    def test_writes_of_an_open_epoch_arrive_in_any_order(self):
        seen = {frozenset(self.pages(6, 0.5)) - {1, 2} for _ in range(200)}
        self.assertEqual(8, len(seen))

    def test_a_torn_write_ends_between_sectors(self):
        lengths = set()
        for _ in range(200):
            cut = self.cutter.cut(6, ALL, True)
            (torn, length), = (kept for kept in cut.kept if kept[1] < PAGE)
            lengths.add(length)
            pages = disk_states.Replay(Content(), self.EVENTS).content_at(cut).pages
            page = pages.get(self.EVENTS[torn].offset // PAGE, b'')
            self.assertEqual(length, len(page.rstrip(b'\0')))
        self.assertEqual(set(range(0, PAGE, 512)), lengths)

    def test_cuts_are_different_and_spread_over_the_log(self):
        cuts = self.cutter.spread(12, -1)
        self.assertEqual(len(cuts), len(set(cuts)))
        self.assertEqual({0, 3}, {cut.durable for cut in cuts})
        self.assertEqual({3}, {cut.durable for cut in self.cutter.spread(12, 2)})

    def test_marks_are_found_by_their_names(self):
        self.assertEqual({'said': 6}, disk_states.marks(self.EVENTS))


class ContentTest(unittest.TestCase):
    def test_writes_of_any_size_go_where_they_belong(self):
        content, expected = Content(), bytearray(3 * PAGE)
        for offset, data in ((0, b'a' * 512), (PAGE - 3, b'bcdefg'), (512, b'x' * 2 * PAGE),
                             (PAGE, bytes(PAGE))):
            content.write(offset, data)
            expected[offset:offset + len(data)] = data
        with tempfile.TemporaryDirectory() as top:
            path = os.path.join(top, 'image')
            trees.write(path, 'what was there before')
            content.put(path, 3 * PAGE)
            self.assertEqual(bytes(expected), trees.read(path))
            self.assertEqual(content.pages, Content.of_image(path).pages)
        self.assertEqual({0, 2}, set(content.pages))


class BlockLogTest(unittest.TestCase):
    def test_the_log_tells_writes_flushes_and_marks_in_their_order(self):
        reason = logged_disk.reason_to_skip(logged_disk.EXT4)
        if reason:
            self.skipTest(reason)
        with tempfile.TemporaryDirectory() as top:
            image, log, folder = (os.path.join(top, name) for name in ('image', 'log', 'folder'))
            trees.write(image, b'old.' * PAGE)
            os.mkdir(folder)
            with logged_disk.served(image, log, folder) as (disk, mark):
                fd = os.open(disk, os.O_RDWR)
                os.pwrite(fd, b'new!', 8)
                os.fsync(fd)
                mark('said')
                os.pwrite(fd, b'x' * PAGE, 2 * PAGE)
                self.assertEqual(b'old.new!old.', os.pread(fd, 12, 4))
                os.close(fd)
            self.assertEqual([Event(WRITE, 8, b'new!'), Event(FLUSH, 0, b''),
                              Event(MARK, 0, b'said'), Event(WRITE, 2 * PAGE, b'x' * PAGE)],
                             disk_states.read_log(log))
            self.assertEqual(b'old.' * PAGE, trees.read(image))


if __name__ == '__main__':
    unittest.main()
