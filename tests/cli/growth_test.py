"""The plan document grows within version 1: what later versions add, tried with things made up."""
import copy
import json

from tests.support import sealed_plan
from tests.support.program import BAD_PLAN, DONE, REFUSED, ProgramTest


class GrowthTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new', 'n': 'x'}, {'a': 'older', 'gone': 'x'})
        self.first = self.plan('--max-delete', '50%')

    def later(self, ignorable=(), needs=(), version='1.7'):
        """The plan as a document of a later version that announces these."""
        announced = {name: sorted(features) for name, features in
                     (('needs', needs), ('ignorable', ignorable)) if features}
        rest = copy.deepcopy(self.first)
        return {'format': rest.pop('format'), **announced, **rest, 'format_version': version}

    def apply(self, plan, expect=DONE, said='', *args):
        text = sealed_plan.signed(plan)
        result = self.execute('apply', '-', '-s', self.source, '-r', self.replica, *args,
                              input=text, expect=expect)
        self.assertIn(said, result.err)
        return result

    def refused(self, plan, said=''):
        with self.untouched():
            self.apply(plan, BAD_PLAN, said)

    def test_a_higher_minor_version_alone_is_no_reason_to_refuse(self):
        for version in ('1.1', '1.2', '1.999999999'):
            with self.subTest(version):
                self.apply(self.later(version=version), DONE, '', '--dry-run')

    def test_a_higher_major_version_is(self):
        for version in ('2.0', '0.1', '1.01', '1.', '1', '1.0.0', '1.-1', '1.1000000000'):
            with self.subTest(version):
                self.refused(self.later(version=version))

    def made_up(self, plan):
        """Fields in each object that may have them, of each type; and their names."""
        plan['note'] = 'of the document'
        plan['tool']['build'] = {'commit': 'abc', 'dirty': False, 'parts': [1, None, {'x': []}]}
        plan['source']['label'], plan['replica']['label'] = ['one', 'two'], 7
        plan['options']['nice'] = True
        plan['options']['replica_limits']['links_max'] = 65000
        plan['summary']['clones'] = 2**53
        plan['guards'][0]['since'], plan['guards'][0]['value']['held'] = 'x', 3
        plan['actions'][0]['why'] = {'rule': 'caf\u00e9', 'line': 12}
        plan['actions'][-1]['after']['btime'] = '2024-10-27T03:33:20.123456789Z'
        plan['actions'][-1]['before']['flags'] = ['i', 'a']
        return ['note', 'tool.build', 'source.label', 'replica.label', 'options.nice',
                'options.replica_limits.links_max', 'summary.clones', 'guards.since',
                'guards.value.held', 'actions.why', 'actions.after.btime', 'actions.before.flags']

    def test_fields_that_may_be_ignored_are(self):
        names = self.made_up(copy.deepcopy(self.first))
        plan = self.later(ignorable=names)
        self.made_up(plan)
        self.apply(plan)
        self.assert_mirrored()

    def test_each_of_them_is_in_the_digest_under_its_name(self):
        names = self.made_up(copy.deepcopy(self.first))
        plan = self.later(ignorable=names)
        self.made_up(plan)
        text = sealed_plan.signed(plan)
        self.execute('apply', '-', '--dry-run', '-s', self.source, '-r', self.replica, input=text,
                     expect=DONE)
        for old, new in (('of the document', 'of the documents'), ('"abc"', '"abd"'),
                         ('"dirty": false', '"dirty": true'), ('[1, null', '[2, null'),
                         ('[1, null', '[1, false'), ('"label": 7', '"label": 8'),
                         ('"label": 7', '"label": "7"'), ('"nice": true', '"nice": false'),
                         ('"nice": true', '"mice": true'), ('65000', '65001'),
                         ('"held": 3', '"held": 4'), ('"line": 12', '"lime": 12'),
                         ('"caf\\u00e9"', '"cafe"'), ('["i", "a"]', '["a", "i"]'),
                         ('["i", "a"]', '["i"]'), ('"note"', '"mote"')):
            with self.subTest(old=old, new=new), self.untouched():
                self.assertIn(old, text)
                edited = text.replace(old, new, 1)
                if old in ('"nice": true', '"note"') and new != '"nice": false':
                    edited = edited.replace('options.nice', 'options.mice') if 'mice' in new else \
                        edited.replace('"note"', '"mote"')
                self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=edited,
                             expect=BAD_PLAN)

    def test_what_says_its_default_has_the_digest_of_what_is_absent(self):
        plan = self.later(ignorable=['actions.after.odd', 'note', 'options.odd', 'tool.odd'])
        value = sealed_plan.digest(plan)
        for default in (None, False, 0, '', [], {}, {'x': None, 'y': {'z': 0}}):
            with self.subTest(default=default):
                said = copy.deepcopy(plan)
                said['options']['odd'] = said['tool']['odd'] = said['note'] = default
                said['actions'][0]['after']['odd'] = default
                self.assertEqual(value, sealed_plan.digest(said))
                self.apply(said, DONE, '', '--dry-run')
        for nearly in ([None], [0], ['']):
            said = copy.deepcopy(plan)
            said['note'] = nearly
            self.assertNotEqual(value, sealed_plan.digest(said))

    def test_a_field_that_nothing_announces_is_refused_by_its_name(self):
        for name in self.made_up(copy.deepcopy(self.first)):
            names = [other for other in self.made_up(copy.deepcopy(self.first)) if other != name]
            plan = self.later(ignorable=names)
            self.made_up(plan)
            with self.subTest(name):
                self.refused(plan, f'"{name}"')

    def test_what_is_needed_and_unknown_is_named(self):
        for name in ('options.on_mondays', 'actions.op=exchange', 'actions.after.btime',
                     'kind=snapshot', 'a_feature'):
            with self.subTest(name):
                self.refused(self.later(needs=[name]), f'needs "{name}"')

    def test_a_made_up_option_that_must_be_known_is_refused_by_its_name(self):
        plan = self.later(needs=['options.on_mondays'])
        plan['options']['on_mondays'] = True
        self.refused(plan, 'needs "options.on_mondays"')

    def test_a_made_up_op_is_refused_by_its_name(self):
        plan = self.later(needs=['actions.op=exchange'])
        plan['actions'][0]['op'] = 'exchange'
        plan['summary']['exchange'] = 1
        text = json.dumps(plan | {'digest': self.first['digest']})
        with self.untouched():
            result = self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=text,
                                  expect=BAD_PLAN)
        self.assertIn('needs "actions.op=exchange"', result.err)

    def test_words_are_never_ignored(self):
        for field, word in (('op', 'exchange'), ('phase', 'later'), ('reason', ['weather'])):
            plan = self.later(ignorable=[f'actions.{field}={"weather" if field == "reason" else word}'])
            plan['actions'][0][field] = word
            text = json.dumps(plan | {'digest': self.first['digest']})
            with self.subTest(field), self.untouched():
                self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=text,
                             expect=BAD_PLAN)

    def test_a_guard_that_nobody_knows_refuses_where_it_says_so(self):
        for verdict, code in (('ok', DONE), ('refused', REFUSED)):
            plan = self.later(ignorable=['guards.rule=on-mondays'])
            plan['guards'].append({'rule': 'on-mondays', 'limit': 'x', 'verdict': verdict,
                                   'value': {'count': 1, 'of': 7}})
            with self.subTest(verdict):
                self.apply(plan, code, '', '--dry-run')

    def test_ids_that_a_replica_refuses_are_in_order(self):
        name = 'options.replica_limits.refused_uids'
        for ids, good in (([0, 5, 4294967295], True), ([5, 0], False), ([5, 5], False),
                          ([4294967296], False), (['5'], False), ([None], False), (5, False)):
            plan = self.later(ignorable=[name])
            plan['options']['replica_limits']['refused_uids'] = ids
            with self.subTest(ids=ids):
                self.apply(plan, DONE if good else BAD_PLAN, '', '--dry-run')

    def test_the_first_version_has_nothing_of_a_later_one(self):
        note = self.later(ignorable=['note'], version='1.0')
        note['note'] = 'x'
        announced = self.later(ignorable=['note'], version='1.0')
        group = self.later(version='1.0')
        group['actions'][0]['after'].pop('uid', None)
        group['actions'][0]['after']['gid'] = 0
        owner = self.later(version='1.0')
        owner['actions'][0]['after'].pop('gid', None)
        owner['actions'][0]['after']['uid'] = 0
        for what, plan in {'an owner without a group': owner, 'a field': note, 'an announcement': announced,
                           'a group without an owner': group}.items():
            with self.subTest(what):
                self.refused(plan, 'of a later version than 1.0')

    def test_announcements_that_contradict_themselves_are_refused(self):
        for needs, ignorable in ((['options.min_age'], ['options.min_age']),):
            self.refused(self.later(needs=needs, ignorable=ignorable), 'needed and ignorable')
        for wrong in (['b', 'a'], ['a', 'a'], ['A'], [''], ['a.'], ['.a'], ['a=b=c'], [1], 'a', {}):
            plan = self.later()
            plan['ignorable'] = wrong
            text = json.dumps(plan | {'digest': self.first['digest']})
            with self.subTest(wrong=wrong), self.untouched():
                self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=text,
                             expect=BAD_PLAN)

    def test_values_are_bounded(self):
        deep = 'x'
        for _ in range(8):
            deep = [deep]
        for value, good in ((deep, True), ([deep], False), (-1, False), (1.5, False),
                            (2**53, True), (2**53 + 2, False), ({'No Name': 1}, False),
                            ('x' * 2**20, False)):
            plan = self.later(ignorable=['note'])
            plan['note'] = value
            if isinstance(value, (int, float)) and not good:
                text = json.dumps(plan | {'digest': self.first['digest']})
            else:
                text = sealed_plan.signed(plan)
            with self.subTest(value=repr(value)[:40]):
                self.execute('apply', '-', '--dry-run', '-s', self.source, '-r', self.replica,
                             input=text, expect=DONE if good else BAD_PLAN)

    def test_a_folder_on_another_host_is_not_taken_for_one_here(self):
        for side, other in (('source', 'replica'), ('replica', 'source')):
            plan = self.later(needs=[f'{side}.host'], version='1.1')
            plan[side]['host'] = 'elsewhere.example'
            text = sealed_plan.signed(plan)
            with self.subTest(side), self.untouched():
                result = self.execute('apply', '-', input=text, expect=REFUSED)
                self.assertIn("'elsewhere.example'", result.err)
                named = {'source': '-s', 'replica': '-r'}[other]
                self.execute('apply', '-', named, plan[other]['path'], input=text, expect=REFUSED)
        self.execute('apply', '-', '-s', self.source, '-r', self.replica, input=text, expect=DONE)

    def test_what_is_unknown_takes_little_memory(self):
        for what, text in {
                'a list': '"note":[' + '0,' * 1_000_000 + '0]',
                'fields': ','.join(f'"n{number}":0' for number in range(2000))}.items():
            plan = json.dumps(self.later(ignorable=['note'])).replace('{', '{' + text + ',', 1)
            with self.subTest(what), self.untouched():
                result = self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                                      input=plan, expect=BAD_PLAN)
                self.assertIn('unknown to this program', result.err)
        plan = self.later(ignorable=['actions.a', 'actions.b'])
        plan['actions'][0].update(a='x' * 600_000, b='x' * 600_000)
        self.refused(plan, '1 MiB in an action')

    def test_a_group_may_stand_without_an_owner(self):
        plan = self.later(version='1.1')
        for action in plan['actions']:
            for entry in (action['before'], action['after']):
                if entry:
                    entry.pop('uid', None)
                    entry['gid'] = 0
        self.apply(plan)
        self.assertEqual(b'new', self.content('a'))

    def test_keys_that_stand_twice_are_refused_where_nobody_knows_them(self):
        plan = self.later(ignorable=['note'])
        plan['note'] = 'x'
        text = sealed_plan.signed(plan)
        for edited in (text.replace('"note": "x"', '"note": "x", "note": "x"', 1),
                       text.replace('"note": "x"', '"note": {"a": 1, "a": 1}', 1)):
            with self.untouched():
                result = self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                                      input=edited, expect=BAD_PLAN)
            self.assertIn('twice', result.err)
