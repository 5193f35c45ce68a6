"""docs/plan-v1.schema.json and the program agree on what a plan document is.

SYNC_TEST_PAIRS sets the number of random pairs of trees, SYNC_TEST_SEED where the seeds start,
SYNC_TEST_FORGERIES how many documents with one thing wrong are tried, about half of it.
"""
import copy
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import unittest

from tests.support import plan_schema, sealed_plan, trees
from tests.support.program import (BAD_PLAN, CHECKOUT, DONE, NOBODY, PARTIAL, REFUSED, STALE, USAGE,
                                   ProgramTest, as_root, parse_plan)
from tests.support.random_tree import RandomTree
from tests.support.trees import (block_device, char_device, fifo, file, folder, same_inode_as, sock,
                                 symlink)

PAIRS = min(int(os.environ.get('SYNC_TEST_PAIRS', '20')), 20)
DAWN = '1970-01-01T00:00:00.000000000Z'
SEED = int(os.environ.get('SYNC_TEST_SEED', '1'))
MUTANTS = max(1, int(os.environ.get('SYNC_TEST_FORGERIES', '600')) // 2)
SECOND = 10**9

ODD_NAMES = ['bad\udcff\udce9', 'two\nlines', '\n', '.\n', ' ', '-rf', '\x01', '\x7f', '\u202eexe',
             '\ufffd', '\U0001f600', '\U0001f600' * 63, '..x', '...', '.sync-txn2', '.sync-txn\n',
             'x' * 255, '\udcff' * 255]
TIMES = [-1, -62167219201 * SECOND, 253402300800 * SECOND + 5, -9 * 10**9 * SECOND, 0]


def tree_of_names(content):
    return {**{name: content for name in ODD_NAMES},
            'd': {name: {name: content} for name in ODD_NAMES}}


def example():
    """The document that docs/plan-format.md shows."""
    text = pathlib.Path(CHECKOUT, 'docs', 'plan-format.md').read_text()
    return parse_plan(re.search(r'```\n(\{"format":"sync.plan",.*?\n)```', text, re.S).group(1))


class SchemaTest(ProgramTest):
    def assert_valid(self, *documents):
        for validate in (plan_schema.by_jsonschema, plan_schema.by_ajv):
            for document, wrong in zip(documents, validate(documents), strict=True):
                self.assertEqual([], wrong, f'{validate.__name__}: {json.dumps(document)[:4000]}')


class RealPlanTest(SchemaTest):
    in_memory = True

    def plans_of(self, source, replica, *args, **options):
        """The plans there and back."""
        trees.remove(self.source)
        trees.remove(self.replica)
        self.given(source, replica)
        there = self.plan(*args, **options)
        back = self.execute('plan', '--json', '-s', self.replica, '-r', self.source, *args,
                            **options)
        return [there, parse_plan(back.out)]

    def test_the_example_of_the_description_is_valid(self):
        self.assert_valid(example())

    def test_plans_of_odd_names_are_valid(self):
        self.assert_valid(*self.plans_of(tree_of_names('new'), {}),
                          *self.plans_of(tree_of_names('new'), tree_of_names('old one')),
                          *self.plans_of(tree_of_names(symlink('caf\udce9')),
                                         tree_of_names(symlink('\udcff/../..'))))

    def test_plans_of_every_type_become_every_other_are_valid(self):
        kinds = {'file': 'x', 'dir': {'in': 'y'}, 'symlink': symlink('x'), 'fifo': fifo(),
                 'socket': sock()}
        if trees.devices_possible():
            kinds.update(char=char_device(1, 3), block=block_device(7, 200))
        source = {f'{old} {new}': kinds[new] for old in kinds for new in kinds}
        replica = {f'{old} {new}': kinds[old] for old in kinds for new in kinds}
        plans = self.plans_of(source, replica)
        self.assertIn('clear', {action['phase'] for action in plans[0]['actions']})
        self.assert_valid(*plans)

    def test_plans_of_sizes_and_times_beyond_what_numbers_hold_are_valid(self):
        dates = {f't{at}': file('x', mtime=time) for at, time in enumerate(TIMES)}
        self.assert_valid(
            *self.plans_of({**dates, 'huge': file(size=2**53 + 1), 'large': file(size=2**53)},
                           {name: 'x' for name in dates}, '--no-space-check'))

    def test_plans_of_hard_links_are_valid(self):
        plans = self.plans_of({'a': 'x', 'b': same_inode_as('a'), 'c': 'y',
                               'd': same_inode_as('c')},
                              {'a': 'x', 'c': same_inode_as('a'), 'd': {'e': 'z'}})
        self.assertIn('link', {action['op'] for action in plans[0]['actions']})
        self.assert_valid(*plans)

    def test_plans_that_name_content_are_valid(self):
        self.assert_valid(*self.plans_of({'a': file('x', mtime=5), 'b': 'y'},
                                         {'a': file('x', mtime=9), 'b': file('z')},
                                         '--pin', '--checksum', '--xattrs'))

    def test_plans_that_move_are_valid(self):
        tree = {'b\udcff': {'c': file('content', mtime=7), 'd': file('more', mtime=8)}}
        self.assert_valid(*self.plans_of({'new\udcff': tree, 'q': file('unique', mtime=5)},
                                         {'old\udcff': tree, 'p\udcff': file('unique', mtime=5)}))

    def test_plans_with_all_options_are_valid(self):
        self.given({'caf\udce9': {}, 'log': {}, 'a.o': 'x', 'kept': 'x'}, {'a': '1', 'b': '2'})
        options = ('--exclude', '*.o', '--exclude', 'x\udcff/', '--include', '*', '--max-delete',
                   '0', '--max-update', '50%', '--require', 'kept', '--require', 'caf\udce9',
                   '--require', 'lost', '--one-file-system', '--cross-mounts', '--delete-excluded')
        refused = self.plan(*options, '--state', self.in_source('log', 'state'), expect=REFUSED,
                            source_may_change=True)
        self.assertEqual({'ok', 'refused'}, {guard['verdict'] for guard in refused['guards']})
        self.assertTrue(refused['options']['left_out'])
        self.assert_valid(refused, self.plan('--no-delete'))

    @as_root
    def test_plans_with_problems_and_skipped_entries_are_valid(self):
        self.given({'shut\udcff': folder({'a': 'x'}, mode=0), 'secret': file('x', mode=0),
                    '.sync-txn': {'x': 'y'}}, {'shut\udcff': {'a': 'x'}, 'other': folder(mode=0)})
        self.live_as(NOBODY)
        plan = self.plan(uid=NOBODY, expect=PARTIAL)
        self.assertTrue(plan['problems'] and plan['skipped'])
        self.assert_valid(plan)

    def test_plans_with_nothing_to_do_or_everything_are_valid(self):
        self.given({'a': 'x', 'd': {'e': 'y'}})
        everything = self.plan()
        self.assertEqual('.', everything['actions'][0]['path'])
        self.sync('run')
        nothing = self.plan()
        self.assertEqual([], nothing['actions'])
        self.assert_valid(everything, nothing)

    def test_an_undo_is_valid(self):
        self.given({'a': 'new', 'd': {'b\udcff': 'x'}, 'l': symlink('a'),
                    'm': file('m', mode=0o600), 'h': same_inode_as('a')},
                   {'a': 'old', 'd': 'file', 'l': symlink('b'), 'm': file('m'), 'z': {'y': 'x'}})
        self.execute('apply', self.plan_file(), '--backup-dir', self.at('backups'), expect=DONE)
        undo = next(pathlib.Path(self.at('backups')).glob('*/undo.json')).read_text()
        self.assertEqual('undo', parse_plan(undo)['kind'])
        self.assert_valid(parse_plan(undo))

    def test_plans_of_random_trees_are_valid(self):
        plans = []
        for seed in range(SEED, SEED + PAIRS):
            for tree, number in ((self.source, 2 * seed), (self.replica, 2 * seed + 1)):
                trees.remove(tree)
                RandomTree(tree, number).grow(60)
            plans.append(self.plan('--pin', expect=None))
        self.assert_valid(*plans)


def add_rare_things(plan):
    """The example with what it lacks, so that each field and each pair of phase and op is there."""
    file_, dir_ = {'type': 'file', 'size': 9}, {'type': 'dir', 'mode': '0755'}
    odd = {'from': 'b\ufffd', 'from_b64': 'Yv8='}
    rare = [
        ('clear', 'delete', 'u/\ufffd', file_, None, {'path_b64': 'dS//'}),
        ('clear', 'delete', 'u', dir_, None, {}),
        ('mkdir', 'replace', 'm', file_, dir_, {}),
        ('mkdir', 'move', 'n', dir_, dir_, odd),
        ('write', 'replace', 'u2', dir_, {'type': 'fifo'}, {}),
        ('write', 'link', 'y', dir_, file_, {'to': '\ufffd', 'to_b64': '/w=='}),
        ('write', 'update', 'z', file_, {**file_, 'size': '9007199254740993',
                                         'mtime': '@253402300800.000000001'}, {}),
        ('write', 'update', 'z1', file_, {**file_, 'mtime': DAWN}, {'from': 'z'}),
        ('rmdir', 'delete', 'zz', {**dir_, 'uid': 5, 'gid': 6}, None, {}),
        ('finish', 'metadata', 'n', dir_, dir_, {})]
    for phase, op, path, before, after, more in rare:
        plan['actions'].append({'phase': phase, 'op': op, 'path': path, **more,
                                'reason': ['type', 'mode'], 'before': before, 'after': after})
    order = plan['phases'].index
    plan['actions'].sort(key=lambda action: (order(action['phase']), action['path'] == '.'))
    plan['source'].update(path='/\ufffd', path_b64='L/8=')
    plan['options'].update(max_update='12', require=['a/b'],
                           left_out=['log', {'path': '\ufffd', 'path_b64': '/w=='}])
    plan['options']['replica_limits'].update(earliest='1970-01-01T00:00:00.000000000Z',
                                             latest='@-62167219201.999999999')
    plan['problems'].append({'path': 'q\ufffd', 'path_b64': 'cf8=', 'side': 'replica',
                             'errno': 'E1234', 'doing': 'read'})
    plan['summary'].update(problems=2)
    plan['guards'] += [
        {'rule': 'max-update', 'limit': '12', 'value': {'count': 0, 'of': 40215}, 'verdict': 'ok'},
        {'rule': 'require', 'limit': 'a/b', 'value': {'count': 0, 'of': 1}, 'verdict': 'refused'}]
    plan['skipped'].append({'path': '\ufffd', 'path_b64': '/w==', 'reason': 'device'})
    return parse_plan(sealed_plan.seal(plan))


WRONG = [None, True, 7, -1, 1.5, 2**53 + 2, 'x', '', '.', '..', 'a/.sync-txn/b', '/', 'a\0b', '7',
         '9007199254740993', '18446744073709551616', '101%', '2024-02-30T00:00:00.000000000Z',
         '@5.000000000', 'Yv8=', 'YQ==', 'Yv9', '0800', '1:4294967296', 'E13', '\ufffd', [], {},
         ['x'], {'x': 'y'}, 'x' * 256, 'undo', 'delete', 'finish', 'file', 'dir', 'refused']


class Mutant:
    def __init__(self, plan, place, what):
        self.plan, self.place, self.what = plan, place, what

    def __str__(self):
        return f'{"/".join(map(str, self.place))}: {self.what}'


def mutants_of(plan):
    """The plan with one thing wrong: each field missing, and each value something else."""
    def at(copied, place):
        for step in place:
            copied = copied[step]
        return copied

    def edited(place, what, edit):
        copied = copy.deepcopy(plan)
        edit(at(copied, place[:-1]), place[-1])
        try:
            copied['digest']['value'] = sealed_plan.digest(copied)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError, struct.error):
            pass  # nothing that a digest could be of
        return Mutant(copied, place, what)

    def put(value):
        def edit(container, key):
            container[key] = copy.deepcopy(value)
        return edit

    seen = set()

    def is_new(place):
        """Of values that the same rules are about, the first will do."""
        kind = tuple(step for step in place if isinstance(step, str))
        if kind[0] == 'actions' and len(place) > 2:
            action = plan['actions'][place[1]]
            entry = action[kind[1]] if kind[1] in ('before', 'after') else None
            kind += (action['phase'], action['op']) if len(kind) == 2 and kind[1] in (
                'phase', 'op', 'before', 'after') else (entry['type'],) if entry else ()
        if kind in seen:
            return False
        seen.add(kind)
        return True

    def walk(place):
        value = at(plan, place)
        if place and is_new(place):
            for wrong in WRONG:
                if not (wrong == value and type(wrong) is type(value)):
                    yield edited(place, f'{wrong!r:.40}', put(wrong))
            if isinstance(value, str):
                yield edited(place, 'a line end more', put(value + '\n'))
        if isinstance(value, dict):
            yield edited([*place, 'unknown'], 'unknown', put(1))
            for key in value:
                yield edited([*place, key], 'missing', dict.__delitem__)
                yield from walk([*place, key])
        elif isinstance(value, list):
            for index in range(len(value)):
                yield from walk([*place, index])

    yield from walk([])


# What the program says of documents in which a schema sees nothing wrong.
BEYOND_A_SCHEMA = (
    'is not the rendering of its base64 form', 'although the bytes are UTF-8',
    'the summary doesn\'t count', 'are out of order', 'counted from 1', 'the name of an error',
    'the guard', 'a guard', 'not among', 'of a later version', 'reason "undo"', 'has no "finish"',
    'below a directory that is moved', 'takes away what could not be read')


class MutantTest(SchemaTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.given({}, {})
        self.sample = add_rare_things(example())

    def refusal(self, text):
        """What the program has against a document; nothing where it accepts it."""
        result = self.execute('apply', '-', '--dry-run', '-s', self.source, '-r', self.replica,
                              input=text, source_may_change=True)
        self.assertIn(result.code, (DONE, STALE, REFUSED, USAGE, BAD_PLAN), result)
        return result.err if result.code == BAD_PLAN else ''

    def test_the_sample_is_valid_and_has_all_fields_words_and_pairs(self):
        self.assert_valid(self.sample)
        self.assertEqual('', self.refusal(json.dumps(self.sample)))
        schema, actions = plan_schema.schema()['$defs'], self.sample['actions']
        self.assertEqual(set(schema['action']['properties']), {key for a in actions for key in a})
        entries = [a[side] for a in actions for side in ('before', 'after') if a[side]]
        self.assertEqual(set(schema['entry']['properties']), {key for e in entries for key in e})
        conditions = [rule['if']['properties'] for rule in schema['action']['allOf']]
        pairs = {(one['phase']['const'], one['op']['const']) for one in conditions
                 if {'phase', 'op'} == set(one)}
        self.assertEqual(13, len(pairs))
        self.assertEqual(pairs, {(a['phase'], a['op']) for a in actions})

    def test_what_the_schema_refuses_the_program_refuses_and_the_other_way_round(self):
        mutants = list(mutants_of(self.sample))
        mutants = mutants[::max(1, len(mutants) // MUTANTS)]
        refused = [bool(wrong) for wrong in plan_schema.by_ajv([one.plan for one in mutants])]
        self.assertEqual({True, False}, set(refused))
        few = mutants[::5]
        self.assertEqual(refused[::5], [bool(wrong) for wrong in
                                        plan_schema.by_jsonschema([one.plan for one in few])])
        for mutant, by_schema in zip(mutants, refused, strict=True):
            with self.subTest(mutant=str(mutant)):
                complaint = self.refusal(json.dumps(mutant.plan))
                if by_schema:
                    self.assertNotEqual('', complaint, 'the schema is stricter than the program')
                elif complaint:
                    self.assertTrue(any(known in complaint for known in BEYOND_A_SCHEMA), complaint)

    def test_what_the_program_alone_refuses(self):
        """The list of docs/plan-format.md."""
        a = {'seq': 1, 'phase': 'write', 'op': 'create', 'path': 'a', 'reason': ['missing'],
             'before': None, 'after': {'type': 'file', 'size': 1}}
        move = {**a, 'op': 'move', 'from': 'x', 'before': a['after']}
        for what, actions in {
                'order of actions': [{**a, 'path': 'b'}, a],
                'one path twice': [a, {**a, 'phase': 'delete', 'op': 'delete', 'after': None,
                                       'before': a['after']}],
                'one origin twice': [move, {**move, 'path': 'b'}],
                'an origin that is the path': [{**move, 'from': 'a'}],
                'an origin from which nothing goes': [
                    {**a, 'from': 'x', 'after': {**a['after'], 'mtime': DAWN}}],
                'order of reasons': [{**a, 'reason': ['type', 'missing']}],
                'a name of over 255 bytes': [{**a, 'path': '\u20ac' * 100}],
                'a target of over 4095 bytes': [{**a, 'after': {'type': 'symlink',
                                                                'target': '\u20ac' * 2000}}],
                'a rendering of something else': [{**a, 'path': 'b\ufffd', 'path_b64': '/w=='}],
                'base64 of UTF-8': [{**a, 'path_b64': 'YQ=='}],
                'a reason of an undo': [{**a, 'reason': ['undo']}],
                'a directory that moves without its finish': [
                    {**move, 'phase': 'mkdir', 'before': {'type': 'dir'}, 'after': {'type': 'dir'}}],
                'a field that nothing announces': [{**a, 'later': 1}]}.items():
            with self.subTest(what=what):
                plan = {**copy.deepcopy(self.sample), 'actions': copy.deepcopy(actions)}
                text = sealed_plan.seal(plan)
                self.assert_valid(parse_plan(text))
                self.assertNotEqual('', self.refusal(text))
        text = json.dumps(self.sample)
        for what, old, new in (
                ('a number with decimals', '"unchanged": 40211', '"unchanged": 40211.0'),
                ('a number with an exponent', '"replace": 2', '"replace": 2e0'),
                ('minus zero', '"gid": 0', '"gid": -0'),
                ('a count of the summary', '"create": 2', '"create": 3'),
                ('a gap in seq', '"seq": 3,', '"seq": 99,'),
                ('an error that has a name', '"E1234"', '"E13"'),
                ('an unknown error', '"EACCES"', '"EACESS"'),
                ('the digest', '"value": "', '"value": "0'),
                ('a key twice', '"seq": 3,', '"seq": 3, "seq": 3,')):
            with self.subTest(what=what):
                self.assertIn(old, text)
                edited = text.replace(old, new, 1)
                if what == 'the digest':
                    edited = re.sub('"value": "0([0-9a-f]{63})[0-9a-f]"', r'"value": "0\1"', edited)
                self.assert_valid(json.loads(edited))
                self.assertNotEqual('', self.refusal(edited))


class RoundTripTest(ProgramTest):
    """Programs that lay JSON out in another way leave a plan what it is."""

    in_memory = True
    PROGRAMS = (('jq', '.'), ('jq', '-c', '.'), ('jq', '-S', '.'), ('jq', '-a', '--tab', '.'),
                ('python3', '-m', 'json.tool'), ('python3', '-m', 'json.tool', '--sort-keys'))

    def laid_out(self, program, text):
        if shutil.which(program[0]) is None:
            self.skipTest(f'{program[0]} is not installed')
        return subprocess.run(program, input=text, capture_output=True, check=True, text=True,
                              encoding='utf-8').stdout

    def test_a_plan_laid_out_by_other_programs_does_the_same(self):
        new = {**tree_of_names('new'), 'big': file(size=2**53 + 1), 'l': symlink('\udcff'),
               'old': file('x', mtime=-2 * SECOND)}
        old = {**tree_of_names('old one'), 'l': symlink('x'), 'big': file(size=2**53), 'gone': 'x'}
        self.given(new, old)
        text = self.plan_text('--no-space-check', '--exclude', '\udcff')
        roots = ('-s', self.source, '-r', self.replica)
        for name in ('bad\udcff\udce9', 'gone'):
            trees.write(self.in_replica(name), 'of others, and longer')
        plain = self.execute('apply', '-', '--dry-run', *roots, input=text, expect=(DONE, STALE))
        for program in self.PROGRAMS:
            with self.subTest(program=program):
                other = self.laid_out(program, text)
                self.assertNotEqual(text, other)
                dry = self.execute('apply', '-', '--dry-run', *roots, input=other)
                self.assertEqual((plain.code, timeless(plain.out), timeless(plain.err)),
                                 (dry.code, timeless(dry.out), timeless(dry.err)))

    def test_it_can_be_applied(self):
        for program in self.PROGRAMS:
            with self.subTest(program=program):
                for tree in (self.source, self.replica):
                    trees.remove(tree)
                self.given({**tree_of_names('new'), 'l': symlink('\udcff')},
                           {**tree_of_names('old one'), 'gone': {'x': 'y'}})
                self.execute('apply', '-', input=self.laid_out(program, self.plan_text()),
                             expect=DONE)
                self.assert_mirrored()
                self.assert_quiet()


def timeless(text):
    return re.sub(r'^\S+Z |\d+\.\d+ s|\d+ ms', '', text, flags=re.M)


if __name__ == '__main__':
    unittest.main()
