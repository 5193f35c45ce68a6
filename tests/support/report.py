"""Reads reports, and holds what they say against the plan and the disk."""
import base64
import collections
import json

from tests.support import json_schema

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = json_schema.load('report-v1.schema.json')
WRITERS_SCHEMA = json_schema.closed(SCHEMA)


def parse(text):
    """The lines of a report as dicts, and what follows the last line's end."""
    *lines, rest = text.split('\n')
    return [json.loads(line, parse_constant=_refuse) for line in lines], rest


def _refuse(word):
    raise ValueError(f'{word} is no JSON')


def groups(lines):
    """Lists of lines, each beginning with a `start`."""
    found = []
    for line in lines:
        if line['event'] == 'start':
            found.append([])
        found[-1].append(line)
    return found


def invalid(lines):
    """What breaks the schema of what is written, as readable lines. Requires: jsonschema."""
    return [f'{json.dumps(line)}: {wrong}' for line, found in
            zip(lines, json_schema.by_jsonschema(WRITERS_SCHEMA, lines)) for wrong in found]


def contradictions(group, plan=None, is_prefix=False):
    """What is wrong with a group in itself, and beside the plan's document.

    `is_prefix`: the program was killed.
    """
    wrong = []
    start, actions = group[0], [line for line in group if line['event'] == 'action']
    order = [('start', 'problem', 'action', 'summary').index(line['event']) for line in group]
    if order != sorted(order) or order.count(0) != 1 or order.count(3) > 1:
        wrong.append(f'the order of lines is {order}')
    seqs = sorted(line['seq'] for line in actions)
    if len(set(seqs)) != len(seqs):
        wrong.append(f'an action has two outcomes: {seqs}')
    times = [line['microseconds'] for line in actions]
    if times != sorted(times):
        wrong.append('time goes back')
    if plan is not None:
        planned = {action['seq']: action for action in plan['actions']}
        if start['plan_id'] != plan['plan_id'] or start['actions'] != len(planned):
            wrong.append(f'it is about another plan: {start}')
        for line in actions:
            action = planned.get(line['seq'], {})
            for field in ('phase', 'op', 'path', 'path_b64', 'from', 'to', 'to_b64'):
                if line.get(field) != action.get(field):
                    wrong.append(f'{line} is not {action}')
    if is_prefix:
        return wrong
    if seqs != list(range(1, start['actions'] + 1)):
        wrong.append(f'not every action has an outcome: {seqs} of {start["actions"]}')
    summary = group[-1]
    if summary['event'] != 'summary':
        return wrong + ['there is no summary']
    counted = collections.Counter(line['outcome'] for line in actions)
    if {name: count for name, count in summary['outcomes'].items() if count} != counted:
        wrong.append(f'{summary["outcomes"]} is not {counted}')
    if summary['bytes'] != sum(line['bytes'] for line in actions):
        wrong.append('the bytes do not add up')
    problems = sum(line['event'] == 'problem' for line in group)
    if problems != summary['problems'] or summary['complete'] != (problems == 0):
        wrong.append(f'{problems} problems, and a summary of {summary}')
    return wrong


def path_of(line):
    """The path of an action as bytes."""
    if 'path_b64' in line:
        return base64.b64decode(line['path_b64'])
    return line['path'].encode()


def lies(group, before, source, now):
    """Where the disk does not show what the group says; the trees as compare.listing() has them.

    Directories are held to their kind only, since what happens in them changes their times, and
    what the metadata of a `finish` became is not looked at.
    """
    wrong = []
    for line in group:
        if line['event'] != 'action' or line['phase'] == 'finish':
            continue
        path, is_done = path_of(line), line['outcome'] in ('ok', 'already')
        expected = (source if is_done else before).get(path)
        if _look(now.get(path)) != _look(expected):
            wrong.append(f'{line}: {now.get(path)} is not {expected}')
    return wrong


def _look(entry):
    if entry is None:
        return None
    return entry.kind if entry.kind == 'dir' else entry.fields()
