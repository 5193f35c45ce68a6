"""The units of systemd: they are clean, hold what they promise, and let a job do all of its work."""
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

from tests.support import trees
from tests.support.program import CHECKOUT, DONE, ProgramTest, as_root, with_devices
from tests.support.trees import file, folder, same_inode_as
from tests.support.unit_sandbox import settings

UNITS = pathlib.Path(CHECKOUT, 'packaging', 'systemd')
SERVICES = sorted(UNITS.rglob('*.service'))
SANDBOX = ('/usr/bin/python3', f'{CHECKOUT}/tests/support/unit_sandbox.py')
MOST_EXPOSED = '3.7'
# From linux/capability.h.
CAPABILITIES = {0: 'CHOWN', 1: 'DAC_OVERRIDE', 2: 'DAC_READ_SEARCH', 3: 'FOWNER', 4: 'FSETID',
                21: 'SYS_ADMIN', 27: 'MKNOD', 31: 'SETFCAP'}


def can_be_confined():
    if not os.access(SANDBOX[0], os.X_OK) or not shutil.which('setpriv'):
        return False
    return subprocess.run([SANDBOX[0], '-c', 'import seccomp'], check=False,
                          capture_output=True).returncode == 0


with_systemd = unittest.skipUnless(shutil.which('systemd-analyze'), 'there is no systemd-analyze')
with_sandbox = unittest.skipUnless(can_be_confined(), 'Debian\'s python3-seccomp is missing')


@with_systemd
class UnitFilesTest(ProgramTest):
    in_memory = True

    def analyze(self, *args):
        done = subprocess.run(['systemd-analyze', *args], check=False, capture_output=True,
                              text=True, env={**os.environ, 'XDG_RUNTIME_DIR': self.top})
        return done.returncode, done.stdout + done.stderr

    def copies(self, manager):
        """The units of a manager, as they are where the program lies elsewhere."""
        os.mkdir(self.at(manager))
        for unit in sorted((UNITS / manager).iterdir()):
            text = unit.read_text().replace('/usr/bin/foldersync', self.binary)
            trees.write(self.at(manager, unit.name), text)
            yield self.at(manager, unit.name)

    def test_they_are_clean(self):
        for manager in ('system', 'user'):
            for unit in list(self.copies(manager)):
                with self.subTest(unit=unit):
                    self.assertEqual((0, ''), self.analyze(f'--{manager}', 'verify', '--man=no', unit))

    def test_no_more_is_exposed_than_a_mirror_of_everything_needs(self):
        for unit in self.copies('system'):
            if unit.endswith('.service'):
                with self.subTest(unit=unit):
                    code, said = self.analyze('security', '--offline=true',
                                              f"--threshold={MOST_EXPOSED.replace('.', '')}", unit)
                    self.assertEqual(0, code, said)

    def test_nothing_keeps_a_job_from_its_folders(self):
        for unit in SERVICES:
            keys = set(settings(unit))
            self.assertEqual(set(), keys & {
                'ProtectSystem', 'ProtectHome', 'PrivateTmp', 'PrivateDevices', 'RestrictSUIDSGID',
                'ProtectKernelModules', 'ReadOnlyPaths', 'InaccessiblePaths', 'StateDirectory',
                'DynamicUser', 'PrivateUsers', 'PrivateNetwork', 'TemporaryFileSystem'}, unit)
            self.assertEqual({'yes'}, set(settings(unit)['NoNewPrivileges']))

    def test_all_four_services_are_confined_alike(self):
        def of(name, key):
            return settings(UNITS / name)[key]
        for key in ('SystemCallFilter', 'RestrictAddressFamilies', 'SuccessExitStatus', 'UMask'):
            self.assertEqual(1, len({tuple(of(unit, key)) for unit in SERVICES}), key)
        for key in ('CapabilityBoundingSet', 'DeviceAllow', 'ProtectProc'):
            self.assertEqual(of('system/foldersync@.service', key),
                             of('system/foldersync-once@.service', key))


@unittest.skipUnless(shutil.which('shellcheck'), 'there is no shellcheck')
class ScriptsTest(unittest.TestCase):
    def test_what_the_package_runs_is_clean(self):
        scripts = sorted(pathlib.Path(CHECKOUT, 'packaging', 'debian').iterdir())
        subprocess.run(['shellcheck', *scripts, f'{CHECKOUT}/packaging/sync.in'], check=True)
        for script in scripts:
            self.assertTrue(os.access(script, os.X_OK), script)


@with_systemd
@with_sandbox
class ConfinedTest(ProgramTest):
    """What the units let the program do, tried by their filters of system calls and rights."""

    def confined(self, unit='system/foldersync@.service'):
        return (*SANDBOX, str(UNITS / unit))

    def everything(self):
        made = {'file': 'x', 'large': b'\0' * 3_000_000 + b'x', 'setid': file('x', mode=0o4755),
                'fifo': trees.fifo(), 'link': trees.symlink('file'), 'again': same_inode_as('file'),
                'd': folder({'e': {}}, mode=0o2750)}
        return made

    def test_a_loop_does_all_of_its_work(self):
        self.given(self.everything())
        loop = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.05', '--xattrs',
                          '--ionice', 'best-effort:7', '--backup-dir', self.at('backups'),
                          '--report', self.at('report'), '--bwlimit', '100M',
                          '--verify-percent', '50', wrapper=self.confined())
        self.wait_until(lambda: 'done: unchanged' in self.log_text(), 'a cycle is over')
        self.assert_mirrored()
        trees.write(self.in_source('file'), 'changed')
        os.rename(self.in_source('large'), self.in_source('d', 'moved'))
        self.wait_until(lambda: 'move d/moved' in self.log_text()
                        and self.log_text().endswith(' s\n'), 'changes are mirrored')
        self.assertNotIn(' WARN ', self.log_text())
        self.assertNotIn(' ERROR ', self.log_text())
        self.assertIn(self.stop(loop), (DONE, 143))

    @as_root
    @with_devices
    def test_root_mirrors_devices_owners_and_attributes_of_root(self):
        self.given(self.everything())
        os.mknod(self.in_source('null'), 0o20666, os.makedev(1, 3))
        os.chown(self.in_source('d'), 1234, 1235)
        os.setxattr(self.in_source('file'), 'trusted.x', b'1')
        self.sync('run', '--xattrs', wrapper=self.confined('system/foldersync-once@.service'))
        self.assert_mirrored()
        self.assertEqual(b'1', os.getxattr(self.in_replica('file'), 'trusted.x'))

    def test_it_confines_itself_all_the_same(self):
        """A filter that lacks Landlock would switch it off."""
        self.given({'a': 'x'})
        own = self.execute('--version', '-v', expect=DONE).out
        theirs = self.execute('--version', '-v', expect=DONE, wrapper=self.confined()).out

        def landlock(said):
            return re.findall(r'^.*[Ll]andlock.*$', said, re.M)
        self.assertTrue(landlock(own), own)
        self.assertEqual(landlock(own), landlock(theirs))

    @as_root
    def test_what_the_unit_leaves_is_what_the_program_keeps(self):
        kept = settings(UNITS / 'system/foldersync@.service')['CapabilityBoundingSet'][0]
        self.assertEqual({f'CAP_{name}' for name in CAPABILITIES.values()}, set(kept.split()))
        self.given({'a': 'x'})
        loop = self.start('run', '-s', self.source, '-r', self.replica, '-i', '100000')
        self.wait_until(lambda: 'done: ' in self.log_text(), 'the first cycle is over')
        status = trees.read(f'/proc/{loop.pid}/status').decode()
        bounding = int(re.search(r'^CapBnd:\s+(\w+)$', status, re.M)[1], 16)
        self.assertEqual({1 << number for number in CAPABILITIES},
                         {1 << number for number in range(64) if bounding >> number & 1})

    def test_usual_hooks_work(self):
        class Server(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'heard')

            def log_message(self, *args):
                pass
        server = http.server.HTTPServer(('127.0.0.1', 0), Server)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        url = f'http://127.0.0.1:{server.server_port}/'
        hooks = ['id -u root && date && nice -n 1 true && grep -q root /etc/passwd && sleep 0',
                 'd=$(mktemp -d) && echo x >$d/a && sort $d/a | gzip >$d/b && rm -r $d',
                 f'/usr/bin/python3 -c "import urllib.request as r; r.urlopen(\'{url}\').read()"']
        if shutil.which('curl'):
            hooks.append(f'test "$(curl -s {url})" = heard')
        for hook in hooks:
            done = subprocess.run([*self.confined(), 'sh', '-c', hook], check=False, text=True,
                                  capture_output=True, cwd=self.cwd)
            self.assertEqual(0, done.returncode, f'{hook}: {done.stdout}{done.stderr}')


if __name__ == '__main__':
    unittest.main()
