"""Plans that were edited, and look untouched, do no more than a fresh run would.

SYNC_TEST_FORGERIES says how many are made at random, SYNC_TEST_SEED where the seeds start.
"""
import contextlib
import copy
import os
import random
import shutil
import unittest

from tests.support import compare, sealed_plan, trees
from tests.support.read_only_world import ReadOnlyWorld
from tests.support.program import (BAD_PLAN, DONE, FAILED, PARTIAL, REFUSED, STALE, ProgramTest,
                                   with_xattrs)
from tests.support.trees import SECOND, fifo, file, folder, symlink

FORGERIES = int(os.environ.get('SYNC_TEST_FORGERIES', '600'))
SEED = int(os.environ.get('SYNC_TEST_SEED', '1'))

THEN = 1_000_000_000 * SECOND
MOVED = folder({'in': folder({'m': file('moved', mtime=THEN)}, mtime=THEN),
                'n': file('too', mtime=THEN)}, mtime=THEN)
SOURCE = {'a': 'new content', 'd': {'b': 'x', 'kept': 'same'}, 'l': symlink('a'),
          't': {'inside': 'x'}, 'mode': file('m', mode=0o600), 'fifo': fifo(), 'same': 'same',
          'put': MOVED, 'here': file('content', mtime=THEN),
          's1': file('second', mtime=THEN), 's2': file('first', mtime=THEN)}
REPLICA = {'a': 'old', 'd': {'extra': {'z': 'z'}, 'kept': 'same'}, 't': 'file', 'mode': file('m'),
           'gone': {'x': {'y': 'y'}}, 'l': symlink('../outside'), 'same': 'same',
           'was': MOVED, 'there': file('content', mtime=THEN),
           's1': file('first', mtime=THEN), 's2': file('second', mtime=THEN)}


class ForgedPlanTest(ProgramTest):
    in_memory = True

    def setUp(self):
        super().setUp()
        self.given(SOURCE, REPLICA)
        trees.build(self.at('outside'), {'secret': 'of others', 'd': {'b': 'y'}})

    def apply(self, plan, expect):
        return self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                            input=sealed_plan.seal(plan), expect=expect)

    def test_the_digest_is_what_the_description_says(self):
        plan = self.plan('--max-delete', '90%', '--exclude', 'caf\udce9/')
        self.assertEqual(plan['digest']['value'], sealed_plan.digest(plan))
        self.apply(plan, DONE)

    def test_guards_that_do_not_say_what_options_and_actions_do_are_no_plan(self):
        plan = self.plan('--max-delete', '1', '--max-update', '90%', '--require', 'a',
                         expect=REFUSED)
        self.assertEqual(['max-delete', 'max-update', 'require', 'space'],
                         [guard['rule'] for guard in plan['guards']])
        delete, update, require, space = plan['guards']
        wrong = {
            'a false count': [{**delete, 'value': {**delete['value'], 'count': 0}}, update,
                              require, space],
            'a false verdict': [{**delete, 'verdict': 'ok'}, update, require, space],
            'another limit': [{**delete, 'limit': '99'}, update, require, space],
            'one is missing': [update, require, space], 'the second is missing': [delete, require],
            'out of order': [update, delete, require, space],
            'one is there twice': [delete, update, require, require, space],
            'what is required is not there': [delete, update, {**require, 'verdict': 'refused'}],
            'of another name': [delete, update, {**require, 'limit': 'b'}, space],
            'room that is not there': [delete, update, require, {**space, 'verdict': 'refused'}],
            'a rule that nobody knows': [delete, update, require,
                                         {**space, 'rule': 'on-mondays', 'verdict': 'ok'}],
        }
        for what, guards in wrong.items():
            with self.subTest(what), self.untouched():
                forged = {**plan, 'guards': guards}
                self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                             input=sealed_plan.signed(forged), expect=BAD_PLAN)

    def test_totals_that_are_not_those_of_the_actions_are_no_plan(self):
        plan = self.plan()
        for total in sealed_plan.COUNTS[:10]:
            forged = copy.deepcopy(plan)
            forged['summary'][total] = int(forged['summary'][total]) + 1
            with self.subTest(total), self.untouched():
                self.execute('apply', '-', '-s', self.source, '-r', self.replica,
                             input=sealed_plan.signed(forged), expect=BAD_PLAN)

    def test_what_could_not_be_read_is_not_taken_away(self):
        plan = self.plan()
        for path in ('gone', 'gone/x', 'gone/x/y', 'gone/x/y/z', 'there', 'was', 'was/n'):
            forged = copy.deepcopy(plan)
            forged['problems'] = [{'path': path, 'side': 'source', 'errno': 'EACCES',
                                   'doing': 'open'}]
            forged['complete'] = False
            forged['summary']['problems'] = 1
            with self.subTest(path), self.untouched():
                self.apply(forged, BAD_PLAN)

    def test_only_an_undo_takes_back_and_nothing_else(self):
        plan = self.plan()
        for change in (lambda forged: forged['actions'][0]['reason'].append('undo'),
                       lambda forged: forged.update(kind='undo')):
            forged = copy.deepcopy(plan)
            change(forged)
            with self.subTest(forged['kind']), self.untouched():
                self.apply(forged, BAD_PLAN)

    def test_a_deletion_of_what_the_source_has_is_stale(self):
        plan = self.plan()
        delete = next(action for action in plan['actions'] if action['phase'] == 'delete')
        for path in ('same', 'd/kept'):
            forged = copy.deepcopy(plan)
            status = os.lstat(self.in_replica(path))
            forged['actions'] = [{**delete, 'path': path, 'before': {
                'type': 'file', 'size': status.st_size}}]
            with self.subTest(path=path):
                self.apply(forged, STALE)
                self.assertEqual(b'same', self.content(path))

    @contextlib.contextmanager
    def nothing_moves(self):
        before = compare.listing(self.replica)
        yield
        self.assertEqual(before.keys(), compare.listing(self.replica).keys())

    def move(self, path, origin):
        """The plan with nothing but one move in it."""
        plan = self.plan()
        place = self.in_replica(origin)
        entry = {'type': 'dir'}
        if not os.path.isdir(place):
            entry = {'type': 'file', 'size': os.lstat(place).st_size}
        plan['actions'] = [{'seq': 1, 'phase': 'mkdir' if entry['type'] == 'dir' else 'write',
                            'op': 'move', 'path': path, 'from': origin, 'reason': ['missing'],
                            'before': entry, 'after': entry}]
        if entry['type'] == 'dir':
            plan['actions'].append({'seq': 2, 'phase': 'finish', 'op': 'metadata', 'path': path,
                                    'reason': ['mtime'], 'before': entry, 'after': entry})
        return plan

    def test_moves_that_a_fresh_plan_would_make_are_made(self):
        moves = [(action['from'], action['path']) for action in self.plan()['actions']
                 if action['op'] == 'move']
        self.assertEqual([('was', 'put'), ('there', 'here')], moves)
        self.apply(self.move('here', 'there'), DONE)
        self.apply(self.move('put', 'was'), DONE)
        self.assertEqual(b'moved', self.content('put/in/m'))

    def test_a_move_of_what_the_source_still_has_is_stale(self):
        trees.write(self.in_source('there'), 'content', mtime=THEN)
        trees.build(self.in_source('was'), {'in': {'m': 'x'}})
        for path, origin in (('here', 'there'), ('put', 'was'), ('put', 'd'), ('here', 'same'),
                             ('put/in', 'was/in')):
            with self.subTest(path=path, origin=origin), self.nothing_moves():
                self.apply(self.move(path, origin), STALE)

    def test_a_move_of_something_else_than_the_source_has_is_stale(self):
        for path, origin in (('put', 'gone'), ('put', 'd/extra'), ('here', 'd/extra/z'),
                             ('here', 'was/n'), ('put/n', 'there'), ('d/b', 'there'),
                             ('put', 'was/in'), ('new', 'there')):
            with self.subTest(path=path, origin=origin), self.nothing_moves():
                self.apply(self.move(path, origin), STALE)

    def test_a_move_into_what_is_there_is_stale(self):
        for path, origin in (('a', 'there'), ('same', 'there'), ('d', 'was'), ('t', 'was')):
            with self.subTest(path=path, origin=origin), self.nothing_moves():
                self.apply(self.move(path, origin), STALE)

    def test_what_is_excluded_is_not_moved(self):
        for exclude, path, origin in (('there', 'here', 'there'), ('was', 'put', 'was'),
                                      ('m', 'put', 'was'), ('was/in/', 'put', 'was')):
            plan = self.plan('--exclude', exclude)
            plan['actions'] = self.move(path, origin)['actions']
            with self.subTest(exclude=exclude), self.nothing_moves():
                self.apply(plan, STALE)

    def take_over(self, plan, path, origin):
        """Applies the plan with nothing in it but that `path` takes over what a forged update would
        take away, and does not: it may not have the file either."""
        action = next(action for action in plan['actions'] if action['path'] == path)
        entry = {'type': 'file', 'size': os.lstat(self.in_replica(origin)).st_size}
        update = {'phase': 'write', 'op': 'update', 'path': origin, 'reason': ['content'],
                  'before': entry, 'after': {**entry, 'mtime': '2001-01-01T00:00:00.000000000Z'}}
        comes = {**action, 'op': 'create', 'before': None, 'from': origin}
        plan['actions'] = sorted((comes, update), key=lambda one: one['path'])
        self.apply(plan, STALE)
        self.assertEqual(trees.read(self.in_source(path)), self.content(path))
        for name in (path, origin):
            self.assertEqual(1, os.lstat(self.in_replica(name)).st_nlink, name)

    def test_files_that_a_fresh_plan_would_take_over_say_so(self):
        plan = self.plan()
        self.assertEqual([('s1', 's2'), ('s2', 's1')],
                         [(action['path'], action['from']) for action in plan['actions']
                          if action['op'] == 'update' and 'from' in action])

    def test_a_file_that_stays_is_not_taken_over(self):
        like = file('the same', mtime=THEN)
        self.given({'copy': like, 'stays': like}, {'stays': like})
        self.take_over(self.plan(), 'copy', 'stays')

    def test_what_is_excluded_is_not_taken_over(self):
        like = file('the same', mtime=THEN)
        self.given({'copy': like}, {'kept': like})
        self.take_over(self.plan('--exclude', '/kept'), 'copy', 'kept')

    def test_a_file_with_other_content_is_not_taken_over(self):
        self.given({'copy': file('content 1', mtime=THEN)}, {'left': file('content 2', mtime=THEN)})
        self.take_over(self.plan(), 'copy', 'left')

    @with_xattrs
    def test_a_file_with_other_attributes_is_not_taken_over(self):
        self.given({'copy': file('content', mtime=THEN)},
                   {'left': file('content', mtime=THEN, xattrs={'user.note': b'theirs'})})
        self.take_over(self.plan(), 'copy', 'left')
        self.assertEqual([], os.listxattr(self.in_replica('copy')))

    def test_attributes_are_those_of_the_source(self):
        plan = self.plan()
        for action in plan['actions']:
            if action['path'] == 'a':
                action['after']['mode'] = '4777'
        self.apply(plan, STALE)
        self.assertEqual(b'old', self.content('a'))

    def test_forged_plans_touch_nothing_outside_and_delete_nothing_that_the_source_has(self):
        """As root in a mount namespace in which all but replica, state and log is read-only: what
        tries to change something else fails, and says so."""
        plan, original = self.plan(), self.at('original')
        shutil.copytree(self.replica, original, symlinks=True)
        before = {path: compare.fingerprint(self.at(path)) for path in ('outside', 'source')}
        wrapper = self.enter_read_only_world()
        codes = set()
        for seed in range(SEED, SEED + FORGERIES):
            forged = Forger(seed).forge(plan)
            with self.subTest(seed=seed):
                self.restore(original)
                had = set(self.replica_paths())
                result = self.apply_forged(forged, wrapper)
                codes.add(result.code)
                self.assertNotIn('EROFS', result.out + result.err)
                self.assertNotIn('Read-only', result.out + result.err)
                for path, old in before.items():
                    self.assertEqual([], compare.changes(old, compare.fingerprint(self.at(path))))
                has = compare.paths(self.source)
                lost = had.intersection(has) - set(self.replica_paths())
                self.assertEqual(set(), lost, 'deleted, and the source has it')
                self.assert_nothing_is_foreign(original)
        self.assertLessEqual(codes, {DONE, FAILED, PARTIAL, STALE, REFUSED, BAD_PLAN})
        # Forgeries that the reader refuses all try nothing.
        self.assertIn(STALE, codes)

    def enter_read_only_world(self):
        """What to put before a command; nothing where there are no namespaces to be had."""
        if not trees.mounts_possible():
            return ()
        world = ReadOnlyWorld(self.replica, self.state, self.cwd)
        self.addCleanup(world.close)
        for path in (self.source, self.top, self.at('outside'), '/', '/tmp'):
            self.assertFalse(world.may_write(path), path)
        for path in (self.replica, self.state, self.cwd):
            self.assertTrue(world.may_write(path), path)
        return world.wrapper

    def restore(self, original):
        """The folder itself stays: something is mounted there."""
        for entry in list(os.scandir(self.replica)):
            remove = shutil.rmtree if entry.is_dir(follow_symlinks=False) else os.unlink
            remove(entry.path)
        shutil.copytree(original, self.replica, symlinks=True, dirs_exist_ok=True)

    def apply_forged(self, forged, wrapper):
        return self.execute('apply', '-', '-s', self.source, '-r', self.replica, '--durability',
                            'none', '-l', self.log, '--state', self.state, input=forged,
                            source_may_change=True, wrapper=wrapper)

    def assert_nothing_is_foreign(self, original):
        """Every file of the replica holds what the source or the old replica has at its path."""
        now = compare.listing(self.replica)
        known = [compare.listing(self.source), compare.listing(original)]
        for path, entry in now.items():
            seen = (entry.kind, entry.content, entry.target)
            wanted = [(tree[path].kind, tree[path].content, tree[path].target)
                      for tree in known if path in tree]
            self.assertIn(seen, wanted, path)


class Forger:
    """Edits a plan at random, the same way from the same seed."""

    PATHS = ('a', 'd', 'd/b', 'd/kept', 'd/extra', 'd/extra/z', 'gone', 'gone/x', 'gone/x/y', 'l',
             'l/secret', 'l/d/b', 't', 't/inside', 'same', 'mode', 'fifo', 'new', 'new/er',
             'put', 'put/n', 'put/in', 'was', 'was/n', 'was/in', 'was/in/m', 'here', 'there',
             's1', 's2')

    def __init__(self, seed):
        self.random = random.Random(seed)

    def forge(self, plan):
        plan = copy.deepcopy(plan)
        for _ in range(self.random.randint(1, 4)):
            self.random.choice((self.rename, self.retarget, self.duplicate, self.drop, self.retype,
                                self.set_mode, self.turn_around, self.link, self.move,
                                self.take_over))(plan['actions'])
        if self.random.random() < 0.9:
            self.put_in_order(plan)
        return sealed_plan.seal(plan)

    def one(self, actions):
        return self.random.choice(actions) if actions else {'path': '.'}

    def rename(self, actions):
        self.one(actions)['path'] = self.random.choice(self.PATHS)

    def retarget(self, actions):
        for entry in filter(None, (self.one(actions).get(side) for side in ('before', 'after'))):
            if 'target' in entry:
                entry['target'] = self.random.choice(('/etc/passwd', '../outside', 'a'))
            elif 'size' in entry:
                entry['size'] = self.random.randint(0, 20)

    def duplicate(self, actions):
        if actions:
            actions.append({**copy.deepcopy(self.one(actions)),
                            'path': self.random.choice(self.PATHS)})

    def drop(self, actions):
        if len(actions) > 1:
            actions.remove(self.one(actions))

    def retype(self, actions):
        action = self.one(actions)
        side = self.random.choice(('before', 'after'))
        if action.get(side):
            action[side]['type'] = self.random.choice(('file', 'dir', 'symlink', 'fifo'))

    def set_mode(self, actions):
        action = self.one(actions)
        if action.get('after'):
            action['after']['mode'] = self.random.choice(('4755', '0777', '0000'))

    def turn_around(self, actions):
        """Makes a deletion of something else."""
        action = self.one(actions)
        if action.get('before') and action['before']['type'] != 'dir':
            action.update(phase='delete', op='delete', after=None, reason=['extra'])

    def link(self, actions):
        action = self.one(actions)
        if action.get('phase') == 'write' and action.get('after'):
            action.update(op='link', to=self.random.choice(self.PATHS), reason=['link'])

    def move(self, actions):
        action = self.one(actions)
        entry = action.get('after') or action.get('before')
        if entry:
            kept = {key: value for key, value in entry.items()
                    if key != 'mtime' or entry['type'] != 'dir'}
            action.update(phase='mkdir' if entry['type'] == 'dir' else 'write', op='move',
                          before=kept, after=kept, reason=['missing'],
                          path=self.random.choice(self.PATHS))
            action['from'] = self.random.choice(self.PATHS)

    def take_over(self, actions):
        """Says that a file is to be had where another action takes one away."""
        files = [action for action in actions if action['op'] in ('create', 'update') and
                 action['phase'] == 'write' and 'size' in (action['after'] or {})]
        gone = [action['path'] for action in actions if action['op'] in ('delete', 'update') and
                (action['before'] or {}).get('type') == 'file']
        if files and gone:
            self.one(files)['from'] = self.random.choice(gone)

    @staticmethod
    def put_in_order(plan):
        """So that more of it gets past the reader."""
        seen, kept = set(), []
        for action in plan['actions']:
            key = (action['phase'] == 'finish', action['path'])
            if key not in seen:
                kept.append(action)
            seen.add(key)
        order = plan['phases'].index
        forward = ('mkdir', 'write', 'delete')
        by_path = sorted(kept, key=lambda action: () if action['path'] == '.' else
                         tuple(part.encode() for part in action['path'].split('/')))
        plan['actions'] = [action for phase in sorted({a['phase'] for a in kept}, key=order)
                           for action in (by_path if phase in forward else reversed(by_path))
                           if action['phase'] == phase]


if __name__ == '__main__':
    unittest.main()
