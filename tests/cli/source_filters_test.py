"""What takes part by a list, by marks in the source, and by files of rules that lie in it."""
import os
import unittest

from tests.support import sealed_plan, trees
from tests.support.program import DONE, PARTIAL, REFUSED, STALE, USAGE, ProgramTest, parse_plan

TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n# of some program\n'


class SelectionTest(ProgramTest):
    def assert_replica_after(self, options, expected, **kept):
        self.sync('run', *options, **kept)
        self.assertEqual(sorted(expected), self.replica_paths())
        self.assert_quiet(*options)


class MarksTest(SelectionTest):
    def test_beside_a_mark_only_the_mark_is_mirrored(self):
        self.given({'a': 'x', 'd': {'.nobackup': '', 'b': 'x', 'e': {'c': 'x'}}, 'f': {'g': 'x'}},
                   {'d': {'old': 'x', 'e': {'h': 'x'}}})
        self.assert_replica_after(['--exclude-if-present', '.nobackup'],
                                  ['a', 'd', 'd/.nobackup', 'd/e', 'd/e/h', 'd/old', 'f', 'f/g'])

    def test_with_delete_excluded_the_rest_goes(self):
        self.given({'d': {'.nobackup': '', 'b': 'x', 'e': {'h': 'x', 'i': {'j': 'x'}}}},
                   {'d': {'b': 'x', 'e': {'h': 'x', 'i': {'j': 'x'}, 'k': 'x'}}})
        self.assert_replica_after(['--exclude-if-present=.nobackup', '--delete-excluded'],
                                  ['d', 'd/.nobackup'])

    def test_a_mark_in_the_replica_says_nothing(self):
        self.given({'d': {'b': 'x'}}, {'d': {'.nobackup': '', 'b': 'old'}, 'e': {'.nobackup': ''}})
        self.assert_replica_after(['--exclude-if-present', '.nobackup'], ['d', 'd/b'])

    def test_a_cache_is_known_by_what_its_tag_holds(self):
        self.given({'real': {'CACHEDIR.TAG': TAG, 'x': 'x'}, 'none': {'CACHEDIR.TAG': 'hi', 'x': 'x'},
                    'link': {'CACHEDIR.TAG': trees.symlink('../real/CACHEDIR.TAG'), 'x': 'x'},
                    'folder': {'CACHEDIR.TAG': {'x': 'x'}}})
        self.assert_replica_after(
            ['--exclude-caches'],
            ['folder', 'folder/CACHEDIR.TAG', 'folder/CACHEDIR.TAG/x', 'link', 'link/CACHEDIR.TAG',
             'link/x', 'none', 'none/CACHEDIR.TAG', 'none/x', 'real', 'real/CACHEDIR.TAG'])

    def test_a_folder_that_holds_a_marked_one_is_not_moved_as_a_whole(self):
        content = {'c': {'.nobackup': ''}, **{f'f{i}': 'x' * i for i in range(9)}}
        self.given({'old': content})
        options = ['--exclude-if-present', '.nobackup']
        self.sync('run', *options)
        os.rename(self.at('source/old'), self.at('source/new'))
        trees.write(self.at('source/new/c/left out'), 'x')
        self.assert_replica_after(options, ['new', 'new/c', 'new/c/.nobackup',
                                            *(f'new/f{i}' for i in range(9))])

    def test_the_document_says_so_and_is_applied(self):
        self.given({'d': {'.nobackup': '', 'b': 'x'}}, {})
        path = self.plan_file('--exclude-if-present', '.nobackup', '--exclude-caches',
                              '--filter-file', '.rules')
        with open(path, encoding='utf-8') as opened:
            plan = parse_plan(opened.read())
        self.assertEqual(([], ['.nobackup'], True, ['.rules']),
                         (plan.get('needs', []), plan['options']['exclude_if_present'],
                          plan['options']['exclude_caches'], plan['options']['filter_file']))
        self.assertEqual(plan['digest']['value'], sealed_plan.digest(plan))
        self.assertIn('--exclude-if-present .nobackup', self.execute('show', path, expect=DONE).out)
        self.execute('apply', path, expect=DONE)
        self.assertEqual(['d', 'd/.nobackup'], self.replica_paths())

    def test_a_reason_alone_deletes_nothing_that_the_source_has(self):
        self.given({'d': {'.nobackup': '', 'b': 'x'}}, {'d': {'b': 'x'}})
        plan = self.plan('--exclude-if-present', '.nobackup', '--delete-excluded')
        self.assertIn(['excluded'], [action['reason'] for action in plan['actions']])
        plan['options']['delete_excluded'] = False
        self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                     input=sealed_plan.signed(plan), expect=STALE)
        self.assertEqual(['d', 'd/.nobackup', 'd/b'], self.replica_paths())
        path = self.plan_file('--exclude-if-present', '.nobackup', '--delete-excluded')
        self.execute('apply', path, expect=DONE)
        self.assertEqual(['d', 'd/.nobackup'], self.replica_paths())

    def test_verify_leaves_alone_what_run_does(self):
        self.given({'d': {'.nobackup': '', 'b': 'x'}, 'e': {'.rules': '*.o\n', 'a.o': 'x'}})
        options = ('--exclude-if-present', '.nobackup', '--filter-file', '.rules')
        self.sync('run', *options)
        self.sync('verify', *options, expect=DONE)


class FilterFilesTest(SelectionTest):
    OPTIONS = ['--filter-file', '.rules']

    def test_rules_hold_in_their_folder_and_below_it(self):
        self.given({'a.o': 'x', 'd': {'.rules': '*.o\n/b/\n', 'a.o': 'x', 'b': {'x': 'x'},
                                      'e': {'a.o': 'x', 'b': {'x': 'x'}}}},
                   {'d': {'e': {'old.o': 'x', 'old': 'x'}}})
        self.assert_replica_after(self.OPTIONS, ['a.o', 'd', 'd/.rules', 'd/e', 'd/e/b', 'd/e/b/x',
                                                 'd/e/old.o'])

    def test_the_nearest_file_decides_and_the_command_line_before_it(self):
        self.given({'.rules': '*.o\n', 'a.o': 'x',
                    'd': {'.rules': '!*.o\n', 'a.o': 'x', 'b.o': 'x', 'c.x': 'x'}})
        self.assert_replica_after([*self.OPTIONS, '--exclude', 'b.o'],
                                  ['.rules', 'd', 'd/.rules', 'd/a.o', 'd/c.x'])

    def test_files_of_rules_in_the_replica_say_nothing(self):
        self.given({'a.o': 'x'}, {'.rules': '*.o\n', 'old.o': 'x'})
        self.assert_replica_after(self.OPTIONS, ['a.o'])

    def test_a_link_or_a_folder_of_that_name_is_no_file_of_rules(self):
        self.given({'d': {'.rules': trees.symlink('../r')}, 'r': '*.o\n', 'e': {'.rules': {}}})
        trees.write(self.at('source/d/a.o'), 'x')
        self.assert_replica_after(self.OPTIONS, ['d', 'd/.rules', 'd/a.o', 'e', 'e/.rules', 'r'])

    def test_where_rules_cannot_be_used_nothing_is_touched_and_the_rest_goes_on(self):
        self.given({'a': 'x', 'd': {'.rules': 'x' * 70000, 'b': 'x'}}, {'d': {'old': 'x'}})
        result = self.sync('run', *self.OPTIONS, expect=PARTIAL)
        self.assertIn("d/.rules", result.err)
        self.assertEqual(['a', 'd', 'd/old'], self.replica_paths())

    def test_a_folder_with_such_files_is_moved_where_nothing_is_left_out_of_it(self):
        self.given({'old': {'.rules': '*.o\n', **{f'f{i}': 'x' * i for i in range(9)}}})
        self.sync('run', *self.OPTIONS)
        os.rename(self.at('source/old'), self.at('source/new'))
        self.assertEqual([('move', 'new')], self.operations(*self.OPTIONS))


class ListTest(SelectionTest):
    def listed(self, text):
        trees.write(self.at('list'), text)
        return ['--files-from', self.at('list')]

    def test_only_what_is_listed_is_mirrored_with_all_below(self):
        self.given({'a': 'x', 'b': 'x', 'd': {'e': {'f': 'x', 'g': 'x'}, 'h': 'x'}},
                   {'old': 'x', 'd': {'e': {'old': 'x'}, 'kept': 'x'}})
        self.assert_replica_after(self.listed('a\nd/e\nmissing\n'),
                                  ['a', 'd', 'd/e', 'd/e/f', 'd/e/g', 'd/kept', 'old'])

    def test_what_left_the_list_goes_with_delete_excluded(self):
        self.given({name: 'x' for name in 'abcdef'})
        self.sync('run', '--delete-excluded', *self.listed('a\nb\nc\nd\n'))
        self.assertEqual(['a', 'b', 'c', 'd'], self.replica_paths())
        self.assert_replica_after(['--delete-excluded', *self.listed('a\nb\nc\n')], ['a', 'b', 'c'])

    def test_a_list_of_which_most_is_gone_is_refused(self):
        self.given({f'f{i}': 'x' for i in range(40)})
        self.sync('run', '--delete-excluded', *self.listed(''.join(f'f{i}\n' for i in range(40))))
        with self.untouched():
            self.sync('run', '--delete-excluded', *self.listed('f1\nf2\n'), expect=REFUSED)
        self.sync('run', *self.listed('f1\nf2\n'))
        self.assertEqual(40, len(self.replica_paths()))

    def test_standard_input_and_names_of_any_bytes(self):
        self.given({'a\nb': 'x', 'c': 'x', os.fsdecode(b'\xff'): 'x', 'd': 'x'})
        self.execute('run', '-s', self.source, '-r', self.replica, '--files-from', '-',
                     input=b'a\nb\0\xff\0', expect=DONE)
        self.assertEqual(sorted(['a\nb', os.fsdecode(b'\xff')]), self.replica_paths())

    def test_rules_and_list_both_leave_out(self):
        self.given({'d': {'a.o': 'x', 'b': 'x'}, 'c': 'x'})
        self.assert_replica_after([*self.listed('d\n'), '--exclude', '*.o'], ['d', 'd/b'])

    def test_a_list_that_is_empty_or_wrong_is_a_usage_error(self):
        self.given({'a': 'x'}, {'old': 'x'})
        for text in ('', '\n\n', '/etc\n', 'a\n../b\n'):
            with self.subTest(text=text), self.untouched():
                result = self.sync('run', '--delete-excluded', *self.listed(text), expect=USAGE)
                self.assertIn('--files-from', result.err)
        for option in ('--filter-file', '--exclude-if-present'):
            for name in ('', 'a/b', '..', 'caf\xe9'):
                with self.subTest(name=name), self.untouched():
                    self.sync('run', f'{option}={name}', expect=USAGE)


class AdviceTest(SelectionTest):
    def test_a_rule_that_cannot_match_is_told_once_and_the_run_goes_on(self):
        self.given({'a': 'x'})
        trees.write(self.at('rules'), '\n- *.o\n')
        result = self.sync('run', '--exclude', './a', '--exclude', self.source + '/b',
                           '--exclude-from', self.at('rules'), '--include', 'x')
        for said in ("rule './a' (--exclude) matches nothing", 'write "/b"',
                     f"(line 2 of '{self.at('rules')}')"):
            self.assertEqual(1, result.err.count(said), result.err)

    def test_rules_from_standard_input(self):
        self.given({'a': 'x', 'b': 'x'})
        self.execute('run', '-s', self.source, '-r', self.replica, '--exclude-from', '-',
                     input='b\n', expect=DONE)
        self.assertEqual(['a'], self.replica_paths())


class WhyTest(ProgramTest):
    def why(self, path, *options, **kept):
        return self.sync('why', path, *options, **kept).out

    def test_the_filter_that_decides_is_named(self):
        self.given({'a.o': 'x', 'c': {'.nobackup': '', 'x': 'x'}, 'd': {'.rules': 'b\n', 'b': 'x'},
                    'e': 'x'}, {'e': 'x'})
        trees.write(self.at('rules'), '# mine\n*.o\n')
        trees.write(self.at('list'), 'a.o\n')
        options = ('--exclude-from', self.at('rules'), '--exclude-if-present', '.nobackup',
                   '--filter-file', '.rules')
        for path, said in (('a.o', f"a.o is left out by the rule '*.o' (line 2 of '{self.at('rules')}')"),
                           ('c/x', 'c/x is left out by a mark in c '),
                           ('d/b', 'd/b is left out by a rule that lies in d\n'),
                           ('d/b/below', 'd/b is left out by a rule that lies in d\n'),
                           ('d', 'no rule says anything')):
            with self.subTest(path=path), self.untouched():
                self.assertIn(said, self.why(path, *options))
        self.assertIn('e is left out by --files-from', self.why('e', '--files-from', self.at('list')))
        self.assertIn('it takes part by the rule \'!a.o\' (--include)',
                      self.why('a.o', '--exclude', '*.o', '--include', 'a.o'))

    def test_the_evidence_and_the_outcome_are_told_and_nothing_is_changed(self):
        same = trees.file('x', mtime=10**18)
        self.given({'new': 'x', 'same': same, 'd': {'changed': 'longer'}, 'kind': {'x': 'x'}},
                   {'same': same, 'd': {'changed': 'x'}, 'old': 'x', 'kind': 'x'})
        for path, said in (('new', 'outcome  create new 1 B, because of missing\n'),
                           ('same', 'both have the same size and time'),
                           ('d/changed', 'outcome  update d/changed 6 B, because of size'),
                           ('old', 'outcome  delete old 1 B, because of extra\n'),
                           (self.replica + '/old', 'outcome  delete old 1 B'),
                           (self.source + '/kind', 'outcome  replace kind'),
                           ('./nowhere/', 'outcome  nothing: neither folder has it')):
            with self.subTest(path=path), self.untouched():
                self.assertIn(said, self.why(path))
        self.assertIn('outcome  nothing: the replica\'s stays', self.why('old', '--no-delete'))
        bounded = self.why('d/changed', '--max-size', '3')
        self.assertIn('left alone by --min-age or --max-size', bounded)
        self.assertIn('outcome  the replica\'s stays as it is', bounded)

    def test_a_path_that_leads_elsewhere_is_a_usage_error(self):
        self.given({'a': 'x'}, {})
        for path in ('/etc/passwd', '..', 'a/../..', '.', ''):
            with self.subTest(path=path):
                self.why(path, expect=USAGE)


if __name__ == '__main__':
    unittest.main()
