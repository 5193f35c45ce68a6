"""How many instructions a run takes in which nothing changed, and what it may take.

    python3 -m tests.bench.quiet_budget           counts, and compares with the budget
    python3 -m tests.bench.quiet_budget --renew   counts, and makes it the budget

Counted by callgrind, on one thread, so that neither the load of the machine nor its disk matters:
two counts differ by less than a thousandth. What is counted is the difference between two trees,
so that starting the program and loading its libraries cancel out.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUDGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'quiet_budget.json')
RENEW = 'python3 -m tests.bench.quiet_budget --renew'
ALLOWED_PERCENT = 5
DIRECTORIES = 100
FEW_FILES, MANY_FILES = 2, 20  # in each directory
MTIME_NS = 1_600_000_000 * 10**9
# The compiler and its options as the debugging information of the program tells them.
PRODUCER = re.compile(rb'GNU C\+\+\d+ (\d+)\.[^\0]*? (-O\d)[ \0]')


class NotCounted(Exception):
    """Nothing can be counted here, and why."""


def build_of(binary):
    """The compiler's major version and its optimisation, such as `g++ 12 -O1`; '' if unknown."""
    with open(binary, 'rb') as file:
        found = PRODUCER.search(file.read())
    return f'g++ {found[1].decode()} {found[2].decode()}' if found else ''


def make_tree(top, files):
    os.mkdir(top)
    for directory in range(DIRECTORIES):
        path = f'{top}/directory-{directory:03}'
        os.mkdir(path)
        for number in range(files):
            name = f'{path}/file-{number:02}.txt'
            with open(name, 'wb') as file:
                file.write(b'x' * number)
            os.utime(name, ns=(MTIME_NS, MTIME_NS))


def instructions(binary, files):
    """Of one run on two equal trees with so many files in each directory."""
    with tempfile.TemporaryDirectory(prefix='foldersync-budget-') as top:
        make_tree(f'{top}/source', files)
        command = [binary, 'run', '-s', f'{top}/source', '-r', f'{top}/replica', '--state',
                   f'{top}/state', '-l', f'{top}/log', '-q', '--threads', '1']
        # Variables of the environment are options too: none comes from outside.
        world = {'HOME': top, 'PATH': os.environ.get('PATH', '/usr/bin:/bin'), 'LC_ALL': 'C'}
        subprocess.run(command, check=True, env=world)
        report = f'{top}/callgrind'
        done = subprocess.run(
            ['valgrind', '--tool=callgrind', f'--callgrind-out-file={report}', *command],
            check=False, env=world, capture_output=True, text=True, errors='replace')
        if done.returncode != 0:
            raise NotCounted(f'valgrind cannot run the program: {done.stderr[-500:]}')
        with open(report, encoding='utf-8', errors='replace') as file:
            return int(re.search(r'^(?:summary|totals): (\d+)$', file.read(), re.M)[1])


def counted(binary):
    """Instructions for each file (one pair of entries), and for the directories and the start."""
    if shutil.which('valgrind') is None:
        raise NotCounted('valgrind is not installed')
    few, many = instructions(binary, FEW_FILES), instructions(binary, MANY_FILES)
    return {'build': build_of(binary),
            'instructions_per_file': round((many - few) / (DIRECTORIES * (MANY_FILES - FEW_FILES)))}


def read_budget():
    with open(BUDGET, encoding='ascii') as file:
        return json.load(file)


def judged(found, budget):
    """What is wrong with a count, in words; '' if nothing."""
    percent = 100 * (found['instructions_per_file'] / budget['instructions_per_file'] - 1)
    if abs(percent) <= ALLOWED_PERCENT:
        return ''
    figures = (f'{found["instructions_per_file"]} instructions for each file that did not change, '
               f'{budget["instructions_per_file"]} are the budget ({percent:+.1f} %, '
               f'{ALLOWED_PERCENT} % allowed).')
    if percent > 0:
        return (f'{figures} The quiet case became slower: find the cause (callgrind_annotate), or, '
                f'if it is worth its price, renew the budget: {RENEW}')
    return f'{figures} The quiet case became faster: keep it so, by renewing the budget: {RENEW}'


def main(arguments):
    binary = os.path.abspath(os.environ.get('SYNC_BINARY', 'build/dev/bin/sync'))
    found = counted(binary)
    print(json.dumps(found))
    if arguments == ['--renew']:
        with open(BUDGET, 'w', encoding='ascii') as file:
            json.dump(found, file, indent=1)
            file.write('\n')
        return 0
    wrong = judged(found, read_budget())
    print(wrong or 'within the budget')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
