"""Somebody who owns the two roots, and does in them what may hurt.

Everything that is tried may fail. What has been moved away is brought back at the end.
"""
import contextlib
import os
import random
import signal
import time

RESERVED = ['.sync-txn', '.sync-txn-0123abcd', '.Sync-Txn']
NAMES = ['a', 'b', 'c', 'd', 'e']


class HostileUser:
    def __init__(self, source, replica, outside, seed):
        self.roots, self.replica, self.outside = [source, replica], replica, outside
        self.random = random.Random(seed)
        self.tricks = [self.flip, self.plant_set_id, self.forge_leftover, self.hide_leftover,
                       self.bring_back, self.give_private_our_name, self.take_name_back,
                       self.recreate, self.plant_fifo, self.exchange]

    def place(self):
        """A name in one of the folders that are this user's in both trees."""
        root = self.random.choice(self.roots)
        return os.path.join(root, *self.random.choice([[], ['theirs'], ['theirs', 'sub']]),
                            self.random.choice(NAMES))

    @staticmethod
    def clear(path):
        """Opens nothing that may have become a FIFO meanwhile, and would wait for a writer."""
        with contextlib.suppress(IsADirectoryError, PermissionError):
            os.unlink(path)
            return
        for folder, below, names in os.walk(path, topdown=False):
            for name in names:
                os.unlink(os.path.join(folder, name))
            for name in below:
                os.rmdir(os.path.join(folder, name))
        os.rmdir(path)

    def flip(self):
        """A directory becomes a link to what is not this user's, and the other way round."""
        path = self.place()
        if os.path.islink(path):
            os.unlink(path)
            os.makedirs(os.path.join(path, 'inside'))
        else:
            with contextlib.suppress(OSError):
                self.clear(path)
            os.symlink(self.random.choice([self.outside, '/etc', '..', '/']), path)

    def plant_set_id(self):
        path = self.place()
        with contextlib.suppress(OSError):
            self.clear(path)
        with open(path, 'xb') as out:
            out.write(b'#!/bin/sh\nid\n' * self.random.randrange(1, 200))
        os.chmod(path, self.random.choice([0o4755, 0o6777, 0o2755, 0o644]))
        stamp = self.random.choice([1_000_000_000, 1_500_000_000])
        os.utime(path, (stamp, stamp))

    def recreate(self):
        """The next file of that folder gets the inode number of the one that goes."""
        path = self.place()
        os.unlink(path)
        self.plant_set_id()

    def plant_fifo(self):
        path = self.place()
        with contextlib.suppress(OSError):
            self.clear(path)
        os.mkfifo(path)

    def leftovers(self):
        return [name for name in os.listdir(self.replica) if name.lower().startswith('.sync-txn')]

    def forge_leftover(self):
        folder = os.path.join(self.random.choice([self.replica, self.replica + '/theirs']),
                              self.random.choice(RESERVED))
        os.makedirs(folder + '/commit')
        for name in ('COMMIT', 'actions', 'records', 'origin', 'commit/1', 'commit/2'):
            with open(os.path.join(folder, name), 'wb') as out:
                out.write(b'{}' if name == 'actions' else b'')

    def of_runs(self):
        """What a folder that is root's for good would lose under another name is the mirror's."""
        return [name for name in self.leftovers()
                if os.stat(os.path.join(self.replica, name)).st_ino != self.private]

    def hide_leftover(self):
        name = self.random.choice(self.of_runs())
        os.rename(os.path.join(self.replica, name), self.hidden())

    def hidden(self):
        return os.path.join(self.replica, self.random.choice(['hidden', '.sync-txn-11111111']))

    def bring_back(self):
        os.rename(self.hidden(), os.path.join(self.replica, self.random.choice(RESERVED)))

    def exchange(self):
        """Two names of the replica change their places for a moment."""
        one, other = (os.path.join(self.replica, name)
                      for name in self.random.sample(NAMES + self.of_runs(), 2))
        aside = one + '.aside'
        os.rename(one, aside)
        with contextlib.suppress(OSError):
            os.rename(other, one)
        os.rename(aside, other)

    def give_private_our_name(self):
        """What nobody but root can look into gets the name of a staging folder."""
        os.rename(os.path.join(self.replica, 'private'),
                  os.path.join(self.replica, self.random.choice(RESERVED)))

    def take_name_back(self):
        for name in self.leftovers():
            path = os.path.join(self.replica, name)
            # Root's, and no run's: its inode number does not change.
            if os.stat(path).st_ino == self.private:
                os.rename(path, os.path.join(self.replica, 'private'))

    def work(self, seconds):
        """How many tricks did not fail. It ends in time, or by a signal."""
        signal.alarm(int(seconds) + 60)
        self.private = os.stat(os.path.join(self.replica, 'private')).st_ino
        end, done = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            with contextlib.suppress(OSError, IndexError, ValueError):
                self.random.choice(self.tricks)()
                done += 1
        self.take_name_back()
        return done
