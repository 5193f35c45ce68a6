"""Options from job files and the environment: which of them count, and whose files are believed."""
import os
import re
import subprocess
import unittest

from tests.support import compare, trees
from tests.support.program import CHECKOUT, DONE, REFUSED, USAGE, ProgramTest, as_root, with_mounts

OTHER = 1001


class JobTest(ProgramTest):
    adopts = False

    def setUp(self):
        super().setUp()
        self.config = self.at('config')
        self.given({'a': 'x', 'b.tmp': 'y', 'cache': {'c': 'z'}})
        self.job = f'source = "{self.source}"\nreplica = "{self.replica}"\n'

    def environment(self, extra=None):
        return super().environment({'XDG_CONFIG_HOME': self.config, **(extra or {})})

    def write(self, text, name='photos'):
        folder = os.path.join(self.config, 'foldersync')
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f'{name}.toml')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path


class JobsTest(JobTest):
    def test_a_job_is_mirrored_and_needs_nothing_else(self):
        self.write(self.job + 'exclude = ["*.tmp", "/cache/"]\n')
        self.execute('run', '--job', 'photos', expect=DONE)
        self.assertEqual(['a'], os.listdir(self.replica))
        self.assertFalse(os.path.exists(self.log), 'a job begins in any folder')
        said = self.execute('plan', '--job', 'photos', '--detailed-exitcode', expect=DONE).out
        self.assertIn('Nothing to do', said)
        self.execute('verify', '--job', 'photos', expect=DONE)
        self.execute('scan', '--job', 'photos', expect=DONE)
        self.execute('recover', '--job', 'photos', expect=DONE)

    def test_a_plan_of_a_job_is_applied_as_the_job_has_it(self):
        self.write(self.job + f'[apply]\nlog = "{self.at("applied")}"\n')
        self.execute('plan', '--job', 'photos', '-o', self.at('plan'), expect=DONE)
        self.execute('apply', self.at('plan'), '--job', 'photos', expect=DONE)
        self.assertTrue(os.path.exists(self.at('applied')))
        self.assertEqual([], compare.differences(self.source, self.replica))

    def test_the_command_line_counts_before_the_environment_and_that_before_the_files(self):
        self.write('max-delete = 1\n', 'defaults')
        self.write(self.job + 'max-delete = 2\n')
        def limit(*arguments, **env):
            text = self.execute('plan', *arguments, expect=DONE, env=env).out
            return re.search(r'max-delete: 0 of \d+, limit (\d+):', text)[1]
        folders = ('-s', self.source, '-r', self.replica)
        self.execute('run', '--job', 'photos', expect=DONE)
        self.assertEqual('1', limit(*folders))
        self.assertEqual('2', limit('--job', 'photos'))
        self.assertEqual('3', limit('--job', 'photos', FOLDERSYNC_OPT_MAX_DELETE='3'))
        self.assertEqual('4', limit('--job', 'photos', '--max-delete', '4', FOLDERSYNC_OPT_MAX_DELETE='3'))

    def test_rules_add_up_and_the_last_one_decides(self):
        self.write(self.job + 'exclude = ["*.tmp"]\n')
        self.execute('run', '--job', 'photos', '--include', 'b.tmp', expect=DONE,
                     env={'FOLDERSYNC_OPT_EXCLUDE': 'cache/\na'})
        self.assertEqual(['b.tmp'], os.listdir(self.replica))

    def test_a_flag_of_the_job_is_taken_back_on_the_command_line(self):
        trees.build(self.replica, {'extra': 'x'})
        self.write(self.job + 'no-delete = true\nadopt = true\nchecksum = true\nquiet = true\n')
        self.execute('run', '--job', 'photos', expect=DONE)
        self.assertIn('extra', os.listdir(self.replica))
        said = self.execute('run', '--job', 'photos', '--no-delete=false', '--checksum=false',
                            '--verbose', expect=DONE).out
        self.assertNotIn('extra', os.listdir(self.replica))
        self.assertNotIn('all content read', said)

    def test_a_flag_that_is_false_takes_nothing_else_back(self):
        self.write(self.job + 'atomic = true\n')
        self.execute('run', '--job', 'photos', '--delete-first=false', '--report', self.at('report'), expect=DONE)
        self.assertIn('"atomic":true', trees.read(self.at('report')).decode())
        for wrong in ('--no-delete=', '--no-delete=maybe'):
            self.assertIn('expected true or false', self.execute('run', '--job', 'photos', wrong, expect=USAGE).err)

    def test_of_two_folders_by_their_places_none_is_the_jobs(self):
        self.write(self.job)
        said = self.execute('run', '--job', 'photos', self.in_source('cache'), expect=USAGE).err
        self.assertIn('expected SOURCE and REPLICA', said)
        self.execute('run', '--job', 'photos', '-r', self.at('other'), expect=DONE)
        self.execute('run', '--job', 'photos', self.in_source('cache'), self.at('third'), expect=DONE)
        self.assertEqual(['c'], os.listdir(self.at('third')))

    def test_a_file_that_is_too_large_for_a_job_or_leads_nowhere_is_none(self):
        path = self.write('a' + '.a' * 100_000 + ' = 1\n')
        self.assertIn('64 KiB', self.execute('config', 'show', '--job', 'photos', expect=USAGE).err)
        self.write('a' + '.a' * 30_000 + ' = 1\n')
        self.execute('config', 'show', '--job', 'photos', expect=USAGE)
        os.unlink(path)
        os.symlink(self.at('nothing'), os.path.join(os.path.dirname(path), 'defaults.toml'))
        said = self.execute('run', '-s', self.source, '-r', self.replica, expect=USAGE).err
        self.assertIn('leads nowhere', said)

    def test_what_can_not_stand_in_a_file_is_said_in_a_comment(self):
        shown = self.execute('config', 'show', expect=DONE, env={'FOLDERSYNC_OPT_EXCLUDE': 'a\udcff\nb'}).out
        self.assertIn('# what is not UTF-8', shown)
        self.assertEqual(['  "b",'], [line.split(' #')[0].rstrip() for line in shown.splitlines() if line[0] == ' '])

    def test_once_is_once_and_now(self):
        self.write(self.job + 'interval = "1h"\njitter = "30m"\n')
        self.execute('run', '--job', 'photos', '--once', expect=DONE)
        self.assertIn('a', os.listdir(self.replica))

    def test_what_config_shows_is_a_job_that_says_the_same(self):
        self.write('threads = 2\n', 'defaults')
        self.write(self.job + 'exclude = ["\\\\\\"\\t\\u00fc"]\npin = true\nmin-age = 5\n[run]\npin = false\n')
        env = {'FOLDERSYNC_OPT_MIN_AGE': '7'}
        shown = self.execute('config', 'show', '--job', 'photos', expect=DONE, env=env).out
        for line in (f'/photos.toml:1\n', '/defaults.toml:1\n', '# FOLDERSYNC_OPT_MIN_AGE\n',
                     'min-age = "5" gives way to FOLDERSYNC_OPT_MIN_AGE\n'):
            self.assertIn(line, shown)
        self.write(shown, 'again')
        again = self.execute('config', 'show', '--job', 'again', expect=DONE).out
        def values(text):
            return [line.split('#')[0].rstrip() for line in text.splitlines() if line[0] != '#']
        self.assertEqual(sorted(values(shown)), sorted(values(again)))

    def test_what_is_wrong_is_told_with_its_place_and_nothing_is_done(self):
        for text, place, words in (
                ('replca = "/x"\n', ':3: ', "did you mean 'replica'?"),
                ('exclude = "a"\nmax-delete = "many"\n', ':4: max-delete: ', "percentage up to 100%, found 'many'"),
                ('interval = "5x"\n', ':3: interval: ', "found '5x'"),
                ('pin = "maybe"\n', ':3: pin: ', 'expected true or false'),
                ('checksum = "all"\n', ':3: checksum: ', '=cached'),
                ('log = "log.txt"\n', ':3: log: ', 'expected a path from / or ~/ on'),
                ('exclude-from = "/none"\n', ':3: exclude-from: ', "'/none' can't be read"),
                ('source = "/x"\n', ':3: ', ''),
                ('[show]\nlist = true\n', ':3: ', "no command 'show' takes a job"),
                ('x', ':3: ', '')):
            path = self.write(self.job + text)
            with self.subTest(text):
                said = self.execute('run', '--job', 'photos', expect=USAGE).err
                self.assertIn(path + place, said)
                self.assertIn(words, said)
        self.write(self.job + 'atomic = true\ndelete-first = true\n')
        said = self.execute('run', '--job', 'photos', expect=USAGE).err
        self.assertIn('photos.toml:3: atomic', said)
        self.execute('run', '--job', 'none', expect=USAGE)
        self.execute('run', '--config', self.at('none'), expect=USAGE)
        self.execute('run', '--job', 'none', '--config', self.at('none'), expect=USAGE)
        self.execute('config', 'jobs', 'more', expect=USAGE)
        for name in ('defaults', '../photos', '.hidden', ''):
            self.execute('run', '--job', name, expect=USAGE)
        self.assertFalse(os.path.exists(self.replica))

    def test_what_is_wrong_in_the_environment_is_told_by_its_name(self):
        self.write(self.job)
        for name, value in (('MAX_DELET', '1'), ('MAX_DELETE', 'x'), ('SOURCE', '/x'), ('JOB', 'x'),
                            ('PIN', '1'), ('pin', 'true')):
            name = f'FOLDERSYNC_OPT_{name}'
            said = self.execute('run', '--job', 'photos', env={name: value}, expect=USAGE).err
            self.assertIn(name, said)
        self.assertFalse(os.path.exists(self.replica))
        # A service of that name has such variables in a container.
        others = {'FOLDERSYNC_PORT': 'tcp://10.0.0.1', 'FOLDERSYNC_RESULT_EXIT': '0',
                  'FOLDERSYNC_OPT_INTERVAL': '5m'}
        self.execute('plan', '--job', 'photos', env=others, expect=DONE)

    def test_a_default_names_no_folder(self):
        self.write(f'replica = "{self.replica}"\n', 'defaults')
        said = self.execute('run', '-s', self.source, expect=USAGE).err
        self.assertIn('defaults.toml:1: replica', said)


class BelievedTest(JobTest):
    def refused(self, path, *words):
        said = self.execute('run', '--job', 'photos', expect=REFUSED).err
        for word in (path, *words):
            self.assertIn(word, said)
        self.assertFalse(os.path.exists(self.replica))

    def test_what_others_may_write_is_refused(self):
        path = self.write(self.job)
        for mode in (0o664, 0o646):
            os.chmod(path, mode)
            self.refused(path, 'chmod go-w')
        os.chmod(path, 0o644)
        os.chmod(os.path.dirname(path), 0o777)
        self.refused(path, 'others can give')
        os.chmod(os.path.dirname(path), 0o755)
        self.execute('run', '--job', 'photos', expect=DONE)

    @as_root
    def test_a_file_or_a_link_of_somebody_else_is_refused(self):
        path = self.write(self.job)
        os.chown(path, OTHER, OTHER)
        self.refused(path, 'belongs to somebody else')
        os.rename(path, self.at('theirs'))
        os.symlink(self.at('theirs'), path)
        self.refused(path)
        os.chown(self.at('theirs'), 0, 0)
        os.lchown(path, OTHER, OTHER)
        self.refused('photos.toml')
        os.lchown(path, 0, 0)
        self.execute('run', '--job', 'photos', expect=DONE)

    def as_on_a_machine(self, *arguments, **env):
        """What `config` prints where the test's folder etc is /etc."""
        script = 'mount --bind "$1" /etc && shift && exec "$@"'
        return subprocess.run(
            ['unshare', '-m', 'sh', '-c', script, 'sh', self.at('etc'), self.binary, 'config',
             *arguments], check=True, env=self.environment(env), capture_output=True,
            text=True).stdout

    @as_root
    @with_mounts
    def test_the_page_shows_what_is_printed(self):
        page = trees.read(f'{CHECKOUT}/docs/jobs.md').decode()
        blocks = page.split('```\n')[1::2]
        os.makedirs(self.at('etc', 'foldersync'))
        with open(self.at('etc', 'foldersync', 'photos.toml'), 'w', encoding='utf-8') as file:
            file.write(blocks[0])
        shown = self.as_on_a_machine('show', '--job', 'photos', FOLDERSYNC_OPT_MAX_DELETE='5')
        self.assertEqual(blocks[-1], '$ sync config show --job photos\n' + shown)

    @as_root
    @with_mounts
    def test_the_job_of_the_user_goes_before_that_of_the_machine(self):
        etc = self.at('etc', 'foldersync')
        os.makedirs(etc)
        for name, limit in (('photos', 1), ('nightly', 2)):
            with open(os.path.join(etc, f'{name}.toml'), 'w', encoding='utf-8') as file:
                file.write(f'{self.job}max-delete = {limit}\n')
        self.write(self.job + 'max-delete = 3\n')
        for job, limit in (('photos', 3), ('nightly', 2)):
            said = self.as_on_a_machine('show', '--job', job)
            self.assertIn(f'max-delete = "{limit}"', said)
        listed = self.as_on_a_machine('jobs')
        mine = os.path.join(self.config, 'foldersync', 'photos.toml')
        self.assertEqual(f'nightly\t/etc/foldersync/nightly.toml\nphotos\t{mine}\n', listed)


if __name__ == '__main__':
    unittest.main()
