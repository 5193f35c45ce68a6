"""The program in a terminal, with somebody who reads and types."""
import errno
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from tests.support.program import PATIENCE_SECONDS, ProgramTest

CONTROL_C, CONTROL_D = '\x03', '\x04'


class Terminal:
    """A terminal of the given size, and the program in it; what it has shown so far is `text`."""

    def __init__(self, command, rows=40, columns=200, typed_before='', streams=None, **options):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.shown = b''
        self.type(typed_before)
        standard = {'stdin': slave, 'stdout': slave, 'stderr': slave}
        standard.update(streams or {})
        self.process = subprocess.Popen(
            command, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0), **standard, **options)
        os.close(slave)

    def resize(self, rows, columns):
        """The program in it is told by SIGWINCH."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    @property
    def text(self):
        return _text(self.shown)

    def read_until(self, wanted):
        """Reads until `wanted` has come since the last call; fails when the program ends before."""
        begin = len(self.shown)
        while wanted not in _text(self.shown[begin:]):
            if not self._read():
                raise AssertionError(f'the program ended before it said {wanted!r}:\n{self.text}')
        return _text(self.shown[begin:])

    def end(self):
        """Reads to the end; returns the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def _read(self):
        """Reads something; false at the end."""
        ready, _, _ = select.select([self.master], [], [], PATIENCE_SECONDS)
        if not ready:
            raise AssertionError(f'waited {PATIENCE_SECONDS:.0f} seconds in vain:\n{self.text}')
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        self.shown += data
        return bool(data)


def _text(shown):
    return shown.decode('utf-8', 'surrogateescape').replace('\r\n', '\n')


class TerminalTest(ProgramTest):
    def at_terminal(self, *args, env=None, wrapper=(), **options):
        """Starts `sync ARGS` in a terminal; it does not outlive the test."""
        environment = self.environment({'TERM': 'xterm', **(env or {})})
        terminal = Terminal([*wrapper, self.binary, *self.as_given(args)], cwd=self.cwd,
                            env=environment, **options)
        self.addCleanup(terminal.close)
        return terminal
