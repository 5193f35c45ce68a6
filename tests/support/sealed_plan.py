"""Edited plan documents that look untouched: summary and digest put right again.

The digest is computed from its description in docs/plan-format.md, not from the program's code.
"""
import base64
import datetime
import hashlib
import json
import struct

OPTION_FLAGS = ('checksum', 'pin', 'xattrs', 'delete', 'delete_excluded', 'one_file_system',
                'cross_mounts', 'owners')
COUNTS = ('create', 'update', 'replace', 'move', 'link', 'delete', 'metadata', 'finish',
          'bytes_to_write', 'bytes_to_delete', 'unchanged', 'problems')
EPOCH = datetime.datetime(1970, 1, 1)

# The fields of version 1.0; NAME_b64 belongs to NAME.
FIRST = {
    '': {'format', 'format_version', 'kind', 'tool', 'plan_id', 'created', 'source', 'replica',
         'options', 'phases', 'summary', 'guards', 'complete', 'problems', 'skipped', 'actions',
         'digest'},
    'tool': {'name', 'version'}, 'source': {'path', 'identity'}, 'replica': {'path', 'identity'},
    'options': {*OPTION_FLAGS, 'rules', 'left_out', 'max_delete', 'max_update', 'require',
                'replica_limits'},
    'options.replica_limits': {'granularity', 'two_seconds', 'earliest', 'latest', 'owners',
                               'modes', 'xattrs'},
    'summary': {*COUNTS}, 'guards': {'rule', 'limit', 'value', 'verdict'},
    'guards.value': {'count', 'of'}, 'problems': {'path', 'side', 'errno', 'doing'},
    'skipped': {'path', 'reason'},
    'action': {'seq', 'phase', 'op', 'path', 'from', 'to', 'reason', 'before', 'after'},
    'entry': {'type', 'size', 'mtime', 'mode', 'uid', 'gid', 'target', 'device', 'md5', 'links'},
}


def seal(plan):
    """Numbers the actions, counts them and computes the digest; returns the document's text."""
    for seq, action in enumerate(plan['actions'], 1):
        action['seq'] = seq
    plan['summary'].update(counts_of(plan['actions']))
    for guard in plan['guards']:
        recount(guard, plan['actions'])
    return signed(plan)


def signed(plan):
    """The text of a document with its right digest, whatever else it says."""
    plan['digest'] = {'alg': 'sha256', 'value': digest(plan)}
    return json.dumps(plan)


def counts_of(actions):
    counts = dict.fromkeys(COUNTS[:10], 0)
    for action in actions:
        counts['finish' if action['phase'] == 'finish' else action['op']] += 1
        size = int((action['after'] or {}).get('size', 0))
        if action['op'] in ('create', 'update', 'replace') and 'from' not in action:
            counts['bytes_to_write'] += size
        if action['op'] == 'delete' and action['before']:
            counts['bytes_to_delete'] += int(action['before'].get('size', 0))
    return {name: number(count % 2**64) for name, count in counts.items()}


def number(value):
    """As the document has it."""
    return value if value <= 2**53 else str(value)


def overwrites(action):
    """Whether a file of the replica gets other content or gives its name to another type."""
    before, after, op = action['before'], action['after'], action['op']
    if not before or before['type'] != 'file' or op not in ('update', 'replace', 'link'):
        return False
    if op == 'link':
        return after['type'] != 'file' or any(before.get(name) != after.get(name)
                                              for name in ('size', 'mtime'))
    return op == 'replace' or not set(action['reason']) <= {'owner', 'mode'}


def recount(guard, actions):
    """A rule that counts actions says what these do. Others are left as they are."""
    counted = {'max-delete': lambda action: action['op'] == 'delete', 'max-update': overwrites}
    if guard['rule'] not in counted:
        return
    value, limit = guard['value'], guard['limit']
    value['count'] = sum(map(counted[guard['rule']], actions))
    above = (value['count'] * 100 > int(limit[:-1]) * value['of'] if limit.endswith('%')
             else value['count'] > int(limit))
    guard['verdict'] = 'refused' if above else 'ok'


def digest(plan):
    records = hashlib.sha256(b''.join(map(action_bytes, plan['actions']))).digest()
    return digest_of(plan, len(plan['actions']), records)


def digest_of(plan, count, records):
    """The digest of a header and of `count` actions, whose bytes have the SHA-256 `records`."""
    options, limits = plan['options'], plan['options']['replica_limits']
    parts = [
        *map(_text, (plan['format'], plan['format_version'], plan['kind'], plan['tool']['name'],
                     plan['tool']['version'], plan['plan_id'])), _time(plan['created']),
        *(_bytes(plan[side], field) for side in ('source', 'replica')
          for field in ('path', 'identity')),
        *(_flag(options[name]) for name in OPTION_FLAGS),
        _elements(options['rules'], lambda rule: _element(rule, 'rule')),
        _elements(options['left_out'], lambda path: _element(path, 'path')),
        _maybe(options['max_delete'], _text), _maybe(options['max_update'], _text),
        _elements(options['require'], lambda path: _element(path, 'path')),
        _number(limits['granularity']), _flag(limits['two_seconds']),
        _maybe(limits['earliest'], _time), _maybe(limits['latest'], _time),
        *(_flag(limits[name]) for name in ('owners', 'modes', 'xattrs')),
        _elements(plan['phases'], _text), *(_number(plan['summary'][name]) for name in COUNTS),
        _elements(plan['guards'], _guard), _flag(plan['complete']),
        _elements(plan['problems'], lambda problem: _bytes(problem, 'path') + b''.join(
            _text(problem[field]) for field in ('side', 'errno', 'doing'))),
        _elements(plan['skipped'], lambda one: _bytes(one, 'path') + _text(one['reason'])),
        _number(count), records, _later(later_of_header(plan))]
    return hashlib.sha256(b''.join(parts)).hexdigest()


def _number(value):
    return struct.pack('>Q', int(value))


def _flag(value):
    return b'\1' if value else b'\0'


def _raw(data):
    return _number(len(data)) + data


def _text(value):
    return _raw(value.encode('utf-8', 'surrogatepass'))


def _bytes(record, field):
    if f'{field}_b64' in record:
        return _raw(base64.b64decode(record[f'{field}_b64']))
    return _text(record[field])


def _element(value, field):
    return _bytes(value, field) if isinstance(value, dict) else _text(value)


def _time(value):
    if value.startswith('@'):
        seconds, nanoseconds = value[1:].split('.')
    else:
        whole, nanoseconds = value.rstrip('Z').split('.')
        then = datetime.datetime.fromisoformat(whole)
        seconds = (then - EPOCH) // datetime.timedelta(seconds=1)
    return struct.pack('>q', int(seconds)) + _number(nanoseconds)


def _elements(values, part):
    return _number(len(values)) + b''.join(map(part, values))


def _maybe(value, part):
    return b'\0' if value is None else b'\1' + part(value)


def _guard(guard):
    return (_text(guard['rule']) + _text(guard['limit']) + _number(guard['value']['count']) +
            _number(guard['value']['of']) + _flag(guard['verdict'] == 'refused'))


def _entry(entry):
    target = b'\0' if 'target' not in entry else b'\1' + _bytes(entry, 'target')
    return b''.join((
        _text(entry['type']), _maybe(entry.get('size'), _number),
        _maybe(entry.get('mtime'), _time),
        _maybe(entry.get('mode'), lambda mode: _number(int(mode, 8))),
        _maybe(entry.get('uid'), _number), _maybe(entry.get('gid'), _number), target,
        _maybe(entry.get('device'), _text),
        _maybe(entry.get('md5'), lambda md5: _raw(bytes.fromhex(md5))),
        _maybe(entry.get('links'), _number)))


def action_bytes(action):
    """What is hashed of an action."""
    other = [b'\0' if field not in action else b'\1' + _bytes(action, field)
             for field in ('from', 'to')]
    return b''.join((
        _number(action['seq']), _text(action['phase']), _text(action['op']),
        _bytes(action, 'path'), *other, _elements(action['reason'], _text),
        _maybe(action['before'], _entry), _maybe(action['after'], _entry),
        _later(later_of_action(action))))


def _unknown(record, where, path):
    """Path and value of each field that version 1.0 lacks and that does not say its default."""
    first = FIRST[where] | {f'{name}_b64' for name in FIRST[where]}
    return {f'{path}{name}': value for name, value in record.items()
            if name not in first and not is_default(value)}


def later_of_action(action):
    fields = _unknown(action, 'action', '')
    for side in ('before', 'after'):
        fields |= _unknown(action[side] or {}, 'entry', f'{side}.')
    return fields


def later_of_header(plan):
    fields = _unknown(plan, '', '')
    for where in ('tool', 'source', 'replica', 'options', 'summary'):
        fields |= _unknown(plan[where], where, f'{where}.')
    fields |= _unknown(plan['options']['replica_limits'], 'options.replica_limits',
                       'options.replica_limits.')
    for where in ('guards', 'problems', 'skipped'):
        for place, record in enumerate(plan[where]):
            fields |= _unknown(record, where, f'{where}.{place}.')
    for place, guard in enumerate(plan['guards']):
        fields |= _unknown(guard['value'], 'guards.value', f'guards.{place}.value.')
    return fields


def is_default(value):
    if isinstance(value, dict):
        return all(map(is_default, value.values()))
    return not value


def later_value(value):
    """The form by JSON type of what version 1.0 does not know."""
    if value is None:
        return b'z'
    if isinstance(value, bool):
        return b't' if value else b'f'
    if isinstance(value, int):
        return b'n' + _number(value)
    if isinstance(value, str):
        return b's' + _text(value)
    if isinstance(value, list):
        return b'l' + _elements(value, later_value)
    members = sorted((name.encode(), member) for name, member in value.items()
                     if not is_default(member))
    return b'o' + _elements(members, lambda item: _raw(item[0]) + later_value(item[1]))


def _later(fields):
    if not fields:
        return b''
    ordered = sorted((path.encode(), value) for path, value in fields.items())
    return b'\2' + _elements(ordered, lambda item: _raw(item[0]) + later_value(item[1]))
