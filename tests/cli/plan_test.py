"""The plan document: complete, in order, the same every time, and gated by the rules of safety."""
import json
import os
import re
import stat
import unittest

from tests.support import trees
from tests.support.program import (NOBODY, PARTIAL, PENDING, REFUSED, ProgramTest, as_root,
                                   parse_plan)
from tests.support.trees import SECOND, file, folder, same_inode_as, symlink

SOURCE = {'a': 'new content', 'd': {'b': 'x', 'deep': {'c': 'y'}}, 'l': symlink('a'),
          'type': {'inside': 'x'}, 'linked': same_inode_as('a')}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 'type': 'file', 'gone': {'x': {'y': 'y'}}}
PHASES = ['clear', 'mkdir', 'write', 'delete', 'rmdir', 'finish']
OPS = {'create', 'update', 'replace', 'move', 'link', 'metadata', 'delete'}
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z|@-?\d+\.\d{9}')


class PlanDocumentTest(ProgramTest):
    def test_the_header_says_what_the_plan_is_about(self):
        self.given(SOURCE, REPLICA)
        plan = self.plan()
        self.assertEqual(('sync.plan', '1.0', 'mirror', True, PHASES),
                         tuple(plan[key] for key in
                               ('format', 'format_version', 'kind', 'complete', 'phases')))
        self.assertEqual((self.source, self.replica),
                         (plan['source']['path'], plan['replica']['path']))
        self.assertRegex(plan['plan_id'], r'^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]')
        self.assertRegex(plan['created'], TIME)
        self.assertRegex(plan['digest']['value'], r'^[0-9a-f]{64}$')

    def test_each_action_is_a_line_of_its_own(self):
        self.given(SOURCE, REPLICA)
        text = self.plan_text()
        lines = [json.loads(line.rstrip(',')) for line in text.split('\n')
                 if line.startswith('{"seq":') and not line.endswith(']')]
        self.assertGreaterEqual(len(lines), len(parse_plan(text)['actions']) - 1)

    def test_actions_are_numbered_ordered_by_phase_and_complete(self):
        self.given(SOURCE, REPLICA)
        actions = self.plan()['actions']
        self.assertEqual(list(range(1, len(actions) + 1)), [action['seq'] for action in actions])
        phases = [PHASES.index(action['phase']) for action in actions]
        self.assertEqual(sorted(phases), phases)
        self.assertLessEqual({action['op'] for action in actions}, OPS)
        self.assertTrue(all(action['reason'] for action in actions))

    def test_paths_are_in_path_order_and_reversed_where_directories_are_closed(self):
        names = ['a', 'a.b', 'a/x', 'a/y/z', 'a0', 'b']
        tree = {'a': {'x': '1', 'y': {'z': '2'}}, 'a.b': '3', 'a0': '4', 'b': '5'}
        self.given(tree, {})
        actions = self.plan()['actions']
        writes = [action['path'] for action in actions if action['phase'] == 'write']
        self.assertEqual(['a/x', 'a/y/z', 'a.b', 'a0', 'b'], writes)
        closed = [action['path'] for action in actions if action['phase'] == 'finish']
        self.assertEqual(closed, sorted(closed, key=lambda path: path.split('/'), reverse=True))
        self.assertEqual(6, len(names))

    def test_the_same_trees_give_the_same_actions_whatever_threads_and_caches(self):
        self.given({f'{number}': {f'{name}': f'{name}{number}' for name in range(30)}
                    for number in range(30)}, {'1': {'1': 'other', '2': '2x'}})
        texts = [json.dumps(self.plan(*options)['actions'])
                 for options in ((), ('--threads', '1'), ('--threads', '8'),
                                 ('--state', self.at('cold')))]
        self.assertEqual(1, len(set(texts)))

    def test_before_and_after_hold_what_the_decision_rested_on(self):
        self.given({'a': file('new', mode=0o640, mtime=5 * SECOND + 7)},
                   {'a': file('older', mode=0o600, mtime=9 * SECOND)})
        [action] = [action for action in self.plan()['actions'] if action['path'] == 'a']
        self.assertEqual('update', action['op'])
        self.assertEqual(('file', 5), (action['before']['type'], action['before']['size']))
        self.assertEqual(('file', 3, '0640', '1970-01-01T00:00:05.000000007Z'),
                         tuple(action['after'][key] for key in ('type', 'size', 'mode', 'mtime')))
        self.assertNotIn('md5', action['after'])

    def test_creations_have_no_before_and_deletions_no_after(self):
        self.given(SOURCE, REPLICA)
        for action in self.plan()['actions']:
            if action['op'] == 'create':
                self.assertIsNone(action['before'])
            if action['op'] == 'delete':
                self.assertIsNone(action['after'])

    def test_pin_puts_the_md5_of_everything_to_be_written_into_the_plan(self):
        self.given({'a': 'hello', 'd': {'b': 'hello'}}, {'a': 'old'})
        files = [action for action in self.plan('--pin')['actions']
                 if (action['after'] or {}).get('type') == 'file']
        self.assertEqual(['5d41402abc4b2a76b9719d911017c592'] * 2,
                         [action['after']['md5'] for action in files])

    def test_content_that_was_found_equal_is_named_by_its_md5(self):
        self.given({'a': file('hello', mtime=5)}, {'a': file('hello', mtime=7)})
        [action] = [action for action in self.plan()['actions'] if action['path'] == 'a']
        self.assertEqual('metadata', action['op'])
        self.assertEqual('5d41402abc4b2a76b9719d911017c592', action['after']['md5'])

    def test_the_summary_counts_the_actions(self):
        self.given(SOURCE, REPLICA)
        plan = self.plan()
        for op in OPS & plan['summary'].keys():
            counted = sum(action['op'] == op and action['phase'] != 'finish'
                          for action in plan['actions'])
            self.assertEqual(counted, plan['summary'][op], op)

    def test_no_number_in_a_plan_is_beyond_what_javascript_holds(self):
        self.given({'a': file('', size=2**43)}, {})

        def look(value):
            if isinstance(value, dict):
                value = list(value.values())
            if isinstance(value, list):
                for one in value:
                    look(one)
            elif isinstance(value, int):
                self.assertLess(abs(value), 2**53)
        look(self.plan())

    def test_a_plan_with_nothing_to_do_is_a_document_too(self):
        self.given({'a': 'x'})
        self.mirror()
        self.assertEqual([], self.plan()['actions'])

    def test_an_output_file_is_for_the_caller_only_and_the_text_still_comes(self):
        self.given(SOURCE, REPLICA)
        path = self.at('plan.json')
        said = self.sync('plan', '-o', path, umask=0).out
        self.assertIn('gone', said)
        self.assertEqual(0o600, stat.S_IMODE(os.lstat(path).st_mode))
        parse_plan(trees.read(path))

    def test_an_output_file_does_not_write_through_a_link(self):
        self.given(SOURCE, REPLICA)
        trees.build(self.top, {'precious': 'x', 'plan.json': symlink('precious')})
        self.sync('plan', '-o', self.at('plan.json'), expect=None)
        self.assertEqual(b'x', trees.read(self.at('precious')))

    def test_details_in_the_exit_code_also_with_json(self):
        self.given(SOURCE, REPLICA)
        parse_plan(self.plan_text('--detailed-exitcode', expect=PENDING))

    @as_root
    def test_details_in_the_exit_code_give_way_to_what_is_worse(self):
        details = '--detailed-exitcode'
        self.given({'a': 'new', 'locked': folder(mode=0o700)}, {'a': 'older', 'gone': 'x'})
        self.live_as(NOBODY, self.replica)
        self.sync('plan', details, expect=PENDING)
        self.sync('plan', details, uid=NOBODY, expect=PARTIAL)
        self.sync('plan', details, '--max-delete', '0', uid=NOBODY, expect=REFUSED)
        self.sync('plan', details, '--max-delete', '0', expect=REFUSED)

    def test_a_directory_has_one_finish_and_no_mtime_in_before(self):
        self.given(SOURCE, REPLICA)
        finish = [action for action in self.plan()['actions'] if action['phase'] == 'finish']
        paths = [action['path'] for action in finish]
        self.assertEqual(len(set(paths)), len(paths))
        self.assertIn('.', paths)
        self.assertTrue(all('mtime' not in (action['before'] or {}) for action in finish))


class GuardTest(ProgramTest):
    def given_deletions(self):
        self.given({'keep': 'x'}, folder({'keep': 'x', 'a': 'a', 'b': 'b', 'c': 'c'}))

    def assert_refused(self, *options):
        with self.untouched():
            self.sync('run', *options, expect=REFUSED)
            self.sync('plan', *options, expect=REFUSED)

    def test_more_deletions_than_allowed_are_refused(self):
        self.given_deletions()
        self.assert_refused('--max-delete', '2')
        self.assert_refused('--max-delete', '0')
        self.assert_refused('--max-delete', '50%')

    def test_as_many_deletions_as_allowed_are_done(self):
        for limit in ('3', '75%', '100%', '1000'):
            with self.subTest(limit=limit):
                self.replica = self.at('replica ' + limit)
                trees.remove(self.source)
                self.given_deletions()
                self.mirror('--max-delete', limit)

    def test_there_is_no_limit_by_default(self):
        self.given({}, {str(number): 'x' for number in range(100)})
        self.mirror()

    def test_a_refused_plan_is_still_written_and_apply_refuses_it(self):
        self.given_deletions()
        text = self.plan_text('--max-delete', '1', expect=REFUSED)
        [guard] = [guard for guard in parse_plan(text)['guards'] if guard['rule'] == 'max-delete']
        self.assertEqual(3, guard['value']['count'])
        self.assertNotEqual('ok', guard['verdict'])
        with self.untouched():
            self.execute('apply', '-', input=text, expect=REFUSED)

    def test_the_verdict_of_a_limit_that_holds_is_ok(self):
        self.given_deletions()
        [guard] = [guard for guard in self.plan('--max-delete', '75%')['guards']
                   if guard['rule'] == 'max-delete']
        self.assertEqual(('75%', {'count': 3, 'of': 4}, 'ok'),
                         (guard['limit'], guard['value'], guard['verdict']))

    def test_entries_below_replaced_directories_count_as_deletions(self):
        self.given({'d': 'a file now'}, {'d': {'a': 'a', 'b': 'b', 'sub': {'c': 'c'}}})
        self.assert_refused('--max-delete', '2')
        self.mirror('--max-delete', '5')

    def test_the_refusal_says_the_figures_and_the_option(self):
        self.given_deletions()
        result = self.sync('run', '--max-delete', '2', expect=REFUSED)
        said = result.out + result.err
        self.assertIn('3', said)
        self.assertIn('max-delete', said)


if __name__ == '__main__':
    unittest.main()
