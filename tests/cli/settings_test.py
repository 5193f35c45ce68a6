"""Options from the environment and from a file: flag beats environment beats file."""
import os
import unittest

from tests.support import trees
from tests.support.program import REFUSED, USAGE, ProgramTest


class SettingsTest(ProgramTest):
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
