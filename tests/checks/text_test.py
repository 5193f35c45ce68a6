"""The files of the project: formatted, readable anywhere, about nothing but the project."""
import collections
import pathlib
import re
import shutil
import subprocess
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
FORMATTER = 'clang-format-14'

# Places that exist on one machine only: another folder beside the checkout, a home, a workspace.
ELSEWHERE = re.compile(r'\.\./(\.\./)*(shared|main|peers)\b'
                       r'|(?<![\w.~$}>)-])/(work|workspace|root)/[\w.]')
# What a header defines.
TYPE = r'^(?:struct|class|enum class) (?:\[\[nodiscard\]\] )?(\w+)[^;{]*\{'

LINK = re.compile(r'\]\(([^)#:\s]+)[^):]*\)')


def project_files():
    """What is tracked, and what would be with `git add`; skips where git knows nothing of it."""
    try:
        listed = subprocess.run(
            ['git', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others',
             '--exclude-standard'], cwd=CHECKOUT, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise unittest.SkipTest('git does not list the files of the checkout')
    paths = (CHECKOUT / name for name in listed.decode().split('\0') if name)
    return [path for path in paths if path.is_file()]


def places_elsewhere(text):
    """The lines of a text that name a place on somebody's machine, as (number, line)."""
    return [(number, line) for number, line in enumerate(text.split('\n'), 1)
            if ELSEWHERE.search(line)]


class TextTest(unittest.TestCase):
    maxDiff = None

    def assert_none(self, found):
        self.assertFalse(found, '\n' + '\n'.join(found))

    def texts(self):
        for path in project_files():
            try:
                yield path.relative_to(CHECKOUT), path.read_text()
            except UnicodeDecodeError:
                continue

    def test_no_two_headers_of_the_program_define_a_type_of_one_name(self):
        """The linker would take the destructor of one for that of the other."""
        homes = collections.defaultdict(list)
        for path in sorted((CHECKOUT / 'src').rglob('*.h')):
            for space, body in re.findall(r'^namespace ([\w:]+) \{\n(.*?)^\}  // namespace',
                                          path.read_text(), re.M | re.S):
                for name in re.findall(TYPE, body, re.M):
                    homes[f'{space}::{name}'].append(str(path.relative_to(CHECKOUT)))
        self.assertGreater(len(homes), 100, 'nothing to check')
        self.assert_none([f'{name}: {", ".join(files)}' for name, files in sorted(homes.items())
                          if len(files) > 1])

    def test_sources_are_formatted(self):
        if shutil.which(FORMATTER) is None:
            self.skipTest(f'{FORMATTER} is not installed')
        sources = [path for path in project_files() if path.suffix in ('.h', '.cpp')]
        self.assertTrue(sources, 'nothing to check')
        said = subprocess.run([FORMATTER, '--dry-run', '-Werror', *sources], check=False,
                              capture_output=True, text=True)
        lines = [line for line in said.stderr.split('\n') if ': error: ' in line]
        files = collections.Counter(line.removeprefix(f'{CHECKOUT}/').split(':')[0]
                                    for line in lines)
        self.assert_none([f'{file}: {places} places' for file, places in sorted(files.items())])
        self.assertEqual(0, said.returncode, said.stderr)

    def test_no_text_names_a_place_outside_the_checkout(self):
        self.assert_none([f'{name}:{number}: {line.strip()}' for name, text in self.texts()
                          for number, line in places_elsewhere(text)])

    def test_a_place_outside_the_checkout_would_be_seen(self):
        up, work, root = '../', '/'.join(('', 'work', '')), '/'.join(('', 'root', ''))
        for line in (f'see {up}shared/RULES.md', f'cd {work}main', f'as in `{root}notes`'):
            self.assertEqual([(1, line)], places_elsewhere(line))
        for line in (f'a{work}b', f'$HOME{work}x', f'the work{root}split', f'{up}src/core'):
            self.assertEqual([], places_elsewhere(line))

    def test_links_in_the_documentation_lead_somewhere(self):
        self.assert_none([f'{name}: {target}' for name, text in self.texts()
                          if name.suffix == '.md' for target in LINK.findall(text)
                          if not (CHECKOUT / name.parent / target).exists()])

    def test_scripts_can_be_started(self):
        self.assert_none([str(name) for name, text in self.texts() if text.startswith('#!')
                          if not (CHECKOUT / name).stat().st_mode & 0o100])


if __name__ == '__main__':
    unittest.main()
