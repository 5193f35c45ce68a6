"""Wrong usage ends with 64 before any work, and says what was wrong."""
import unittest

from tests.support.program import USAGE, ProgramTest


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
        for option in ('-s', '-r', '-l', '--max-delete', '--max-update', '--require', '--exclude',
                       '--exclude-from', '--threads', '--bwlimit', '--ionice',
                       '--state', '--report', '--backup-dir', '--lock-wait', '--config',
                       '--durability', '--color', '--progress'):
            with self.subTest(option=option):
                self.assert_wrong('run', '-s', self.source, '-r', self.replica, option)

    def test_a_rate_or_an_io_priority_that_is_none_is_wrong(self):
        for option, value in (('--bwlimit', '5X'), ('--bwlimit', '-1'), ('--bwlimit', ''),
                              ('--ionice', 'lazy'), ('--ionice', 'idle:3'),
                              ('--ionice', 'realtime:8')):
            with self.subTest(option=option, value=value):
                self.assert_wrong(*self.roots(f'{option}={value}'), says=option)

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

    def test_no_command_at_all_is_wrong(self):
        self.assert_wrong()

    def test_a_wrong_option_is_reported_even_when_the_source_is_missing_too(self):
        self.assert_wrong('run', '-s', self.at('nowhere'), '-r', self.replica, '--nonsense')


if __name__ == '__main__':
    unittest.main()
