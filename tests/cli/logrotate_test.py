"""The file for logrotate, with a loop that goes on while its log is rotated."""
import os
import shutil
import signal
import subprocess
import unittest

from tests.support import trees
from tests.support.program import CHECKOUT, ProgramTest
from tests.support.service_manager import ServiceManager

ROTATION = f'{CHECKOUT}/packaging/logrotate'
SYSTEMCTL = '''#!/bin/sh
printf '%s\\n' "$*" >>"$0.said"
kill -HUP $(cat "$0.pid")
'''


@unittest.skipUnless(shutil.which('logrotate', path=os.environ.get('PATH', '') + ':/usr/sbin'),
                     'there is no logrotate')
class LogrotateTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.given({'a': 'x'})
        self.logs = self.at('logs')
        os.mkdir(self.logs, 0o755)
        self.tools = self.at('tools')
        os.mkdir(self.tools)
        trees.write(self.at('tools', 'systemctl'), SYSTEMCTL)
        os.chmod(self.at('tools', 'systemctl'), 0o755)
        text = trees.read(ROTATION).decode().replace('/var/log/foldersync', self.logs)
        trees.write(self.at('rotation'), text.replace('/run/systemd/system', self.tools))
        os.chmod(self.at('rotation'), 0o644)

    def logrotate(self, *args):
        path = f"{self.tools}:{os.environ['PATH']}:/usr/sbin"
        done = subprocess.run(['logrotate', '-s', self.at('status'), *args, self.at('rotation')],
                              check=False, capture_output=True, text=True,
                              env=self.environment({'PATH': path}))
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout + done.stderr

    def test_the_file_is_clean(self):
        said = self.logrotate('-d')
        self.assertNotIn('error', said.lower())
        self.assertIn(self.logs, said)

    def test_no_line_is_lost(self):
        manager = ServiceManager(self.at('notify'))
        self.addCleanup(manager.close)
        log = os.path.join(self.logs, 'photos.log')
        loop = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.05', '-l', log,
                          env=manager.environment)
        trees.write(self.at('tools', 'systemctl.pid'), str(loop.pid))
        heard = manager.wait_for('STATUS=done: .*')
        for number in range(3):
            trees.write(self.in_source(f'before {number}'), 'x')
            self.wait_until(lambda: os.path.exists(self.in_replica(f'before {number}')), 'it is there')
            self.logrotate('-f')
            heard = manager.wait_for('RELOADING.*', heard)
            trees.write(self.in_source(f'after {number}'), 'x')
            self.wait_until(lambda: f'create after {number} ' in self.log_text(log), 'it is logged')
        self.assertIn(self.stop(loop), (0, 128 + signal.SIGTERM))
        logs = sorted(os.listdir(self.logs))
        self.assertEqual(['photos.log', 'photos.log.1', 'photos.log.2.gz', 'photos.log.3.gz'], logs)
        subprocess.run(['gunzip', *(os.path.join(self.logs, name) for name in logs[2:])], check=True)
        text = ''
        for name in os.listdir(self.logs):
            self.assert_log_is_clean(os.path.join(self.logs, name))
            text += self.log_text(os.path.join(self.logs, name))
        for number in range(3):
            for when in ('before', 'after'):
                self.assertEqual(1, text.count(f'create {when} {number} '), text)
        said = trees.read(self.at('tools', 'systemctl.said')).decode().splitlines()
        self.assertEqual({'kill --kill-who=main --signal=HUP foldersync@*.service'}, set(said))


if __name__ == '__main__':
    unittest.main()
