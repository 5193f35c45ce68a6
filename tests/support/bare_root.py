"""A folder as the root of a system that has an installed program, the libraries that it needs, and
nothing else."""
import functools
import os
import re
import shutil
import subprocess

from tests.support import compare


def libraries(program):
    """The paths of all that the loader wants for a program."""
    said = subprocess.run(['ldd', program], check=True, capture_output=True, text=True).stdout
    return re.findall(r'(/\S+) \(0x', said)


def copy_into(root, *paths):
    """Copies files of this system to the same places below `root`."""
    for path in paths:
        place = root + path
        if os.path.exists(place):
            continue
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy2(path, place)


# The kernel's folder is there in every system; nobody else sees that it is mounted.
ENTERING = 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"'
ADMINISTRATOR = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'}


@functools.lru_cache
def entering(*namespaces):
    """The command before the name of a folder that becomes the root, and before what runs there; or
    () where no folder can."""
    if not namespaces:
        return entering('-m') or entering('-rm')
    command = ('unshare', *namespaces, 'sh', '-c', ENTERING)
    try:
        subprocess.run([*command, '/', '/bin/true'], check=True, capture_output=True,
                       env=ADMINISTRATOR)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return command


class BareRoot:
    """Runs what is installed below `top` there, or in place where no folder can become the root."""

    def __init__(self, top):
        self.top = top
        os.makedirs(top + '/proc')

    def path(self, path):
        """How a path of this root is named in a command that runs there."""
        return path if entering() else self.top + path

    def run(self, program, *args):
        """What it says; it has to end with 0."""
        settings = {'HOME': self.path('/home'), 'XDG_STATE_HOME': self.path('/state')}
        before = (*entering(), self.top) if entering() else ()
        done = subprocess.run([*before, self.path(program), *args], check=False, text=True,
                              capture_output=True, env={**ADMINISTRATOR, **settings}, cwd=self.top)
        if done.returncode != 0:
            raise AssertionError(f'exit {done.returncode}: {done.stdout}{done.stderr}')
        return done.stdout + done.stderr

    def paths(self):
        return set(compare.paths(self.top))

    def files(self):
        """The paths of all that is no folder."""
        return {path for path in self.paths()
                if os.path.islink(os.path.join(self.top, path))
                or not os.path.isdir(os.path.join(self.top, path))}


def packages_of(paths):
    """The packages of this system that these files belong to."""
    names = set()
    for path in paths:
        # Packages name what lies in /usr today as lying in the root.
        for known in {path, os.path.realpath(path), os.path.realpath(path).removeprefix('/usr')}:
            said = subprocess.run(['dpkg', '-S', known], check=False, capture_output=True, text=True)
            names.update(line.split(':')[0] for line in said.stdout.splitlines())
    return names


def _relations(fields, package):
    """The packages that these fields of an installed package name first."""
    said = subprocess.run(['dpkg-query', '-W', '-f', fields, package], check=False,
                          capture_output=True, text=True).stdout
    return _named(said)


def _named(relations):
    return re.findall(r'(?:^|,)\s*([^\s,(|:]+)', relations)


def all_names(package):
    """The name of an installed package, and those that it also answers to."""
    return {package, *_relations('${Provides}', package)}


def with_dependencies(depends):
    """The packages that a line of dependencies brings along, as they are installed here."""
    names, known = _named(depends), set()
    while names:
        name = names.pop()
        if name in known:
            continue
        known.add(name)
        names += _relations('${Depends},${Pre-Depends}', name)
    return known
