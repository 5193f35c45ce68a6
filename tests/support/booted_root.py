"""A Debian root that boots: its own init, service manager and journal, in namespaces of this kernel."""
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile
import threading

# The check ends the machine, whether it worked or not.
UNIT = '''[Unit]
After=basic.target dbus.service
[Service]
Type=oneshot
ExecStart=/check.sh
TimeoutStartSec=100
StandardOutput=file:/result
StandardError=file:/result
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=basic.target
'''
# What init expects to be there. Nothing of it is seen outside.
BOOT = r'''
top=$1
mount --make-rprivate /
mount --bind "$top" "$top"
mount -t proc proc "$top/proc"
# Its init would set what holds for all of this kernel.
mount --bind "$top/proc/sys" "$top/proc/sys"
mount -o remount,bind,ro "$top/proc/sys"
mount -t sysfs -o ro sysfs "$top/sys"
mount -t tmpfs tmpfs "$top/run"
mount -t tmpfs -o mode=755 tmpfs "$top/dev"
for name in null zero full random urandom tty; do
  touch "$top/dev/$name"; mount --bind "/dev/$name" "$top/dev/$name"
done
touch "$top/dev/console"; mount --bind "$(tty)" "$top/dev/console"
mount -t cgroup2 cgroup2 "$top/sys/fs/cgroup"
cd "$top" && exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  chroot "$top" /lib/systemd/systemd --system
'''
# Functions for checks: they are shell scripts.
PRELUDE = '''#!/bin/bash
set -u
until_true() {
  for _ in $(seq 300); do
    if eval "$1" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "never: $1"
}
says_next_cycle() { "$@" show -p StatusText "$unit" | grep 'next cycle'; }
'''


def can_boot():
    return (os.geteuid() == 0 and shutil.which('debootstrap') is not None
            and _cgroups() is not None)


def _cgroups():
    """Where groups of processes are made by the rules that init wants, or None."""
    for folder in ('/sys/fs/cgroup/unified', '/sys/fs/cgroup'):
        if os.path.exists(folder + '/cgroup.procs') and os.access(folder, os.W_OK):
            return folder
    return None


class BootedRoot:
    def __init__(self, top, packages):
        """Installs a small Debian with these packages below `top`; needs the network."""
        self.top = top
        include = ','.join(sorted({'systemd-sysv', 'dbus', *packages}))
        subprocess.run(['debootstrap', '--variant=minbase', f'--include={include}', 'bookworm', top,
                        'http://deb.debian.org/debian'], check=True, capture_output=True)

    def boot(self, script, patience=180):
        """What the script says, which runs as root once the system is up; the system ends then."""
        root = pathlib.Path(self.top)
        (root / 'check.sh').write_text(PRELUDE + script)
        (root / 'check.sh').chmod(0o755)
        (root / 'etc/systemd/system/check.service').write_text(UNIT)
        subprocess.run(['chroot', self.top, 'systemctl', 'enable', 'check.service'], check=True,
                       capture_output=True)
        group = tempfile.mkdtemp(prefix='booted-', dir=_cgroups())
        try:
            self._run(group, patience)
        finally:
            _remove_groups(group)
        return (root / 'result').read_text()

    def _run(self, group, patience):
        outer, inner = pty.openpty()
        threading.Thread(target=_drain, args=(outer,), daemon=True).start()
        enter = f'echo $$ > {group}/cgroup.procs && exec "$@"'
        try:
            subprocess.run(['sh', '-c', enter, 'sh', 'unshare', '--pid', '--fork', '--mount', '--uts',
                            '--ipc', '--net', '--cgroup', '--kill-child', 'sh', '-c', BOOT, 'sh', self.top],
                           check=False, stdin=inner, stdout=inner, stderr=inner, timeout=patience)
        finally:
            os.close(inner)


def _drain(descriptor):
    """Reads what the console gets, so that nobody waits for it."""
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:
        os.close(descriptor)


def _remove_groups(top):
    for folder, _, _ in os.walk(top, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass
