"""Writes a sealed plan of N actions on standard output, in little memory, and measures commands.

large_plan.py plan N SOURCE REPLICA    a plan of N deletions of files that neither folder has, so
                                       that every one of them is `already`
large_plan.py tree N FOLDER            N empty files in FOLDER, a thousand in each directory
large_plan.py measure COMMAND...       runs it; seconds and peak memory on standard error
"""
import hashlib
import json
import os
import resource
import subprocess
import sys
import time

from tests.support import sealed_plan

HEADER = {
    'format': 'sync.plan', 'format_version': '1.0', 'kind': 'mirror',
    'tool': {'name': 'sync', 'version': '1.0.0'},
    'plan_id': '01935000-0000-7000-8000-000000000000', 'created': '2026-11-22T18:40:00.000000000Z',
    'options': {**dict.fromkeys(sealed_plan.OPTION_FLAGS, False), 'delete': True, 'rules': [],
                'left_out': [], 'max_delete': None, 'max_update': None, 'require': [],
                'replica_limits': {'granularity': 1, 'two_seconds': False, 'earliest': None,
                                   'latest': None, 'owners': True, 'modes': True, 'xattrs': True}},
    'phases': ['clear', 'mkdir', 'write', 'delete', 'rmdir', 'finish'],
    'guards': [], 'complete': True, 'problems': [], 'skipped': []}


def deletions(count, tail):
    """Deletions of `count` files whose names end in `tail`, in the order of a plan."""
    for number in range(count):
        yield {'seq': number + 1, 'phase': 'delete', 'op': 'delete',
               'path': f'missing/{number // 1000:07}/file-{number:010}{tail}',
               'reason': ['extra'],
               'before': {'type': 'file', 'size': number % 5000, 'mode': '0644',
                          'mtime': '2024-10-27T03:33:20.123456789Z'}, 'after': None}


def write_plan(out, count, source, replica, tail='.dat'):
    """Writes the document, one action a line, to a text stream."""
    summary = dict.fromkeys(sealed_plan.COUNTS, 0)
    summary['delete'] = count
    summary['bytes_to_delete'] = sum(action['before']['size'] for action in deletions(count, tail))
    plan = {**HEADER, 'source': {'path': source, 'identity': ''},
            'replica': {'path': replica, 'identity': ''}, 'summary': summary}
    out.write(json.dumps(plan)[:-1] + ', "actions": [')
    records = hashlib.sha256()
    for action in deletions(count, tail):
        out.write((',\n' if action['seq'] > 1 else '\n') + json.dumps(action))
        records.update(sealed_plan.action_bytes(action))
    value = sealed_plan.digest_of(plan, count, records.digest())
    out.write('], "digest": {"alg": "sha256", "value": "%s"}}\n' % value)


def make_tree(count, folder):
    for number in range(count):
        if number % 1000 == 0:
            directory = f'{folder}/{number // 1000:07}'
            os.makedirs(directory)
        os.close(os.open(f'{directory}/file-{number:010}.dat', os.O_CREAT | os.O_WRONLY, 0o644))


def measured(command, **options):
    """Runs it: exit code, seconds, peak memory in MiB."""
    begun = time.monotonic()
    code = subprocess.run(command, check=False, **options).returncode
    # Of the largest child so far: each measurement needs a process of its own.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return code, time.monotonic() - begun, peak


def main(arguments):
    what = arguments.pop(0)
    if what == 'plan':
        write_plan(sys.stdout, int(arguments[0]), *arguments[1:])
    elif what == 'tree':
        make_tree(int(arguments[0]), arguments[1])
    else:
        print('exit %d, %.1f s, %.1f MiB' % measured(arguments), file=sys.stderr)


if __name__ == '__main__':
    main(sys.argv[1:])
