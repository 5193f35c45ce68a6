"""The trees that the documents in tests/golden/1.0 are about. They must stay as they are."""
import os

from tests.support.trees import (SECOND, block_device, char_device, fifo, file, folder,
                                 same_inode_as, sock, symlink)

THEN = 1_500_000_000 * SECOND + 123_456_789
LATER = 1_700_000_000 * SECOND + 1
LATIN1 = os.fsdecode(b'caf\xe9')           # no UTF-8
NASTY = 'a\nb\x1b[31m\u202etxt.\u2028"\\'   # escapes, in JSON and at a terminal
SURROGATE = os.fsdecode(b'half \xed\xa0\x80 of a pair')
ASTRAL = '\U0001f4c1 \ufffd'


def _kept(children, mtime=THEN, **attributes):
    return folder(children, mtime=mtime, **attributes)


def _file(content, mtime=THEN, **attributes):
    return file(content, mtime=mtime, **attributes)


_ALBUM = {'1.jpg': _file('one'), '2.jpg': _file('two'), LATIN1: _file('three')}

SOURCE = _kept({
    'new': _kept({'a.txt': _file('new', mode=0o640), LATIN1: _file('x'), 'fifo': fifo(mtime=THEN),
                  'link': symlink(LATIN1, mtime=THEN)}, mode=0o2775),
    NASTY: _file('nasty'), SURROGATE: _file('s'), ASTRAL: _file('folder'), '-': _file('dash'),
    'content': _file('same size', mtime=LATER), 'grown': _file('longer than before'),
    'touched': _file('content stays', mtime=LATER), 'mode': _file('m', mode=0o4750),
    'owner': _file('o', owner=(12, 34)), 'dir to file': _file('file'),
    'file to dir': _kept({'inside': _file('i')}), 'album moved': _kept(_ALBUM),
    'moved here': _file('moved content'), 'swap1': _file('second!', mtime=LATER), 'swap2': _file('first!!'),
    'names': _kept({'one': _file('linked'), 'two': same_inode_as('names/one'),
                    'was alone': same_inode_as('names/one')}),
    'link': symlink('new/a.txt', mtime=THEN), LATIN1 + ' link': symlink(LATIN1, mtime=THEN),
    'null': char_device(1, 3, mtime=THEN, owner=(5, 6)), 'disk': block_device(7, 200, mtime=THEN),
    'socket': sock(mtime=THEN), 'before 1970': _file('old', mtime=-1_500_000_001),
    'same': _file('same'), 'hole': _file('', size=5_000_000),
    'kept': _kept({'excluded.o': _file('not this one'), 'file': _file('f')}),
})

REPLICA = _kept({
    'content': _file('same SIZE'), 'grown': _file('short'), 'touched': _file('content stays'),
    'mode': _file('m'), 'owner': _file('o', owner=(1, 1)),
    'dir to file': _kept({'below': _kept({'deep': _file('gone')})}), 'file to dir': _file('file'),
    'album': _kept(_ALBUM), 'moved from': _file('moved content'), 'swap1': _file('first!!'),
    'swap2': _file('second!', mtime=LATER),
    'names': _kept({'one': _file('linked'), 'two': _file('linked'), 'was alone': _file('alone')}),
    'link': symlink('elsewhere', mtime=THEN), LATIN1 + ' link': symlink('x', mtime=THEN),
    'null': char_device(1, 3, mtime=THEN, owner=(0, 0)), 'disk': block_device(7, 201, mtime=THEN),
    'extra': _kept({'x': _kept({LATIN1: _file('gone'), 'y': _file('gone as well')}),
                    'link': symlink('nowhere', mtime=THEN)}),
    'extra file': _file('gone, too'), 'same': _file('same'),
    'kept': _kept({'excluded.o': _file('protected'), 'file': _file('f')}),
})

# What a plain user can't read of a source, who may not even make devices.
SOURCE_OF_A_USER = {'open': 'o', 'closed': folder({'inside': 'i'}, mode=0o000),
                    'unreadable': file('u', mode=0o000), 'null': char_device(1, 3), 'a': 'x'}
REPLICA_OF_A_USER = {'closed': {'inside': 'i', 'more': 'm'}, 'unreadable': file('U'), 'b': 'y'}
