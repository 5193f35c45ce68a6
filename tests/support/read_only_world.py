"""A mount namespace in which only a few folders can be written."""
import os
import subprocess
import sys

# Runs in the namespace: keeps it alive until its input ends.
KEEPER = r'''
import re, subprocess, sys
writable = sys.argv[1:]
for folder in writable:
    subprocess.run(["mount", "--bind", folder, folder], check=True)
with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as mounts:
    places = [re.sub(r"\\\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line.split()[4])
              for line in mounts]
for place in places:
    if place not in writable:
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=False, capture_output=True)
print("ready", flush=True)
sys.stdin.read()
'''


class ReadOnlyWorld:
    """Everything but `writable` is mounted read-only for what is started with `wrapper`.

    Such a process begins in "/". The folders themselves can't be removed meanwhile, nor renamed.
    """

    def __init__(self, *writable):
        self.keeper = subprocess.Popen(
            ['unshare', '--mount', '--propagation', 'private', sys.executable, '-c', KEEPER,
             *writable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.keeper.stdout.readline() != 'ready\n':
            self.close()
            raise OSError('no mount namespace can be made here')
        self.wrapper = ('nsenter', f'--mount=/proc/{self.keeper.pid}/ns/mnt', '--')

    def may_write(self, path):
        """Whether a file can be made in the folder."""
        probe = os.path.join(path, 'probe')
        made = subprocess.run([*self.wrapper, 'sh', '-c', ': > "$1" && rm "$1"', 'sh', probe],
                              check=False, capture_output=True)
        return made.returncode == 0

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()
