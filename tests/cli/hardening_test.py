"""How the program was built, read off the binary: what makes an error in it harder to use."""
import os
import subprocess
import unittest

from tests.support.program import BINARY, is_sanitized

END_OF_BRANCH = b'\xf3\x0f\x1e\xfa'  # endbr64, where an indirect call may lead
PROBE = b'\x48\x83\x0c\x24\x00'  # orq $0x0,(%rsp), where the stack grows by a page


def read_elf(*options):
    return subprocess.run(['readelf', '--wide', *options, BINARY], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


class HardeningTest(unittest.TestCase):
    def setUp(self):
        if is_sanitized():
            self.skipTest('a build with sanitizers is not what users have')
        with open(BINARY, 'rb') as file:
            self.bytes = file.read()

    def test_it_lies_at_an_address_of_its_own_in_each_run(self):
        self.assertRegex(read_elf('--file-header'), r'Type: +DYN')
        self.assertRegex(read_elf('--dynamic'), r'FLAGS_1.*\bPIE\b')

    def test_its_tables_of_calls_are_read_only_before_it_starts(self):
        self.assertIn('GNU_RELRO', read_elf('--program-headers'))
        self.assertRegex(read_elf('--dynamic'), r'FLAGS_1.*\bNOW\b')

    def test_its_stack_holds_no_program(self):
        self.assertRegex(read_elf('--program-headers'), r'GNU_STACK.* RW +0x')

    def test_its_stack_and_its_buffers_are_watched(self):
        names = read_elf('--dyn-syms')
        self.assertIn('__stack_chk_fail', names)
        said = subprocess.run([BINARY, '--version', '-v'], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        if 'fortified calls' in said:  # needs an optimised build
            self.assertRegex(names, r'__\w+_chk@')

    @unittest.skipUnless(os.uname().machine == 'x86_64', 'of x86-64')
    def test_indirect_calls_lead_to_functions_and_the_stack_skips_no_page(self):
        self.assertGreater(self.bytes.count(END_OF_BRANCH), 1000)
        self.assertGreater(self.bytes.count(PROBE), 10)


if __name__ == '__main__':
    unittest.main()
