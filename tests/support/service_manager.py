"""What a service manager hears of a program that it has started: the messages to its socket."""
import re
import select
import socket
import struct
import time

from tests.support.program import PATIENCE_SECONDS


class ServiceManager:
    """A socket at `path`; what came so far is `messages`, in order, of whom `senders`."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(path)
        self.environment = {'NOTIFY_SOCKET': path}
        self.messages, self.senders = [], []

    def close(self):
        self.socket.close()

    def hear(self):
        """All that has come."""
        while select.select([self.socket], [], [], 0)[0]:
            message, control, _, _ = self.socket.recvmsg(65536, 64)
            self.senders += [struct.unpack('iii', data)[0] for _, _, data in control]
            self.messages.append(message.decode())
        return self.messages

    def wait_for(self, pattern, after=0):
        """The place behind the first message from `after` on that is like this as a whole."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            for at, message in enumerate(self.hear()[after:], after):
                if re.fullmatch(pattern, message, re.S):
                    return at + 1
            left = deadline - time.monotonic()
            if left < 0:
                raise AssertionError(f'no message is like {pattern}: {self.messages[after:]}')
            select.select([self.socket], [], [], left)

    def fill(self):
        """Until it takes nothing more, from whomever: each sender has a bound of its own, too."""
        sent = 1
        while sent > 0:
            sent = 0
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                try:
                    while True:
                        sender.sendto(b'noise', self.environment['NOTIFY_SOCKET'])
                        sent += 1
                except BlockingIOError:
                    pass
