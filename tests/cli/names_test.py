"""Names are bytes, trees may be deep, and no name can fool those who read plans and logs.

SYNC_TEST_NAMES says how many hostile names are tried, SYNC_TEST_SEED where the seeds start.
"""
import base64
import os
import random
import unittest

from tests.support import trees
from tests.support.program import ProgramTest
from tests.support.random_tree import AWKWARD_NAMES
from tests.support.trees import symlink

NAMES = int(os.environ.get('SYNC_TEST_NAMES', '10000'))
SEED = int(os.environ.get('SYNC_TEST_SEED', '1'))
ALL_BYTES = [bytes([byte]) for byte in range(1, 256) if byte not in b'/.']


class NamesTest(ProgramTest):
    def test_awkward_names_are_mirrored(self):
        self.given({name: {'as a folder': {name: name.encode('utf-8', 'surrogateescape')}}
                    for name in AWKWARD_NAMES if name != 'lost+found'})
        self.mirror()

    def test_awkward_names_are_removed(self):
        self.given({}, {name: {name: 'x'} for name in AWKWARD_NAMES if name != 'lost+found'})
        self.mirror()

    def test_every_byte_can_be_a_name(self):
        self.given({os.fsdecode(byte): 'x' for byte in ALL_BYTES})
        self.mirror()
        self.assertEqual(len(ALL_BYTES), len(self.replica_paths()))

    def test_names_that_are_not_utf_8_come_back_from_the_plan_byte_for_byte(self):
        names = [b'\xff', b'ok', b'caf\xc3\xa9', b'\xc3',
                 b'a\xed\xa0\x80b', b'\xf0\x9f\x98', b'\xc0\xaf']
        self.given({os.fsdecode(name): 'x' for name in names}, {})
        actions = [action for action in self.plan()['actions'] if action['path'] != '.']
        decoded = [base64.b64decode(action['path_b64']) if 'path_b64' in action
                   else action['path'].encode() for action in actions]
        self.assertEqual(sorted(names), sorted(decoded))
        self.assertEqual({'ok', 'caf\xe9'},
                         {action['path'] for action in actions if 'path_b64' not in action})

    def test_a_plan_with_awkward_names_can_be_applied(self):
        self.given({name: 'x' for name in AWKWARD_NAMES if name != 'lost+found'},
                   {name + '.old': 'x' for name in AWKWARD_NAMES if len(name) < 200})
        self.execute('apply', '-', input=self.plan_text(), expect=0)
        self.assert_mirrored()
        self.assert_quiet()

    def test_link_targets_that_are_not_utf_8_can_be_applied_from_a_plan(self):
        self.given({'l': symlink(os.fsdecode(b'\xff\xfe')), 'm': symlink('\x1b]0;x\x07')}, {})
        self.execute('apply', '-', input=self.plan_text(), expect=0)
        self.assert_mirrored()

    def test_the_plan_shows_no_raw_control_bytes(self):
        self.given({name: 'x' for name in AWKWARD_NAMES if name != 'lost+found'}, {})
        for said in (self.plan_text(), self.sync('plan', '--color', 'never').out):
            self.assertEqual(set(), {char for char in said if ord(char) < 32} - {'\n'})
            self.assertNotIn('\u202e', said)
            self.assertNotIn('\x9b', said)

    def test_the_console_shows_no_raw_control_bytes(self):
        self.given({name: 'x' for name in AWKWARD_NAMES if name != 'lost+found'})
        result = self.sync('run', '--color', 'never', '--progress', 'never')
        said = result.out + result.err
        self.assertEqual(set(), {char for char in said if ord(char) < 32} - {'\n'})

    def test_a_name_cannot_forge_a_line_of_the_log(self):
        self.given({'x\n2020-01-01T00:00:00.000Z INFO delete everything': 'x'})
        self.sync('run')
        self.assertNotIn('\n2020-01-01', self.log_text())

    def test_twins_in_case_and_composition_stay_two_files(self):
        self.given({'README': '1', 'readme': '2', 'caf\xe9': '3', 'cafe\u0301': '4'})
        self.mirror()
        self.assertEqual(4, len(self.replica_paths()))


class HostileNamesTest(ProgramTest):
    in_memory = True
    each = 10_000  # names in one folder

    def test_the_log_has_one_clean_line_for_each_hostile_name(self):
        letters = [byte for byte in range(1, 256) if byte != ord('/')]
        for first in range(0, NAMES, self.each):
            rng = random.Random(f'{SEED} {first}')
            names = {bytes(rng.choices(letters, k=rng.randrange(3, 30)))
                     for _ in range(min(self.each, NAMES - first))}
            self.given({os.fsdecode(name): 'x' for name in names})
            self.sync('run', '--durability', 'none', '--new-replica')
            creates = [line for line in self.log_text().splitlines() if ' create ' in line]
            self.assertGreaterEqual(len(creates), len(names))
            self.assert_log_is_clean(self.log)
            for folder in (self.source, self.replica, self.log):
                trees.remove(folder)


class DepthTest(ProgramTest):
    def test_2000_levels_are_mirrored_with_64_descriptors(self):
        trees.deep(self.source, 2000)
        self.mirror(descriptors=64)

    def test_2000_levels_are_removed_with_64_descriptors(self):
        trees.deep(self.source, 1)
        trees.deep(self.at('replica', 'extra'), 2000)
        self.mirror(descriptors=64)

    def test_2000_levels_fit_into_a_small_stack(self):
        trees.deep(self.source, 2000)
        self.sync('run', wrapper=['prlimit', '--stack=524288'], descriptors=64)
        self.assert_mirrored()

    def test_a_deep_tree_is_replaced_by_a_file(self):
        trees.deep(self.at('replica', 'd'), 2000)
        self.given({'d': 'now a file'})
        self.mirror()

    def test_paths_of_10040_bytes_are_mirrored_and_removed(self):
        trees.deep(self.source, 40, name='n' * 250)
        self.mirror()
        trees.remove(self.in_source('n' * 250))
        self.mirror('--empty-source')

    def test_a_plan_of_a_deep_tree_can_be_applied(self):
        trees.deep(self.source, 300, name='n' * 50)
        self.execute('apply', '-', input=self.plan_text(), expect=0)
        self.assert_mirrored()

    def test_a_moved_deep_tree_is_settled(self):
        trees.deep(self.source, 200)
        self.mirror()
        os.rename(self.in_source('d'), self.in_source('e'))
        self.mirror()


if __name__ == '__main__':
    unittest.main()
