"""What a power cut can leave of a disk, made from the log of what was written to it.

The log is that of tests/tools/block_log.cpp. What was written before a flush is on the disk. Of what
was written after the last one, the disk may have any part, in any order: it is the open epoch.
"""
import dataclasses
import os
import random
import struct

PAGE = 4096
HEAD = struct.Struct('=3Q')
WRITE, FLUSH, MARK = 1, 2, 3


class Content:
    """Of a disk: the pages that are not all zero, by their numbers."""

    def __init__(self, pages=None):
        self.pages = dict(pages or {})

    @classmethod
    def of_image(cls, path):
        content = cls()
        with open(path, 'rb', buffering=0) as image:
            end, at = os.fstat(image.fileno()).st_size, 0
            while at < end:
                try:
                    at = os.lseek(image.fileno(), at, os.SEEK_DATA)
                except OSError:  # a hole up to the end
                    break
                hole = os.lseek(image.fileno(), at, os.SEEK_HOLE)
                content.write(at, os.pread(image.fileno(), hole - at, at))
                at = hole
        return content

    def copy(self):
        return Content(self.pages)

    def write(self, offset, data):
        done = 0
        while done < len(data):
            number, inside = divmod(offset + done, PAGE)
            piece = data[done:done + PAGE - inside]
            if len(piece) < PAGE:
                old = self.pages.get(number, bytes(PAGE))
                piece = old[:inside] + piece + old[inside + len(piece):]
            if any(piece):
                self.pages[number] = piece
            else:
                self.pages.pop(number, None)
            done += PAGE - inside

    def put(self, path, size):
        """Makes a file of `size` bytes with this content, in place."""
        with open(path, 'r+b' if os.path.exists(path) else 'xb', buffering=0) as image:
            image.truncate(0)
            image.truncate(size)
            for number, page in sorted(self.pages.items()):
                os.pwrite(image.fileno(), page, number * PAGE)


@dataclasses.dataclass(frozen=True)
class Event:
    kind: int
    offset: int
    data: bytes


def read_log(path):
    with open(path, 'rb') as log:
        text = log.read()
    events, at = [], 0
    while at < len(text):
        kind, offset, length = HEAD.unpack_from(text, at)
        at += HEAD.size
        events.append(Event(kind, offset, text[at:at + length]))
        at += length
    return events


def marks(events):
    """Where in the log each mark is, by its name."""
    return {event.data.decode(): number for number, event in enumerate(events)
            if event.kind == MARK}


@dataclasses.dataclass(frozen=True)
class Cut:
    """A power cut after the first `events` events of the log, and what it leaves of the open epoch.

    `kept`: how much of it, from none (0) to all of it (1), chosen at random; None: all but one
    write. `torn`: of one of the writes only the first sectors arrive.
    """
    events: int
    kept: float | None
    torn: bool = False

    def __str__(self):
        kept = 'all but one' if self.kept is None else f'{self.kept:.0%}'
        return f'after {self.events} events, {kept} of the open epoch{", one torn" * self.torn}'


ALL = 1.0
# What is tried in turn where cuts are spread over a log.
KINDS = ((ALL, False), (0.5, False), (0.8, True), (None, False), (0.2, False), (ALL, True))


def spread_cuts(events, count, first=0):
    """`count` cuts, evenly after the writes that follow on the first `first` events."""
    writes = [number + 1 for number in range(first, len(events)) if events[number].kind == WRITE]
    cuts = []
    for i in range(count if writes else 0):
        after = writes[(2 * i + 1) * len(writes) // (2 * count)]
        cuts.append(Cut(after, *KINDS[i % len(KINDS)]))
    return cuts


class Replay:
    """Plays a log on what the disk had before. `sector`: what is written wholly or not at all."""

    def __init__(self, base, events, sector):
        self._events, self._sector = events, sector
        self._durable, self._epoch, self._next = base.copy(), [], 0

    def content_at(self, cut, seed):
        """The disk after the cut. Cuts must come in the order of their events."""
        while self._next < cut.events:
            self._step(self._events[self._next])
            self._next += 1
        return self._cut(cut, random.Random(seed))

    def _step(self, event):
        if event.kind == WRITE:
            self._epoch.append(event)
        elif event.kind == FLUSH:
            for write in self._epoch:
                self._durable.write(write.offset, write.data)
            self._epoch = []

    def _cut(self, cut, generator):
        content = self._durable.copy()
        if cut.kept is None:
            lost = generator.randrange(len(self._epoch) + 1)
            kept = [write for i, write in enumerate(self._epoch) if i != lost]
        else:
            kept = [write for write in self._epoch if generator.random() < cut.kept]
        torn = generator.randrange(len(kept)) if cut.torn and kept else None
        for i, write in enumerate(kept):
            data = write.data
            if i == torn:
                data = data[:generator.randrange(len(data) // self._sector + 1) * self._sector]
            content.write(write.offset, data)
        return content
