"""What is installed: it lies where it belongs, does its work there, and goes without a trace."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.bare_root import (BareRoot, all_names, copy_into, libraries, packages_of,
                                     with_dependencies)
from tests.support.program import BINARY, CHECKOUT, DONE, PATIENCE_SECONDS, ProgramTest

BUILD = os.path.dirname(os.path.dirname(BINARY))
PROGRAM, WRAPPERS = '/usr/bin/foldersync', '/usr/libexec/foldersync/bin'
DOCS = '/usr/share/doc/foldersync'
LINK = re.compile(r'\]\(([^)#:\s]+)[^):]*\)')


class RootTest(ProgramTest):
    """With `root`, in which nothing is installed yet."""
    in_memory = True

    def setUp(self):
        super().setUp()
        self.root = BareRoot(self.at('root'))

    def read_in_root(self, path):
        return trees.read(self.root.top + path)

    def assert_does_its_job(self):
        """Mirrors twice; nothing is written but the replica, the state and the log."""
        copy_into(self.root.top, *libraries(self.root.top + PROGRAM))
        trees.build(self.root.top + '/source', {'a': 'x', 'd': {'b': trees.symlink('../a')}})
        for folder in ('/home', '/state'):
            os.mkdir(self.root.top + folder)
        before = self.root.paths()
        roots = ('-s', self.root.path('/source'), '-r', self.root.path('/replica'))
        for expected in ('create a', 'done: unchanged 3'):
            said = self.root.run(PROGRAM, 'run', *roots, '-l', self.root.path('/log'))
            self.assertIn(expected, said)
        self.root.run(PROGRAM, 'plan', *roots, '--detailed-exitcode')
        self.assertEqual([], compare.differences(self.root.top + '/source',
                                                 self.root.top + '/replica'))
        written = {path.split('/')[0] for path in self.root.paths() - before}
        self.assertLessEqual(written, {'replica', 'state', 'log'})


@unittest.skipUnless(shutil.which('cmake') and os.path.exists(f'{BUILD}/cmake_install.cmake'),
                     'the program was not built by cmake here')
class InstallTest(RootTest):
    def setUp(self):
        super().setUp()
        said = subprocess.run(['cmake', '--install', BUILD, '--prefix', '/usr'], check=True,
                              capture_output=True, text=True, umask=0o077,
                              env={**os.environ, 'DESTDIR': self.root.top}).stdout
        self.installed = re.findall(r'^-- Installing: (.*)$', said, re.M)

    def in_folder(self, folder):
        return sorted(os.listdir(self.root.top + folder))

    def test_it_mirrors_in_a_bare_root_and_goes_without_a_trace(self):
        brought = self.root.files()
        self.assert_does_its_job()
        for path in self.installed:
            if os.path.islink(path) or not os.path.isdir(path):
                os.unlink(path)
        self.assertEqual(set(), brought & self.root.files())

    def test_everything_lies_where_it_belongs_and_everybody_can_read_it(self):
        self.assertEqual(['foldersync'], self.in_folder('/usr/bin'))
        self.assertEqual(['sync'], self.in_folder(WRAPPERS))
        self.assertEqual(['bin', 'lib', 'libexec', 'share'], self.in_folder('/usr'))
        self.assertEqual(['etc', 'proc', 'usr'], self.in_folder(''))
        self.assertEqual(['foldersync'], self.in_folder('/etc/logrotate.d'))
        for manager in ('system', 'user'):
            self.assertEqual(['foldersync-once@.service', 'foldersync-once@.timer',
                              'foldersync@.service'], self.in_folder(f'/usr/lib/systemd/{manager}'))
        self.assertEqual(['README.md', 'changelog.gz', 'copyright', 'docs', 'examples'],
                         self.in_folder(DOCS))
        for path in self.installed:
            self.assertEqual(0o755 if os.access(path, os.X_OK) else 0o644,
                             os.stat(path).st_mode & 0o7777, path)
        self.assertTrue(os.access(self.root.top + DOCS + '/examples/pipeline.sh', os.X_OK))
        self.assertIn(b'no licence', self.read_in_root(DOCS + '/copyright').lower())
        version = self.execute('--version', expect=DONE).out.split()[1]
        changes = gzip.decompress(self.read_in_root(DOCS + '/changelog.gz')).decode()
        self.assertTrue(changes.startswith(f'foldersync ({version}) '), changes)

    def test_elsewhere_units_name_the_program_that_lies_there(self):
        top = self.at('elsewhere')
        subprocess.run(['cmake', '--install', BUILD, '--prefix', top], check=True,
                       capture_output=True)
        unit = trees.read(top + '/lib/systemd/system/foldersync@.service').decode()
        self.assertIn(f'\nExecStart={top}/bin/foldersync run ', unit)
        self.assertTrue(os.path.exists(top + '/etc/logrotate.d/foldersync'))

    def test_pages_and_completions_are_those_of_the_installed_name(self):
        pages = '/usr/share/man/man1'
        self.assertEqual(sorted(['foldersync.1.gz', *(f'foldersync-{command}.1.gz'
                                                      for command in self.commands())]),
                         self.in_folder(pages))
        for name in self.in_folder(pages):
            text = gzip.decompress(self.read_in_root(f'{pages}/{name}')).decode()
            self.assertIn(f".Nm {name.removesuffix('.1.gz')}\n", text)
        for path in ('bash-completion/completions/foldersync',
                     'zsh/vendor-completions/_foldersync',
                     'fish/vendor_completions.d/foldersync.fish'):
            self.assertIn(b'foldersync', self.read_in_root(f'/usr/share/{path}'))

    def test_the_links_of_the_installed_pages_lead_somewhere(self):
        pages = list(pathlib.Path(self.root.top + DOCS).rglob('*.md'))
        self.assertGreater(len(pages), 10)
        broken = [f'{page}: {link}' for page in pages for link in LINK.findall(page.read_text())
                  if not (page.parent / link).exists()]
        self.assertEqual([], broken)

    def commands(self):
        """The commands that the help names."""
        commands = re.findall(r'^  (\w+)  +\w', self.execute('--help', expect=DONE).out, re.M)
        self.assertIn('run', commands)
        return commands

    def called(self, *args, path, expect=0):
        """What the wrapper ran, as it is found on PATH."""
        done = subprocess.run(['sync', *args], check=False, capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS,
                              env={'PATH': ':'.join((*path, os.environ['PATH']))})
        self.assertEqual(expect, done.returncode, done.stdout + done.stderr)
        return (done.stdout + done.stderr).splitlines()

    def fake(self, folder, name, code=0):
        """A program that says its name and its arguments, one a line."""
        trees.write(os.path.join(folder, name),
                    f'#!/bin/sh\nprintf "%s\\n" {name} "$@"\nexit {code}\n')
        os.chmod(os.path.join(folder, name), 0o755)

    def test_the_wrapper_hands_on_what_is_not_ours(self):
        wrappers, system, again = self.root.top + WRAPPERS, self.at('system'), self.at('again')
        os.mkdir(system)
        self.fake(system, 'sync', code=7)
        self.fake(self.root.top + '/usr/bin', 'foldersync')
        shutil.copytree(self.root.top, again)
        path = (wrappers, again + WRAPPERS, system)
        for args in ((), ('-f', '/'), ('--version',), ('a file', '-d', ''), ('--', 'run'), ('Run',)):
            with self.subTest(args=args):
                self.assertEqual(['sync', *args], self.called(*args, path=path, expect=7))
        for command in (*self.commands(), 'help'):
            self.assertEqual(['foldersync', command, 'a b', ''],
                             self.called(command, 'a b', '', path=path))
        os.symlink(wrappers + '/sync', self.at('sync'))
        self.assertEqual(['foldersync', 'run'], self.called('run', path=(self.top, system)))
        self.assertEqual(['sync', 'x'], self.called('x', path=(self.top, system), expect=7))

    def test_the_wrapper_says_where_there_is_no_other(self):
        tools = self.at('tools')
        os.mkdir(tools)
        os.symlink(shutil.which('readlink'), tools + '/readlink')
        done = subprocess.run([self.root.top + WRAPPERS + '/sync'], check=False, text=True,
                              capture_output=True, env={'PATH': tools})
        self.assertEqual((127, 'sync: there is no other sync on the PATH\n'),
                         (done.returncode, done.stderr))


@unittest.skipUnless(os.environ.get('SYNC_TEST_PACKAGE'), 'takes two builds: SYNC_TEST_PACKAGE=1')
@unittest.skipUnless(os.geteuid() == 0 and shutil.which('lintian'), 'needs root and lintian')
class PackageTest(RootTest):
    def packages(self, name, **options):
        """Builds the packages in a checkout of this name; their contents by name."""
        listed = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached',
                                 '--others', '--exclude-standard'], cwd=CHECKOUT, check=True,
                                capture_output=True).stdout.decode().split('\0')
        for path in filter(None, listed):
            os.makedirs(os.path.dirname(self.at(name, path)), exist_ok=True)
            shutil.copy2(os.path.join(CHECKOUT, path), self.at(name, path))
        subprocess.run(['cmake', '--workflow', '--preset', 'package'], cwd=self.at(name), check=True,
                       stdout=subprocess.DEVNULL, **options)
        built = pathlib.Path(self.at(name, 'build', 'package'))
        return {path.name: path for path in built.glob('*deb')}

    def test_the_packages(self):
        at_home = {**os.environ, 'CCACHE_DISABLE': '1'}
        elsewhere = {**at_home, 'TZ': 'Asia/Tokyo', 'LC_ALL': 'C.UTF-8'}
        first = self.packages('first', env=at_home)
        again = self.packages('another place', env=elsewhere, umask=0o077)
        self.assertEqual(2, len(first))
        for name, path in first.items():
            self.assertEqual(path.read_bytes(), again[name].read_bytes(), f'{name} differs')
            said = subprocess.run(['lintian', '--allow-root', '--fail-on', 'error', path],
                                  check=False, capture_output=True, text=True)
            self.assertEqual(0, said.returncode, said.stdout + said.stderr)
        self.assert_installs(next(path for path in first.values() if path.suffix == '.deb'))

    def assert_installs(self, package):
        """By dpkg, into a root where nothing but what the package depends on is at hand."""
        os.makedirs(self.root.top + '/var/lib/dpkg/updates')
        os.makedirs(self.root.top + '/var/lib/dpkg/info')
        trees.write(self.root.top + '/var/lib/dpkg/status', '')
        self.dpkg('--install', package)
        depends = subprocess.run(['dpkg-deb', '-f', package, 'Depends'], check=True,
                                 capture_output=True, text=True).stdout
        needed = packages_of(libraries(self.root.top + PROGRAM))
        self.assertIn('libc6', needed)
        brought = with_dependencies(depends)
        self.assertEqual([], [name for name in needed if not all_names(name) & brought])
        self.assert_does_its_job()
        listed = subprocess.run(['dpkg-deb', '-c', package], check=True, capture_output=True,
                                text=True).stdout
        for folder in ('./etc/foldersync/', './var/log/foldersync/'):
            self.assertRegex(listed, rf'(?m)^drwxr-xr-x root/root .* {folder}$')
        trees.write(self.root.top + '/var/log/foldersync/photos.log', 'x')
        self.assertEqual('/etc/logrotate.d/foldersync\n', trees.read(
            self.root.top + '/var/lib/dpkg/info/foldersync.conffiles').decode())
        self.dpkg('--purge', 'foldersync')
        self.assertEqual(set(), {path for path in self.root.paths()
                                 if 'foldersync' in path and not path.startswith('state/')})

    def dpkg(self, *args):
        subprocess.run(['dpkg', f'--root={self.root.top}', '--log=/dev/null', '--force-depends',
                        '--force-script-chrootless',
                        *args], check=True, capture_output=True)


if __name__ == '__main__':
    unittest.main()
