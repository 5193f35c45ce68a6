"""Installed in a Debian that boots: units, timer, journal, hooks and logrotate as they are used."""
import os
import shutil
import subprocess
import unittest

from tests.support.bare_root import libraries, packages_of
from tests.support.booted_root import BootedRoot, can_boot
from tests.support.program import BINARY, ProgramTest

BUILD = os.path.dirname(os.path.dirname(BINARY))

CHECK = r'''
mkdir -p /source/d /etc/foldersync
echo x >/source/a
cat >/etc/foldersync/photos.toml <<'END'
source = "/source"
replica = "/replica"
interval = "1h"
log = "/var/log/foldersync/photos.log"
on-success = "echo $FOLDERSYNC_RESULT_EXIT $(id -u) >/hooked"
END
unit=foldersync@photos
systemctl start $unit; echo "start $?"
until_true 'says_next_cycle systemctl'
echo "mirrored $(cat /replica/a) hooked $(cat /hooked)"
foldersync status photos >/dev/null; echo "status $?"
systemctl reload $unit; echo "reload $?"
logrotate -f /etc/logrotate.d/foldersync
until_true 'test -e /var/log/foldersync/photos.log'
echo "rotated $(ls /var/log/foldersync | tr '\n' ' ')"
systemctl stop $unit; echo "stop $? $(systemctl show -p Result $unit)"
echo y >/source/b
systemctl start foldersync-once@photos; echo "once $? $(cat /replica/b)"
systemctl start foldersync-once@photos.timer
echo "timers $(systemctl list-timers --all | grep -c foldersync-once@photos.timer)"
rm -r /source
systemctl start foldersync-once@photos 2>/dev/null; echo "no source $?"
foldersync status photos >/dev/null; echo "status $?"
echo "errors $(journalctl -u foldersync-once@photos -p err -o cat | grep -c /source)"
echo "exposure $(systemd-analyze security $unit 2>/dev/null | tail -1 | grep -o '[0-9]\.[0-9]')"

useradd -m ann
install -d -o ann /home/ann/docs /home/ann/.config /home/ann/.config/foldersync
echo z >/home/ann/docs/z
cat >/home/ann/.config/foldersync/docs.toml <<'END'
source = "/home/ann/docs"
replica = "/home/ann/replica"
interval = "1h"
END
systemctl start "user@$(id -u ann)"
as_ann() { runuser -u ann -- env XDG_RUNTIME_DIR="/run/user/$(id -u ann)" HOME=/home/ann "$@"; }
unit=foldersync@docs
as_ann systemctl --user start $unit; echo "user $?"
until_true 'says_next_cycle as_ann systemctl --user'
echo "mirrored $(cat /home/ann/replica/z)"
as_ann foldersync status docs >/dev/null; echo "status $?"
as_ann systemctl --user stop $unit; echo "stop $?"
'''
EXPECTED = '''start 0
mirrored x hooked 0 0
status 0
reload 0
rotated photos.log photos.log.1 
stop 0 Result=success
once 0 y
timers 1
no source 1
status 3
errors 1
exposure 3.6
user 0
mirrored z
status 0
stop 0
'''


@unittest.skipUnless(os.environ.get('SYNC_TEST_PACKAGE'), 'installs a Debian: SYNC_TEST_PACKAGE=1')
@unittest.skipUnless(can_boot() and shutil.which('cmake'), 'needs root, debootstrap and cgroups')
class BootedTest(ProgramTest):
    in_memory = True

    def test_units_do_what_the_page_says(self):
        root = BootedRoot(self.at('root'), [*packages_of(libraries(BINARY)), 'logrotate',
                                            'dbus-user-session', 'libpam-systemd'])
        subprocess.run(['cmake', '--install', BUILD, '--prefix', '/usr'], check=True,
                       capture_output=True, env={**os.environ, 'DESTDIR': root.top})
        self.assertEqual(EXPECTED, root.boot(CHECK))


if __name__ == '__main__':
    unittest.main()
