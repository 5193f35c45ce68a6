"""A replica and the source it is to become, with an action of every kind between the two."""
import dataclasses

from tests.support import trees
from tests.support.trees import SECOND, file, folder, same_inode_as, symlink

OLD, NEW = 1_000_000_000 * SECOND + 1, 1_400_000_000 * SECOND + 999_999_999
SIZES = (0, 1, 300, 4096, 70_001)


def _content(label, size):
    return (label.encode() * (size // len(label) + 1))[:size]


def _files(prefix, count, time):
    """`count` files of different sizes, whose contents name them."""
    return {f'{prefix}{i}': file(_content(f'{prefix}{i}@{time};', SIZES[i % len(SIZES)]),
                                 mtime=time + i, mode=(0o644, 0o600, 0o755)[i % 3])
            for i in range(count)}


def _kinds(time, as_root):
    """One entry of each kind, by the name of the kind; another one for another time."""
    kinds = {
        'file': file(_content(f'file@{time};', 5000), mtime=time),
        'empty': folder(mtime=time, mode=0o750),
        'full': folder({'x': file(f'x@{time}', mtime=time), 'd': {'y': 'y'}}, mtime=time),
        'link': symlink(f'../nowhere/{time}', mtime=time),
        'fifo': trees.fifo(mtime=time, mode=0o620),
        'socket': trees.sock(mtime=time, mode=0o600),
    }
    if as_root and trees.devices_possible():
        kinds['device'] = trees.char_device(1, 3 if time == OLD else 5, mtime=time)
    return kinds


def _type_changes(as_root, all_of_them=True):
    """(replica, source): every kind becomes every other one, or only the next one."""
    old, new = _kinds(OLD, as_root), _kinds(NEW, as_root)
    pairs = [(one, other) for one in old for other in new if one != other]
    if not all_of_them:
        kinds = list(old)
        pairs = list(zip(kinds, kinds[1:] + kinds[:1]))
    return ({f'{one} to {other}': old[one] for one, other in pairs},
            {f'{one} to {other}': new[other] for one, other in pairs})


def _metadata(time, as_root):
    """The same content on both sides, and other attributes."""
    extra = {'user.colour': str(time).encode()} if trees.xattrs_possible() else {}
    mode = 0o640 if time == OLD else 0o604
    owner = None
    if as_root:
        owner = (1000, 1000) if time == OLD else (1001, 1002)
    return {
        'time': file('t' * 5000, mtime=time),
        'mode': file('m', mtime=OLD, mode=mode),
        'owner': file('o', mtime=OLD, owner=owner),
        'attributes': file('x', mtime=time, mode=mode, xattrs=extra),
        'linked': file('l', mtime=time, mode=mode),
        'linked too': same_inode_as('metadata/linked'),
        'folder': folder({'stays': file('s', mtime=OLD)}, mode=mode | 0o111, owner=owner,
                         mtime=time),
        'link': symlink('elsewhere', mtime=time, owner=owner),
    }


def _links(time):
    """Groups of hard links that win, lose and exchange names."""
    first, second = ('a', 'c') if time == OLD else ('c', 'a')
    return {
        'a': file('same', mtime=OLD), 'c': file('same', mtime=OLD),
        'b': same_inode_as(f'links/{first}'), 'd': same_inode_as(f'links/{second}'),
        'changed': file(f'changed@{time}', mtime=time),
        'changed too': same_inode_as('links/changed'),
        **({'gone': same_inode_as('links/a'), 'broken': file('broken', mtime=OLD),
            'broken too': same_inode_as('links/broken')} if time == OLD else
           {'come': same_inode_as('links/a'), 'broken': file('broken', mtime=OLD),
            'broken too': file('broken', mtime=OLD)}),
    }


def _moves(time):
    """Files and directories that have other paths, and some other metadata with them."""
    whole = folder({'x': file('whole x', mtime=OLD), 'l': symlink('x', mtime=OLD),
                    'd': folder({'y': file('whole y' * 99, mtime=OLD)}, mode=0o555, mtime=OLD)},
                   mode=0o555 if time == OLD else 0o750, mtime=time)
    renamed = file('renamed' * 900, mtime=OLD, mode=0o640 if time == OLD else 0o604)
    away, twins = file('away', mtime=OLD), {'t1': file('twins', mtime=OLD),
                                            't2': file('twins', mtime=OLD)}
    if time == OLD:
        return {'name': renamed, 'goes': folder({'away': away, **twins}, mode=0o555, mtime=OLD),
                'whole': whole, 'into': folder(mtime=OLD)}
    return {'other name': renamed, 'away': away, 'into': folder({'whole': whole}, mtime=NEW),
            'comes': folder({'t2': twins['t2'], 't3': twins['t1']}, mtime=NEW)}


def _chains(time):
    """Files that change places, that move up a chain, and one that takes another one's place."""
    first, second, third = (file(f'{name} in the chain' * 50, mtime=OLD + place)
                            for place, name in enumerate(('first', 'second', 'third')))
    way, place = file('gives way', mtime=OLD), file('takes a place', mtime=OLD + 7)
    if time == OLD:
        return {'a': first, 'b': second, 'deep': {'log': third, 'log.1': first, 'log.2': second},
                'place': way, 'comes': place}
    return {'a': second, 'b': first, 'place': place,
            'deep': {'log': file('newest', mtime=NEW), 'log.1': third, 'log.2': first,
                     'log.3': second}}


def replica_and_source(as_root):
    """The two as literals (tests.support.trees): about 200 actions lead from one to the other.

    `as_root`: with devices and with owners, which only root can give.
    """
    old_types, new_types = _type_changes(as_root)
    replica = {
        'types': folder(old_types, mtime=OLD), 'metadata': folder(_metadata(OLD, as_root), mtime=OLD),
        'links': folder(_links(OLD), mtime=OLD), 'update': folder(_files('u', 15, OLD), mtime=OLD),
        'same': folder(_files('s', 10, OLD), mtime=OLD),
        'delete': folder({**_files('d', 10, OLD), 'deep': {'er': _files('e', 5, OLD)}}, mtime=OLD),
        'extra': folder({'sub': folder(_files('x', 5, OLD), mode=0o555)}, mode=0o500, mtime=OLD),
        'moves': folder(_moves(OLD), mtime=OLD), 'chains': folder(_chains(OLD), mtime=OLD),
    }
    source = {
        'types': folder(new_types, mtime=NEW), 'metadata': folder(_metadata(NEW, as_root), mtime=NEW),
        'links': folder(_links(NEW), mtime=NEW), 'update': folder(_files('u', 15, NEW), mtime=NEW),
        'same': folder(_files('s', 10, OLD), mtime=OLD), 'delete': folder(mtime=NEW),
        'create': folder({**_files('c', 15, NEW), 'hole': file('h', size=2**20, mtime=NEW),
                          'deep': {'er': folder(_files('e', 5, NEW), mode=0o555)}}, mtime=NEW),
        'moves': folder(_moves(NEW), mtime=NEW), 'chains': folder(_chains(NEW), mtime=NEW),
    }
    return folder(replica, mode=0o755, mtime=OLD), folder(source, mode=0o750, mtime=NEW)


def few_and_a_link(as_root):
    """The same kinds of action, but no more than 32 entries are made or changed in place."""
    old_types, new_types = _type_changes(as_root, all_of_them=False)
    replica = {
        'types': folder(old_types, mtime=OLD),
        'metadata': folder(_metadata(OLD, as_root), mtime=OLD),
        'links': folder(_links(OLD), mtime=OLD), 'update': folder(_files('u', 1, OLD), mtime=OLD),
        'delete': folder({**_files('d', 5, OLD), 'deep': {'er': _files('e', 2, OLD)}}, mtime=OLD),
        'moves': folder(_moves(OLD), mtime=OLD), 'chains': folder(_chains(OLD), mtime=OLD),
    }
    source = {
        'types': folder(new_types, mtime=NEW),
        'metadata': folder(_metadata(NEW, as_root), mtime=NEW),
        'links': folder(_links(NEW), mtime=NEW), 'update': folder(_files('u', 1, NEW), mtime=NEW),
        'delete': folder(mtime=NEW),
        'create': folder({**_files('c', 1, NEW), 'deep': {'er': folder(_files('e', 2, NEW))}},
                         mtime=NEW),
        'moves': folder(_moves(NEW), mtime=NEW), 'chains': folder(_chains(NEW), mtime=NEW),
    }
    return folder(replica, mode=0o755, mtime=OLD), folder(source, mode=0o750, mtime=NEW)


def few_of_every_kind(as_root):
    """The same, but no metadata of a link: all that changes in place can be opened."""
    replica, source = few_and_a_link(as_root)
    for tree in (replica, source):
        del tree.children['metadata'].children['link']
    return replica, source


def deletions_only(as_root):
    """Entries of every kind that the source lacks, in folders that stay and some that don't."""
    extra = {**_kinds(OLD, as_root), **_files('d', 10, OLD), 'deep': {'er': _files('e', 5, OLD)}}
    stays = {'staying': file('s', mtime=OLD)}
    same = {'same': folder(_files('s', 10, OLD), mtime=OLD)}
    replica = {**same, 'stays': folder({**stays, **extra}, mtime=NEW),
               'links': folder(_links(OLD), mtime=OLD)}
    source = {**same, 'stays': folder(stays, mtime=OLD)}
    return folder(replica, mode=0o755, mtime=OLD), folder(source, mode=0o755, mtime=OLD)


def metadata_only(as_root):
    """The same entries with other attributes, and nothing that can't be opened."""
    def with_metadata(time):
        tree = _metadata(time, as_root)
        del tree['link']
        # Few as they are, their report is longer than the smallest pipe and a buffer hold.
        times = {f'{"t" * 252}{i}': file(_content('same', size), mtime=time + i)
                 for i, size in enumerate(SIZES * 5)}
        return folder({'metadata': folder({**tree, **times}, mtime=time)}, mode=0o755, mtime=time)
    return with_metadata(OLD), with_metadata(NEW)


def below(names, tree):
    """The tree in folders of these names, one in the other."""
    prefix = '/'.join(names) + '/'

    def moved(value):
        if isinstance(value, dict):
            return {name: moved(child) for name, child in value.items()}
        if not isinstance(value, trees.Node):
            return value
        target = prefix + value.target if value.kind == 'link' else value.target
        return dataclasses.replace(value, children=moved(value.children), target=target)

    inner = moved(tree)
    for name in reversed(names):
        inner = folder({name: inner}, mode=tree.mode, mtime=tree.mtime)
    return inner
