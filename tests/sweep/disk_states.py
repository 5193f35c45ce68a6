"""What a power cut can leave of a disk, made from the log of what was written to it.

The log is that of tests/tools/block_log.cpp. What was written before a flush is on the disk. What
was written after the last one is the open epoch: the disk may have any part of it, in any order.
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
    """What is on the disk when the power goes: the first `durable` events of the log and, of the
    open epoch, what `kept` tells: numbers of events, and how much of each has arrived."""
    durable: int
    kept: tuple
    events: int = dataclasses.field(compare=False)  # that had happened by then

    def __str__(self):
        return (f'after {self.events} events, of which {self.durable} are durable, '
                f'and {len(self.kept)} of the writes since')


ALL, NONE, ALL_BUT_ONE = 1.0, 0.0, None
# How much arrives of the open epoch, and whether one of its writes arrives in part only.
WAYS = ((ALL, False), (0.5, False), (ALL, True), (ALL_BUT_ONE, False), (0.5, True), (0.2, False))


class Cutter:
    """Makes cuts of a log. `sector`: what is written wholly or not at all, in bytes."""

    def __init__(self, events, sector, seed=0):
        self._events, self._sector, self._random = events, sector, random.Random(seed)
        self._durable = [0]
        for number, event in enumerate(events):
            self._durable.append(number + 1 if event.kind == FLUSH else self._durable[-1])

    def cut(self, after, kept, torn=False):
        """After so many events; of the open epoch a share of `kept`, chosen at random."""
        durable = self._durable[after]
        writes = [number for number in range(durable, after) if self._events[number].kind == WRITE]
        if kept is ALL_BUT_ONE:
            lost = self._random.choice(writes) if writes else None
            arrived = [number for number in writes if number != lost]
        else:
            arrived = [number for number in writes if self._random.random() < kept]
        lengths = {number: len(self._events[number].data) for number in arrived}
        if torn and arrived:
            number = self._random.choice(arrived)
            lengths[number] = self._random.randrange(0, lengths[number], self._sector)
        return Cut(durable, tuple(lengths.items()), after)

    def spread(self, count, first):
        """Up to `count` different cuts, evenly after the writes that follow the event `first`."""
        writes = [number + 1 for number in range(first + 1, len(self._events))
                  if self._events[number].kind == WRITE]
        if not writes:
            return []
        # Some come out the same.
        rounds = 1 if count < len(writes) else 4 * count // len(writes)
        cuts = dict.fromkeys(self.cut(after, *WAYS[(i + turn) % len(WAYS)])
                             for i, after in enumerate(writes) for turn in range(rounds))
        return evenly(list(cuts), count)


def evenly(things, count):
    if count >= len(things):
        return things
    return [things[(2 * i + 1) * len(things) // (2 * count)] for i in range(count)]


class Replay:
    """Plays a log on what the disk had before."""

    def __init__(self, base, events):
        self._events = events
        self._content, self._played = base.copy(), 0

    def content_at(self, cut):
        """The disk after the cut. Cuts must come in the order of their events."""
        for event in self._events[self._played:cut.durable]:
            if event.kind == WRITE:
                self._content.write(event.offset, event.data)
        self._played = max(self._played, cut.durable)
        content = self._content.copy()
        for number, length in cut.kept:
            event = self._events[number]
            content.write(event.offset, event.data[:length])
        return content
