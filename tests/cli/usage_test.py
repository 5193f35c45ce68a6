"""Wrong usage ends with 64 before any work, and says what was wrong."""
import os
import unittest

from tests.support import trees
from tests.support.program import REFUSED, USAGE, ProgramTest


class UsageTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'x'}, {'a': 'old', 'extra': 'x', 'more': 'x'})

    def assert_wrong(self, *args, says='', **options):
        with self.untouched():
            result = self.execute(*args, expect=USAGE, **options)
        self.assertIn(says, result.err + result.out)
        return result

    def roots(self, *options):
        return ('run', '-s', self.source, '-r', self.replica, *options)

    def test_an_unknown_option_is_named_and_the_nearest_one_suggested(self):
        for wrong, near in (('--cheksum', '--checksum'), ('--exclud=x', '--exclude'),
                            ('--no-delet', '--no-delete'), ('--treads=2', '--threads')):
            with self.subTest(option=wrong):
                result = self.assert_wrong(*self.roots(wrong), says=wrong.split('=')[0])
                self.assertIn(near, result.err.replace(wrong.split('=')[0] + ' ', ''))

    def test_unknown_options_of_all_forms_are_wrong(self):
        for wrong in ('--nonsense', '-X', '--nonsense=1', '-checksum'):
            with self.subTest(option=wrong):
                self.assert_wrong(*self.roots(wrong))

    def test_an_unknown_command_is_named(self):
        self.assert_wrong('rum', '-s', self.source, '-r', self.replica, says='rum')

    def test_stray_words_are_wrong(self):
        self.assert_wrong(*self.roots('stray'), says='stray')
        self.assert_wrong(*self.roots('--', 'stray'), says='stray')

    def test_a_missing_root_is_wrong(self):
        self.assert_wrong('run', '-s', self.source, says='-r')
        self.assert_wrong('run', '-r', self.replica, says='-s')
        self.assert_wrong('plan')
        self.assert_wrong('scan')
        self.assert_wrong('apply')

    def test_a_missing_value_is_wrong(self):
        for option in ('-s', '-r', '-l', '--max-delete', '--exclude', '--exclude-from', '--threads',
                       '--state', '--report', '--backup-dir', '--lock-wait', '--config',
                       '--durability', '--color', '--progress'):
            with self.subTest(option=option):
                self.assert_wrong('run', '-s', self.source, '-r', self.replica, option)

    def test_an_option_does_not_swallow_the_next_one_as_its_value(self):
        self.assert_wrong('run', '-s', '-r', self.replica)

    def test_an_option_given_twice_is_wrong(self):
        for options in (('-s', self.source), ('-r', self.replica),
                        ('--threads', '1', '--threads', '2'),
                        ('--max-delete', '1', '--max-delete', '2')):
            with self.subTest(options=options):
                self.assert_wrong(*self.roots(*options))

    def test_values_that_are_none_are_wrong(self):
        for option, values in {
                '--max-delete': ('-1', '101%', 'abc', '', '5x', '%', '1e3', '1.5', 'nan'),
                '--threads': ('-1', 'abc', '', '1.5', '99999999999999999999'),
                '--lock-wait': ('-1', 'abc', '', 'nan', '5x'),
                '--durability': ('maybe', ''), '--color': ('blue',), '--progress': ('perhaps',),
                '--log-format': ('xml',)}.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    self.assert_wrong(*self.roots(option, value))

    def test_empty_paths_are_wrong(self):
        for option in ('-l', '--state', '--report', '--backup-dir', '--exclude-from', '--config'):
            with self.subTest(option=option):
                self.assert_wrong(*self.roots(option, ''))

    def test_options_of_other_commands_are_wrong(self):
        self.assert_wrong('run', '-s', self.source, '-r', self.replica, '--json')
        self.assert_wrong('scan', '-s', self.source, '--max-delete', '1')
        self.assert_wrong('scan', '-s', self.source, '-r', self.replica)

    def test_no_command_at_all_is_wrong_and_shows_the_usage(self):
        self.assertIn('run', self.assert_wrong().err)

    def test_a_wrong_option_is_reported_even_when_the_source_is_missing_too(self):
        self.assert_wrong('run', '-s', self.at('nowhere'), '-r', self.replica, '--nonsense')


class SettingsTest(ProgramTest):
    """Options from the environment and from a file: flag beats environment beats file."""

    def setUp(self):
        super().setUp()
        self.given({'a': 'x'}, {'b': 'x', 'c': 'x'})

    def config(self, text):
        trees.write(self.at('config'), text)
        return ('--config', self.at('config'))

    def test_an_option_may_come_from_the_environment(self):
        with self.untouched():
            self.sync('run', env={'FOLDERSYNC_MAX_DELETE': '1'}, expect=REFUSED)

    def test_a_flag_beats_the_environment(self):
        self.mirror('--max-delete', '5', env={'FOLDERSYNC_MAX_DELETE': '1'})

    def test_an_unknown_variable_is_wrong(self):
        for name in ('FOLDERSYNC_NONSENSE', 'FOLDERSYNC_MAX_DELET'):
            with self.subTest(name=name), self.untouched():
                result = self.sync('run', env={name: '1'}, expect=USAGE)
                self.assertIn(name, result.err)

    def test_a_wrong_value_in_the_environment_is_wrong(self):
        with self.untouched():
            self.sync('run', env={'FOLDERSYNC_MAX_DELETE': 'abc'}, expect=USAGE)

    def test_an_option_may_come_from_a_file(self):
        with self.untouched():
            self.sync('run', *self.config('max-delete = 1\n'), expect=REFUSED)

    def test_the_environment_beats_the_file(self):
        self.mirror(*self.config('max-delete = 1\n'), env={'FOLDERSYNC_MAX_DELETE': '5'})

    def test_an_unknown_key_in_the_file_is_wrong(self):
        with self.untouched():
            self.sync('run', *self.config('nonsense = 1\n'), expect=USAGE)

    def test_a_missing_file_of_options_is_wrong(self):
        with self.untouched():
            self.sync('run', '--config', self.at('nowhere'), expect=USAGE)

    def test_unset_surroundings_do_no_harm(self):
        self.mirror(env={'HOME': None, 'XDG_STATE_HOME': self.at('state'), 'PATH': None,
                         'LC_ALL': None, 'TMPDIR': '/nowhere'})

    def test_a_working_directory_that_was_deleted_does_no_harm_with_absolute_paths(self):
        gone = self.at('gone')
        os.mkdir(gone)
        wrapper = ['sh', '-c', 'rmdir "$0"; exec "$@"', gone]
        self.sync('run', '-l', self.at('log'), wrapper=wrapper, cwd=gone)
        self.assert_mirrored()


if __name__ == '__main__':
    unittest.main()
