"""--version, and with -v what protects a run from its own errors."""
import unittest

from tests.support.program import DONE, NOBODY, USAGE, ProgramTest, as_root


class VersionTest(ProgramTest):
    def lines(self, *args, **options):
        return self.execute(*args, expect=DONE, **options).out.splitlines()

    def test_the_version_alone_is_one_line(self):
        self.assertRegex('\n'.join(self.lines('--version')), r'^sync \d+\.\d+\.\d+$')

    def in_force(self, *args, **options):
        first, *others = self.lines(*args, **options)
        self.assertEqual(self.lines('--version'), [first])
        return dict(line.split(': ', 1) for line in others)

    @as_root
    def test_it_says_what_is_in_force_for_a_plain_user(self):
        self.live_as(NOBODY)
        told = self.in_force('--version', '-v', uid=NOBODY)
        self.assertEqual(('none', 'yes'), (told['capabilities kept'], told['no new privileges']))
        self.assertRegex(told['Landlock'],
                         r'^(version \d+|no \(this kernel: (version [01], 2 is needed|E[A-Z]+)\))$')
        self.assertIn('library assertions', told['hardening'])

    @as_root
    def test_it_says_what_a_run_of_root_keeps(self):
        kept = self.in_force('--verbose', '--version')['capabilities kept'].split()
        self.assertIn('dac_override', kept)
        for other in ('setuid', 'sys_ptrace', 'sys_module', 'net_admin'):
            self.assertNotIn(other, kept)

    def test_more_is_said_of_the_version_only(self):
        self.assertIn('--version', self.execute('-v', 'run', expect=USAGE).err)


if __name__ == '__main__':
    unittest.main()
