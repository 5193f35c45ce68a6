"""--report: each action of a plan has one outcome, and the disk shows what the report says."""
import os
import resource
import signal
import stat
import subprocess
import unittest

from tests.support import compare, json_schema, report, sealed_plan, trees
from tests.support.program import (BAD_PLAN, DONE, FAILED, LOCKED, NOBODY, PARTIAL, REFUSED, STALE,
                                   USAGE, ProgramTest, as_root, parse_plan, with_mounts)
from tests.support.trees import (block_device, char_device, file, fifo, folder, same_inode_as,
                                 symlink)
from tests.sweep import pair_of_trees

SOURCE = {'a': 'new content', 'd': {'b': 'x'}, 'l': symlink('a'), 't': {'inside': 'x'},
          'a too': same_inode_as('a')}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}}, 't': 'file', 'gone': {'x': {'y': 'y'}}}


class ReportCase(ProgramTest):
    def setUp(self):
        super().setUp()
        self.report = self.at('report.jsonl')

    def read(self, text=None):
        """The groups of the report, all of it checked but for the disk."""
        lines, rest = report.parse(trees.read(self.report).decode() if text is None else text)
        self.assertEqual('', rest)
        if report.jsonschema is not None:
            self.assertEqual([], report.invalid(lines))
        found = report.groups(lines)
        for group in found:
            self.assertEqual([], report.contradictions(group))
        return found

    def apply(self, plan, *args, expect=DONE, **options):
        """Applies a plan's file; returns the report's last group, all of it checked."""
        document = trees.read(plan)
        before = compare.listing(self.replica)
        self.execute('apply', plan, '--report', self.report, *args, expect=expect,
                     source_may_change=True, **options)
        group = self.read()[-1]
        self.assertEqual([], report.contradictions(group, parse_plan(document)))
        now = compare.listing(self.replica)
        done = before if '--dry-run' in args else compare.listing(self.source)
        self.assertEqual([], report.lies(group, before, done, now))
        self.assertEqual(expect, group[-1]['exit_code'])
        return group

    def outcomes(self, group):
        return {line['path']: line['outcome'] for line in group
                if line['event'] == 'action' and line['phase'] != 'finish'}

    def drifts(self, group, path):
        """(side, field, expected, found) of what is stale."""
        [line] = [line for line in group if line.get('path') == path
                  and line['event'] == 'action' and line['phase'] != 'finish']
        self.assertEqual('stale', line['outcome'])
        return [(drift['side'], drift['field'], drift['expected'], drift['found'])
                for drift in line['drift']]


LINES = [
    {'event': 'start', 'format': 'sync.report', 'format_version': '1.0',
     'tool': {'name': 'sync', 'version': '1'}, 'command': 'run',
     'started': '2026-01-01T00:00:00.000000000Z', 'plan_id': None, 'kind': None, 'signed_by': None,
     'source': {'path': '/s'}, 'replica': {'path': '/\ufffd', 'path_b64': 'L/8='},
     'options': {'atomic': False, 'durability': 'batch', 'dry_run': False, 'stale': 'skip'},
     'actions': 0},
    {'event': 'problem', 'path': 'd', 'side': 'source', 'errno': 'EACCES', 'doing': 'open'},
    {'event': 'action', 'seq': 1, 'phase': 'write', 'op': 'create', 'path': 'a', 'outcome': 'ok',
     'grown': True, 'bytes': '9007199254740993', 'microseconds': 1, 'error': None, 'drift': []},
    {'event': 'action', 'seq': 2, 'phase': 'write', 'op': 'link', 'path': 'b', 'to': 'a',
     'outcome': 'skipped', 'grown': False, 'bytes': 0, 'microseconds': 1,
     'error': {'doing': 'open', 'errno': None, 'path': 'a', 'detail': 'so'}, 'drift': []},
    {'event': 'action', 'seq': 3, 'phase': 'write', 'op': 'move', 'path': 'c', 'from': 'd',
     'outcome': 'stale', 'grown': False, 'bytes': 0, 'microseconds': 1, 'error': None,
     'drift': [{'side': 'source', 'field': 'from', 'expected': 'absent', 'found': 'file'}]},
    {'event': 'summary', 'outcomes': {'ok': 1, 'already': 0, 'stale': 0, 'error': 0, 'skipped': 0,
                                      'rolled_back': 0},
     'bytes': 1, 'microseconds': 2, 'complete': True, 'problems': 0, 'exit_code': 0,
     'undo': '/b/undo.json', 'error': None}]
START, PROBLEM, OK, SKIPPED, STALE_MOVE, SUMMARY = LINES


class SchemaTest(unittest.TestCase):
    """What the schema takes, by both validators."""

    def assert_judged(self, schema, lines, is_valid):
        for validate in (json_schema.by_jsonschema, json_schema.by_ajv):
            for line, wrong in zip(lines, validate(schema, lines), strict=True):
                self.assertEqual(is_valid, not wrong, f'{validate.__name__}: {line}: {wrong}')

    def test_a_line_of_each_kind_is_valid(self):
        for schema in (report.SCHEMA, report.WRITERS_SCHEMA):
            self.assert_judged(schema, LINES, True)

    def test_what_no_report_holds_is_refused(self):
        self.assert_judged(report.SCHEMA, [
            {}, {'event': 'start'}, {'event': 'action', 'seq': 0}, [], {'event': 1},
            {**START, 'format_version': '2.0'}, {**START, 'actions': 1},
            {**START, 'kind': 'mirror'}, {**PROBLEM, 'errno': None}, {**PROBLEM, 'side': 'both'},
            {**OK, 'outcome': 'done'}, {**OK, 'drift': STALE_MOVE['drift']},
            {**OK, 'error': SKIPPED['error']}, {**OK, 'outcome': 'error'},
            {**OK, 'outcome': 'already'}, {**OK, 'to': 'x'}, {**OK, 'path': 'a\n', 'phase': 'x'},
            {**SKIPPED, 'bytes': 1}, {**SKIPPED, 'outcome': 'rolled_back'},
            {key: value for key, value in SKIPPED.items() if key != 'to'},
            {**STALE_MOVE, 'drift': []}, {**STALE_MOVE, 'error': SKIPPED['error']},
            {**STALE_MOVE, 'op': 'update', 'from': None}, {**SUMMARY, 'undo': 'relative'},
            {**SUMMARY, 'outcomes': {}}], False)

    def test_what_a_later_version_may_add_is_taken_and_today_nobody_writes_it(self):
        [drift] = STALE_MOVE['drift']
        later = [{'event': 'progress', 'percent': 3}, {**PROBLEM, 'size': 1},
                 {**START, 'tool': {**START['tool'], 'build': 'x'}},
                 {**OK, 'cloned': True}, {**STALE_MOVE, 'drift': [{**drift, 'field': 'colour'}]},
                 {**STALE_MOVE, 'drift': [{**drift, 'why': 'x'}]}, {**SUMMARY, 'seconds': 3},
                 {**SKIPPED, 'error': {**SKIPPED['error'], 'code': 3}}]
        self.assert_judged(report.SCHEMA, [*later, {**START, 'format_version': '1.7'}], True)
        self.assert_judged(report.WRITERS_SCHEMA, later, False)


class OutcomeTest(ReportCase):
    def test_of_every_kind_of_action_the_report_says_what_the_disk_shows(self):
        replica, source = pair_of_trees.replica_and_source(os.geteuid() == 0)
        self.given(source, replica)
        group = self.apply(self.plan_file('--xattrs'))
        self.assertEqual({'ok'}, set(self.outcomes(group).values()))
        self.assertLessEqual({'create', 'update', 'replace', 'link', 'metadata', 'delete'},
                             {line['op'] for line in group if line['event'] == 'action'})
        self.assertEqual([], sum(json_schema.by_ajv(report.WRITERS_SCHEMA, group), []))
        self.assert_quiet('--xattrs')

    def test_applied_again_everything_is_there_already(self):
        self.given(SOURCE, REPLICA)
        plan = self.plan_file()
        self.apply(plan)
        with self.untouched():
            group = self.apply(plan)
        self.assertEqual({'already'}, {line['outcome'] for line in group
                                       if line['event'] == 'action'})

    def test_what_is_stale_in_the_replica_is_told_field_by_field(self):
        self.given({'f': 'new', 'l': symlink('new'), 'o': 'new', 'gone': 'x'},
                   {'f': file('old', mtime=5, mode=0o644), 'l': symlink('old'), 'o': 'older',
                    'm': file('m', mtime=7)})
        plan = self.plan_file()
        trees.write(self.in_replica('f'), 'longer', mtime=6)
        os.chmod(self.in_replica('f'), 0o600)
        os.unlink(self.in_replica('l'))
        os.symlink(b'\xff', self.in_replica('l'))
        os.unlink(self.in_replica('o'))
        trees.write(self.in_replica('gone'), 'x')
        os.unlink(self.in_replica('m'))
        trees.build(self.replica, {'m': fifo()})
        group = self.apply(plan, expect=STALE)
        self.assertEqual(
            [('replica', 'size', '3', '6'),
             ('replica', 'mtime', '1970-01-01T00:00:00.000000005Z',
              '1970-01-01T00:00:00.000000006Z'),
             ('replica', 'mode', '0644', '0600')], self.drifts(group, 'f'))
        self.assertEqual(('replica', 'target', 'old', '\ufffd'),
                         [drift for drift in self.drifts(group, 'l') if drift[1] == 'target'][0])
        self.assertEqual([('replica', 'type', 'file', 'absent')], self.drifts(group, 'o'))
        self.assertEqual([('replica', 'type', 'absent', 'file')], self.drifts(group, 'gone'))
        self.assertEqual([('replica', 'type', 'file', 'fifo')], self.drifts(group, 'm'))

    def test_what_is_stale_in_the_source_is_told_and_on_both_sides_where_it_is(self):
        self.given({'f': file('new', mtime=5), 'both': file('new', mtime=5), 'h': 'one',
                    'h too': same_inode_as('h'), 'absent': 'x'}, {'both': 'old', 'back': 'x'})
        plan = self.plan_file()
        trees.write(self.in_source('f'), 'newer', mtime=5)
        trees.write(self.in_source('both'), 'newer', mtime=5)
        trees.write(self.in_replica('both'), 'other', mtime=trees.SECOND)
        trees.write(self.in_source('back'), 'x')
        os.unlink(self.in_source('absent'))
        os.rename(self.in_source('h too'), self.at('h'))
        subprocess.run(['cp', '-p', self.at('h'), self.in_source('h too')], check=True)
        group = self.apply(plan, expect=STALE)
        self.assertEqual([('source', 'size', '3', '5')], self.drifts(group, 'f'))
        self.assertEqual([('source', 'size', '3', '5'), ('replica', 'size', '3', '5')],
                         self.drifts(group, 'both')[:2])
        self.assertEqual([('source', 'type', 'file', 'absent')], self.drifts(group, 'absent'))
        self.assertEqual([('source', 'type', 'absent', 'file')], self.drifts(group, 'back'))
        self.assertEqual([('source', 'link', 'h', 'another file')], self.drifts(group, 'h too'))

    def test_other_content_than_the_plan_names_is_told_by_its_md5(self):
        self.given({'a': file('good', mtime=5)}, {})
        plan = self.plan_file('--pin')
        trees.write(self.in_source('a'), 'evil', mtime=5)
        wanted = [('source', 'md5', '755f85c2723bb39381c7379a604160d8',
                   '4034a346ccee15292d823416f7510a2f')]
        self.assertEqual(wanted, self.drifts(self.apply(plan, '--dry-run', expect=STALE), 'a'))
        self.assertEqual(wanted, self.drifts(self.apply(plan, expect=STALE), 'a'))

    def test_a_link_to_what_has_become_another_file_is_stale(self):
        self.given({'a': file('same', mtime=5), 'b': same_inode_as('a')},
                   {'a': file('same', mtime=5)})
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'others')
        for options in (('--dry-run',), ()):
            self.assertEqual(('replica', 'link', 'a'),
                             self.drifts(self.apply(plan, *options, expect=STALE), 'b')[0][:3])

    @as_root
    def test_other_owners_and_device_numbers_are_told(self):
        if not trees.devices_possible():
            self.skipTest('device nodes cannot be made here')
        self.given({'o': 'new', 'n': char_device(1, 3), 'b': block_device(7, 1)},
                   {'o': 'older', 'n': char_device(1, 5), 'b': block_device(7, 2)})
        plan = self.plan_file()
        os.chown(self.in_replica('o'), NOBODY, NOBODY - 1)
        for name, device in (('n', char_device(1, 7)), ('b', block_device(7, 3))):
            os.unlink(self.in_replica(name))
            trees.build(self.replica, {name: device})
        group = self.apply(plan, expect=STALE)
        self.assertEqual([('replica', 'uid', '0', str(NOBODY)),
                          ('replica', 'gid', '0', str(NOBODY - 1))], self.drifts(group, 'o'))
        self.assertIn(('replica', 'device', '1:5', '1:7'), self.drifts(group, 'n'))
        self.assertIn(('replica', 'device', '7:2', '7:3'), self.drifts(group, 'b'))

    def test_one_more_name_of_what_would_change_in_place_is_told(self):
        self.given({'a': file('same', mtime=5), 'b': same_inode_as('a')},
                   {'a': file('same', mtime=9), 'b': same_inode_as('a')})
        plan = self.plan_file()
        os.link(self.in_replica('a'), self.at('theirs'))
        self.assertEqual([('replica', 'links', '2', '3')],
                         self.drifts(self.apply(plan, expect=STALE), 'a'))

    def test_what_somebody_put_into_a_directory_that_is_to_go_is_told(self):
        self.given({}, {'d': {'x': 'x'}})
        plan = self.plan_file()
        trees.write(self.in_replica('d', 'theirs'), 'x')
        self.assertEqual([('replica', 'children', 'none', 'some that the plan does not know')],
                         self.drifts(self.apply(plan, expect=STALE), 'd'))

    @as_root
    def test_what_fails_is_told_with_errno_and_the_rest_goes_on(self):
        self.given({'a': 'new', 'd': {'f': 'new', 'g': 'x'}, 'z': 'new'},
                   {'a': 'older', 'd': {'f': 'older'}, 'z': 'older', 'gone': 'x'})
        for name in ('a', 'gone'):
            if os.system(f'chattr +i {self.in_replica(name)} 2>/dev/null') != 0:
                self.skipTest('chattr +i does not work here')
            self.addCleanup(os.system, f'chattr -i {self.in_replica(name)}')
        group = self.apply(self.plan_file(), expect=PARTIAL)
        self.assertEqual({'a': 'error', 'd/f': 'ok', 'd/g': 'ok', 'z': 'ok', 'gone': 'error'},
                         self.outcomes(group))
        self.assertEqual({'EPERM'}, {line['error']['errno'] for line in group
                                     if line.get('outcome') == 'error'})

    @as_root
    def test_what_may_not_be_read_is_a_problem_or_an_error(self):
        self.given({'a': 'x', 'later': file('new', mode=0o644),
                    'locked': file('x', mode=0o600), 'd': folder({'x': 'x'}, mode=0o700)},
                   {'later': 'older'})
        self.live_as(NOBODY, self.replica)
        os.chmod(self.top, 0o1777)
        plan = self.plan_file(uid=NOBODY, expect=PARTIAL)
        with open(self.in_source('later'), 'r+b') as holder:
            before = os.fstat(holder.fileno())
            os.chmod(self.in_source('later'), 0o200)
            self.addCleanup(os.chmod, self.in_source('later'), 0o644)
            self.assertEqual(before.st_mtime_ns, os.stat(self.in_source('later')).st_mtime_ns)
        group = self.apply(plan, uid=NOBODY, expect=STALE)
        self.assertEqual([('source', 'mode', '0644', '0200')], self.drifts(group, 'later'))
        self.assertEqual([('d', 'EACCES')],
                         [(line['path'], line['errno']) for line in group
                          if line['event'] == 'problem'])
        [error] = [line for line in group if line.get('outcome') == 'error']
        self.assertEqual(('locked', 'EACCES'), (error['path'], error['error']['errno']))

    def test_names_that_are_no_text_are_told_in_base64(self):
        name = os.fsdecode(b'\xff\xfe\n\x1b[31m')
        self.given({name: 'x', 'd': {name: symlink(name)}}, {})
        group = self.apply(self.plan_file())
        self.assertIn('//4KG1szMW0=', {line.get('path_b64') for line in group})

    def test_a_dry_run_tells_what_would_be_done_and_changes_nothing(self):
        self.given(SOURCE, REPLICA)
        plan = self.plan_file()
        with self.untouched():
            group = self.apply(plan, '--dry-run')
        self.assertTrue(group[0]['options']['dry_run'])
        self.assertEqual({'ok'}, set(self.outcomes(group).values()))

    def test_a_dry_run_of_every_kind_of_action_finds_nothing_in_the_way(self):
        replica, source = pair_of_trees.replica_and_source(os.geteuid() == 0)
        self.given(source, replica)
        self.assertEqual({'ok'}, set(self.outcomes(self.apply(self.plan_file(),
                                                              '--dry-run')).values()))


class MoveTest(ReportCase):
    """What keeps a move from being done."""

    def setUp(self):
        super().setUp()
        self.given({'new': file('content', mtime=5), 'to': {'f': file('in it', mtime=7)}},
                   {'old': file('content', mtime=5), 'from': {'f': file('in it', mtime=7)}})
        plan = self.plan()
        self.assertEqual({('new', 'old'), ('to', 'from')},
                         {(action['path'], action['from']) for action in plan['actions']
                          if action['op'] == 'move'})
        self.planned = self.plan_file()

    def told(self, path):
        """Of a dry run and of an apply, which say the same."""
        said = [self.drifts(self.apply(self.planned, *options, expect=STALE), path)
                for options in (('--dry-run',), ())]
        self.assertEqual(said[0], said[1])
        return said[0]

    def test_nothing_is_there_to_be_moved(self):
        os.unlink(self.in_replica('old'))
        self.assertEqual([('replica', 'from', 'file', 'absent')], self.told('new'))

    def test_what_the_source_has_again_stays_and_the_source_is_told_first(self):
        trees.write(self.in_source('old'), 'back')
        os.chmod(self.in_replica('old'), 0o600)
        self.assertEqual([('source', 'from', 'absent', 'file'),
                          ('replica', 'mode', '0644', '0600')], self.told('new'))

    def test_what_has_other_names_stays(self):
        os.link(self.in_replica('old'), self.at('theirs'))
        self.assertEqual([('replica', 'links', '1', '2')], self.told('new'))

    def test_the_new_path_is_taken(self):
        trees.build(self.replica, {'new': {}})
        self.assertEqual([('replica', 'type', 'absent', 'dir')], self.told('new'))

    def test_the_content_is_another_one(self):
        trees.write(self.in_source('new'), 'CONTENT', mtime=5)
        self.assertEqual([('source', 'content', 'as the replica has it', 'another')],
                         self.told('new'))

    def test_a_directory_holds_something_else(self):
        trees.write(self.in_replica('from', 'theirs'), 'x')
        self.assertEqual([('replica', 'children', 'as in the source', 'other entries: from')],
                         self.told('to'))

    def test_what_a_rule_protects_stays(self):
        plan = parse_plan(trees.read(self.planned))
        plan['options']['rules'] = ['old']
        trees.write(self.planned, sealed_plan.seal(plan))
        self.assertEqual([('replica', 'from', 'not excluded', 'excluded')], self.told('new'))

    @with_mounts
    def test_a_mount_stays(self):
        self.mount_tmpfs(self.in_replica('from'))
        trees.build(self.in_replica('from'), {'f': file('in it', mtime=7)})
        self.assertIn(('replica', 'from', 'no mount', 'another mount'),
                      self.drifts(self.apply(self.planned, '--dry-run', expect=STALE), 'to'))


class WholePlanTest(ReportCase):
    """All or nothing, and plans that are refused as a whole."""

    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def test_a_stale_plan_is_refused_whole_where_that_is_asked_for(self):
        plan = self.plan_file()
        trees.write(self.in_replica('gone', 'x', 'y'), 'mine!')
        with self.untouched():
            group = self.apply(plan, '--stale', 'refuse', expect=STALE)
        self.assertEqual({'stale': 1, 'skipped': group[0]['actions'] - 1},
                         {name: count for name, count in group[-1]['outcomes'].items() if count})
        self.assertEqual('refuse', group[0]['options']['stale'])
        said = self.execute('apply', plan, '--stale', 'refuse', expect=STALE).err
        self.assertIn('make a new plan', said)
        self.assertIn('1 action is stale', said)
        self.assertIn('size: expected 1, found 5', said)

    def test_what_is_not_stale_is_applied_with_that_option_too(self):
        self.apply(self.plan_file(), '--stale', 'refuse')
        self.assert_mirrored()

    def test_of_every_kind_of_action_a_fresh_plan_is_not_stale(self):
        for folder_name in (self.source, self.replica):
            trees.remove(folder_name)
        replica, source = pair_of_trees.replica_and_source(os.geteuid() == 0)
        self.given(source, replica)
        self.apply(self.plan_file(), '--stale', 'refuse', '--atomic')
        self.assert_quiet()

    def test_the_end_names_ten_of_what_is_stale_and_says_how_many_there_are(self):
        trees.build(self.replica, {f'f{number:02}': 'x' for number in range(13)})
        plan = self.plan_file()
        for number in range(13):
            trees.write(self.in_replica(f'f{number:02}'), 'mine')
        said = self.execute('apply', plan, '-l', self.at('log'), expect=STALE).err
        for text in (said, self.log_text(self.at('log'))):
            last = text[text.index('13 actions are stale'):]
            # Deletions come in reverse path order.
            self.assertEqual([f'f{number:02}' for number in range(12, 2, -1)],
                             [line.split('delete ')[1][:3] for line in last.split('\n')
                              if ' delete ' in line and '; replica' in line])
            self.assertIn('and 3 more', last)

    def test_an_atomic_apply_that_is_stale_rolls_all_back(self):
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'mine!')
        group = self.apply(plan, '--atomic', expect=STALE)
        self.assertEqual({'stale': 1, 'rolled_back': group[0]['actions'] - 1},
                         {name: count for name, count in group[-1]['outcomes'].items() if count})

    def test_an_atomic_apply_that_fails_rolls_all_back(self):
        trees.write(self.in_source('too large'), b'x' * 2_000_000)
        limit = (resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        group = self.apply(self.plan_file(), '--atomic', expect=FAILED,
                           preexec_fn=lambda: resource.setrlimit(*limit))
        self.assertEqual((1, 0), (group[-1]['outcomes']['error'], group[-1]['outcomes']['ok']))

    def test_a_plan_that_a_rule_refused_is_reported_as_skipped(self):
        plan = self.plan_file('--max-delete', '0', expect=REFUSED)
        with self.untouched():
            group = self.apply(plan, expect=REFUSED)
        self.assertEqual({'skipped'}, set(self.outcomes(group).values()))
        self.assertIn('max-delete', group[-1]['error']['detail'])

    def test_a_replica_that_is_locked_is_reported(self):
        plan = self.plan_file()
        with self.lock_held():
            group = self.apply(plan, expect=LOCKED)
        self.assertEqual({'skipped'}, set(self.outcomes(group).values()))

    def test_the_undo_is_named(self):
        group = self.apply(self.plan_file(), '--backup-dir', self.at('old'))
        self.assertTrue(os.path.isfile(group[-1]['undo']))
        undo = self.read(self.execute('apply', group[-1]['undo'], '--json', expect=DONE).out)[0]
        self.assertEqual('undo', undo[0]['kind'])

    def test_an_older_plan_is_refused_where_its_age_is_limited(self):
        plan = self.plan_file()
        with self.untouched():
            self.assertIn('--max-age', self.execute('apply', plan, '--max-age', '0',
                                                    expect=REFUSED).err)
        self.execute('apply', plan, '--max-age', '31536000', expect=DONE)
        self.assert_mirrored()

    def test_a_plan_from_the_future_is_no_fresher(self):
        plan = self.plan()
        plan['created'] = '9999-12-31T23:59:59.000000000Z'
        text = sealed_plan.seal(plan)
        with self.untouched():
            self.assertIn('future', self.execute('apply', '-', '--max-age', '3600', input=text,
                                                 expect=REFUSED).err)
        self.execute('apply', '-', input=text, expect=DONE)


class StreamTest(ReportCase):
    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)

    def test_it_goes_to_standard_output_alone(self):
        plan = self.plan_file()
        for options in (('--json',), ('--report', '-'), ('--json', '-v')):
            result = self.execute('apply', plan, *options, expect=DONE)
            self.assertEqual(1, len(self.read(result.out)))
            self.assertEqual('', result.err)

    def test_warnings_still_go_to_standard_error(self):
        plan = self.plan_file()
        trees.write(self.in_replica('a'), 'mine!')
        result = self.execute('apply', plan, '--json', expect=STALE)
        self.assertIn('stale update a', result.err)
        self.read(result.out)

    def test_only_one_place_can_be_named(self):
        self.execute('apply', self.plan_file(), '--json', '--report', self.report, expect=USAGE)

    def test_a_new_report_is_for_its_owner_only(self):
        self.sync('run', '--report', self.report, umask=0)
        self.assertEqual(0o600, stat.S_IMODE(os.lstat(self.report).st_mode))

    def test_a_run_reports_too_and_appends(self):
        self.sync('run', '--report', self.report)
        trees.write(self.in_source('a'), 'once more')
        self.sync('run', '--report', self.report)
        self.sync('run', '--report', self.report)
        self.assertEqual(['run'] * 3, [group[0]['command'] for group in self.read()])
        self.assertEqual([True, True, False],
                         [group[0]['actions'] > 0 for group in self.read()])

    def test_each_cycle_of_a_loop_is_a_group_also_where_it_is_refused(self):
        process = self.start('run', '-s', self.source, '-r', self.replica, '-i', '0.1',
                             '--report', self.report)
        self.wait_until(lambda: self.groups_so_far() >= 2, 'two cycles are over')
        moved = self.at('moved')
        os.rename(self.report, moved)
        self.wait_until(lambda: self.groups_so_far() >= 1, 'a new report is there')
        os.rename(self.source, self.at('away'))
        self.wait_until(lambda: 'exit_code":5' in self.text_so_far(), 'a cycle is refused')
        self.assertEqual(0, self.stop(process))
        self.read(trees.read(moved).decode())
        last = self.read()[-1]
        self.assertEqual(('start', None, 'summary', 5),
                         (last[0]['event'], last[0]['plan_id'], last[1]['event'],
                          last[1]['exit_code']))

    def text_so_far(self):
        return trees.read(self.report).decode() if os.path.exists(self.report) else ''

    def groups_so_far(self):
        return self.text_so_far().count('"event":"summary"')

    def test_a_dry_run_for_a_missing_replica_is_reported(self):
        trees.remove(self.replica)
        self.sync('run', '--dry-run', '--report', self.report)
        [group] = self.read()
        self.assertEqual({'ok'}, set(self.outcomes(group).values()))
        self.assertFalse(os.path.exists(self.replica))

    def test_a_torn_last_line_is_cut_off(self):
        self.sync('run', '--report', self.report)
        with open(self.report, 'ab') as torn:
            torn.write(b'{"event":"sta')
        self.sync('run', '--report', self.report)
        self.assertEqual(2, len(self.read()))

    def test_what_is_no_report_is_not_spoilt(self):
        trees.build(self.at('odd'), {'text': 'precious', 'link': symlink('text'), 'fifo': fifo(),
                                     'dir': {}, 'torn': '{"events'})
        plan = self.plan_file()
        for name in (plan, *(self.at('odd', name) for name in ('text', 'link', 'fifo', 'dir',
                                                               'torn', 'no/folder'))):
            with self.subTest(name=name), self.untouched(self.replica, self.at('odd')):
                self.execute('apply', plan, '--report', name, expect=REFUSED)
                self.sync('run', '--report', name, expect=REFUSED)

    def test_inside_the_replica_it_is_refused_and_inside_the_source_left_out(self):
        plan = self.plan_file()
        with self.untouched():
            self.sync('run', '--report', self.in_replica('report'), expect=REFUSED)
            self.execute('apply', plan, '--report', self.in_replica('report'), expect=REFUSED)
        for _ in range(2):
            self.sync('run', '--report', self.in_source('report'), source_may_change=True)
            self.assertNotIn('report', self.replica_paths())

    def test_where_it_can_no_longer_be_written_the_run_goes_on_and_says_so_once(self):
        for options in (('run', '-s', self.source, '-r', self.replica, '--report', '-'),
                        ('apply', self.plan_file(), '--json')):
            with self.subTest(command=options[0]), open('/dev/full', 'wb') as full:
                result = self.execute(*options, stdout=full, expect=PARTIAL)
                self.assertEqual(1, result.err.count('report is not complete'), result.err)
                self.assert_mirrored()

    def test_an_invalid_plan_makes_no_report(self):
        self.execute('apply', '-', '--report', self.report, input='{}', expect=BAD_PLAN)
        self.assertFalse(os.path.exists(self.report))

    def test_a_run_that_is_told_to_stop_reports_what_it_left(self):
        trees.remove(self.source)
        self.given({f'{number}': 'x' * 10_000 for number in range(3_000)})
        process = self.start('run', '-s', self.source, '-r', self.replica, '--report', self.report)
        self.wait_until(lambda: os.path.exists(self.in_replica('.sync-txn'))
                        or process.poll() is not None, 'it has begun')
        code = self.stop(process, signal.SIGINT)
        [group] = self.read()
        self.assertEqual(code, group[-1]['exit_code'])
        self.assertIn(code, (0, 130))


if __name__ == '__main__':
    unittest.main()
