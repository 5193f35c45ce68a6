"""The examples of docs/unattended.md, and that all who start the program share one memory."""
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import unittest

from tests.support import trees
from tests.support.bare_root import ADMINISTRATOR, BareRoot, copy_into, entering, libraries
from tests.support.program import BINARY, CHECKOUT, DONE, ProgramTest

EXAMPLES = pathlib.Path(CHECKOUT, 'docs', 'examples')
PAGE = pathlib.Path(CHECKOUT, 'docs', 'unattended.md')
BLOCK = re.compile(r'^\[`([^`]+)`\]\(examples/([^)]+)\):\n\n```\w*\n(.*?)^```$', re.S | re.M)
TO_JSON = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))'


def example(name):
    return (EXAMPLES / name).read_text()


def has_yaml():
    return os.access('/usr/bin/python3', os.X_OK) and subprocess.run(
        ['/usr/bin/python3', '-c', 'import yaml'], check=False, capture_output=True).returncode == 0


class PageTest(unittest.TestCase):
    def test_what_the_page_shows_is_what_the_files_say(self):
        shown = BLOCK.findall(PAGE.read_text())
        self.assertEqual({'photos.toml', 'foldersync.cron', 'Dockerfile', 'compose.yaml',
                          'kubernetes-cronjob.yaml', 'kubernetes-sidecar.yaml'},
                         {name for name, _, _ in shown})
        for name, file, text in shown:
            self.assertEqual((name, example(name)), (file, text))


class ExampleTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.given({'a': 'x'})

    def here(self, text):
        """The text with the folders of this test in the place of its own."""
        for theirs, ours in (('/srv/photos', self.source), ('/mnt/backup/photos', self.replica),
                             ('/source', self.source), ('/replica', self.replica),
                             ('/var/log/foldersync', self.cwd)):
            text = re.sub(rf'(?<![\w./-]){theirs}(?!\w)', ours, text)
        return text

    def run_arguments(self, arguments):
        """Of a container: once, or as a loop until the replica is exact."""
        arguments = [self.here(argument) for argument in arguments]
        if '--interval' not in arguments:
            self.execute(*arguments, expect=DONE)
        else:
            loop = self.start(*arguments)
            self.assertIn(b'create a', self.first_lines(loop, b'done: '))
            self.assertIn(self.stop(loop), (DONE, 128 + signal.SIGTERM))
        self.assert_mirrored()
        self.assertEqual([], os.listdir(self.cwd))
        trees.remove(self.replica)
        trees.remove(self.state)

    @staticmethod
    def first_lines(process, last):
        said = b''
        while last not in said:
            said += process.stdout.readline()
        return said

    def test_the_job(self):
        jobs = os.path.join(self.home, '.config', 'foldersync')
        os.makedirs(jobs)
        trees.write(os.path.join(jobs, 'photos.toml'), self.here(example('photos.toml')))
        loop = self.start('run', '--job', 'photos')
        self.first_lines(loop, b'done: ')
        self.assertIn(self.stop(loop), (DONE, 128 + signal.SIGTERM))
        self.assert_mirrored()
        self.assertIn('create a', self.log_text(os.path.join(self.cwd, 'photos.log')))

    def cron(self, command):
        """As cron runs it."""
        return subprocess.run(['/bin/sh', '-c', command], check=False, capture_output=True,
                              text=True, cwd=self.home,
                              env={'HOME': self.home, 'LOGNAME': 'root', 'SHELL': '/bin/sh',
                                   'PATH': f'{self.home}:/usr/bin:/bin'})

    def test_the_line_of_cron_says_nothing_unless_something_is_wrong(self):
        lines = [line for line in example('foldersync.cron').splitlines()
                 if not line.startswith('#')]
        self.assertEqual(['MAILTO=root', 'PATH=/usr/local/bin:/usr/bin:/bin'], lines[:2])
        (job,) = lines[2:]
        self.assertRegex(job, r'^(\S+ ){5}root \S')
        os.symlink(BINARY, os.path.join(self.home, 'foldersync'))
        command = self.here(job.split(' ', 6)[6])
        done = self.cron(command)
        self.assertEqual((0, '', ''), (done.returncode, done.stdout, done.stderr))
        self.assert_mirrored()
        os.rename(self.source, self.at('away'))
        failed = self.cron(command)
        self.assertEqual(5, failed.returncode)
        self.assertIn('source', failed.stdout + failed.stderr)

    def test_the_image(self):
        said = {}
        for line in example('Dockerfile').replace('\\\n', '').splitlines():
            if line and not line.startswith('#'):
                word, rest = line.split(None, 1)
                self.assertNotIn(word, said)
                said[word] = rest
        self.assertEqual({'FROM', 'COPY', 'RUN', 'ENV', 'VOLUME', 'WORKDIR', 'STOPSIGNAL',
                          'ENTRYPOINT', 'CMD'}, set(said))
        self.assertEqual(['/usr/bin/foldersync'], json.loads(said['ENTRYPOINT']))
        self.assertEqual(f"XDG_STATE_HOME={said['VOLUME']}", said['ENV'])
        self.assertEqual(0, subprocess.run(['sh', '-n'], input=said['RUN'], text=True,
                                           check=False).returncode)
        self.run_arguments(json.loads(said['CMD']))

    def yaml(self, name):
        if shutil.which('yamllint'):
            rules = '{extends: default, rules: {document-start: disable, line-length: {max: 120}}}'
            done = subprocess.run(['yamllint', '-s', '-d', rules, EXAMPLES / name], check=False,
                                  capture_output=True, text=True)
            self.assertEqual(0, done.returncode, done.stdout)
        (document,) = json.loads(subprocess.run(['/usr/bin/python3', '-c', TO_JSON],
                                                input=example(name), check=True, text=True,
                                                capture_output=True).stdout)
        return document

    @unittest.skipUnless(has_yaml(), 'Debian\'s python3-yaml is missing')
    def test_the_file_of_compose(self):
        file = self.yaml('compose.yaml')
        mirror = file['services']['mirror']
        self.assertLessEqual(set(mirror), {'image', 'command', 'restart', 'stop_grace_period',
                                           'network_mode', 'volumes'})
        volumes = dict(volume.split(':', 1) for volume in mirror['volumes'])
        self.assertEqual(['/source:ro', '/replica', '/state'], list(volumes.values()))
        self.assertEqual(['state'], list(file['volumes']))
        self.run_arguments(mirror['command'])

    def check_pod(self, pod):
        self.assertLessEqual(set(pod), {'restartPolicy', 'terminationGracePeriodSeconds',
                                        'containers', 'volumes'})
        volumes = {volume['name'] for volume in pod['volumes']}
        self.assertTrue(all('claimName' in volume['persistentVolumeClaim']
                            for volume in pod['volumes']))
        for container in pod['containers']:
            self.assertLessEqual(set(container), {'name', 'image', 'args', 'volumeMounts'})
            self.assertLessEqual({mount['name'] for mount in container['volumeMounts']}, volumes)
        (mirror,) = [found for found in pod['containers'] if found['name'] == 'mirror']
        places = {mount['mountPath']: mount.get('readOnly', False)
                  for mount in mirror['volumeMounts']}
        self.assertEqual({'/source': True, '/replica': False, '/state': False}, places)
        self.run_arguments(mirror['args'])

    @unittest.skipUnless(has_yaml(), 'Debian\'s python3-yaml is missing')
    def test_the_jobs_of_kubernetes(self):
        job = self.yaml('kubernetes-cronjob.yaml')
        self.assertEqual(('batch/v1', 'CronJob'), (job['apiVersion'], job['kind']))
        self.assertEqual(5, len(shlex.split(job['spec']['schedule'])))
        self.check_pod(job['spec']['jobTemplate']['spec']['template']['spec'])

    @unittest.skipUnless(has_yaml(), 'Debian\'s python3-yaml is missing')
    def test_the_sidecar_of_kubernetes(self):
        server = self.yaml('kubernetes-sidecar.yaml')
        self.assertEqual(('apps/v1', 'Deployment'), (server['apiVersion'], server['kind']))
        template = server['spec']['template']
        self.assertEqual(server['spec']['selector']['matchLabels'], template['metadata']['labels'])
        self.check_pod(template['spec'])


@unittest.skipUnless(entering(), 'no folder can become the root here')
class OneMemoryTest(ProgramTest):
    in_memory = True

    def test_unit_timer_cron_and_terminal_share_the_state_of_one_user(self):
        root = BareRoot(self.at('root'))
        copy_into(root.top, *libraries(BINARY))
        shutil.copy2(BINARY, root.top + '/foldersync')
        for path in ('/etc', '/home', '/elsewhere'):
            os.mkdir(root.top + path)
        trees.write(root.top + '/etc/passwd', 'root:x:0:0:root:/home:/bin/sh\n')
        trees.build(root.top + '/source', {'a': 'x'})
        unit = {'LANG': 'C.UTF-8', 'INVOCATION_ID': '1', 'JOURNAL_STREAM': '1:2',
                'SYSTEMD_EXEC_PID': '1', 'USER': 'root'}
        starters = {
            'nothing': {},
            'a unit': unit,
            'a unit with a user': {**unit, 'HOME': '/home', 'LOGNAME': 'root', 'SHELL': '/bin/sh'},
            'cron': {'HOME': '/home', 'LOGNAME': 'root', 'SHELL': '/bin/sh'},
            'a terminal': {'HOME': '/home', 'TERM': 'xterm', 'USER': 'root', 'LANG': 'C.UTF-8'},
            'an empty variable': {'HOME': '/home', 'XDG_STATE_HOME': ''},
        }
        for who, environment in starters.items():
            with self.subTest(who=who):
                done = subprocess.run(
                    ['env', '-i', *(f'{key}={value}' for key, value in
                                    {**ADMINISTRATOR, **environment}.items()),
                     *entering(), root.top, '/foldersync', 'run', '/source',
                     '/replica', '-l', 'none'],
                    check=False, capture_output=True, text=True, cwd=root.top)
                self.assertEqual(0, done.returncode, done.stdout + done.stderr)
                self.assertNotIn('warn', (done.stdout + done.stderr).lower())
        states = [path for path in root.paths() if path.endswith('memory.db')]
        self.assertEqual(['home/.local/state/foldersync/memory.db'], states)

    def test_a_root_without_proc_is_told(self):
        root = self.at('root')
        copy_into(root, *libraries(BINARY))
        shutil.copy2(BINARY, root + '/foldersync')
        trees.build(root + '/source', {'a': 'x'})
        done = subprocess.run(['unshare', *(() if os.geteuid() == 0 else ('-r',)), 'chroot', root,
                               '/foldersync', 'run', '/source', '/replica', '-l', 'none'],
                              check=False, capture_output=True, text=True,
                              env={**ADMINISTRATOR, 'HOME': '/'})
        self.assertEqual(3, done.returncode, done.stdout + done.stderr)
        self.assertIn('/proc is not mounted here', done.stderr)


if __name__ == '__main__':
    unittest.main()
