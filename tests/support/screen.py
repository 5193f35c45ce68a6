"""What a terminal shows, by a terminal emulator that only Debian's python has (python3-pyte).

    /usr/bin/python3 screen.py ROWS COLUMNS     reads what a program wrote, prints the screen
"""
import subprocess
import sys

PYTHON = '/usr/bin/python3'


def can_emulate():
    return subprocess.run([PYTHON, '-c', 'import pyte'], check=False,
                          capture_output=True).returncode == 0


def screen_of(shown, rows, columns):
    """The lines of a terminal of that size after the bytes `shown`, without blanks at their ends."""
    lines = subprocess.run([PYTHON, __file__, str(rows), str(columns)], input=shown, check=True,
                           capture_output=True).stdout.decode().split('\n')
    return '\n'.join(line.rstrip() for line in lines).rstrip('\n') + '\n'


def main(rows, columns):
    import pyte  # only Debian's python has it
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(sys.stdin.buffer.read())
    sys.stdout.buffer.write('\n'.join(screen.display).encode())


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]))
