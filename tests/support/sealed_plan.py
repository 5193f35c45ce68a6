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


def seal(plan):
    """Counts the actions, numbers them and computes the digest; returns the document's text."""
    counts = dict.fromkeys(COUNTS[:8], 0)
    for seq, action in enumerate(plan['actions'], 1):
        action['seq'] = seq
        counts['finish' if action['phase'] == 'finish' else action['op']] += 1
    plan['summary'].update(counts)
    plan['digest'] = {'alg': 'sha256', 'value': digest(plan)}
    return json.dumps(plan)


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
        _number(count), records]
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
        _maybe(action['before'], _entry), _maybe(action['after'], _entry)))
