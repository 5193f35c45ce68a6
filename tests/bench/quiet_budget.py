"""How many instructions a run takes in which nothing changed, and what it may take.

    python3 -m tests.bench.quiet_budget           counts, and compares with the budget
    python3 -m tests.bench.quiet_budget --renew   counts, and makes it the budget

Counted by callgrind, on one thread, so that neither the load of the machine nor its disk matters:
counts of one build hardly differ. What is counted is the difference between two trees, so that
starting the program and loading its libraries cancel out. No directory but the root, which cancels
out too, holds more than one entry: file systems list directories in orders of their own, and what
sorting costs depends on that.
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
CHAINS = 400
SHORT, LONG = 1, 3  # directories in each chain
FIGURES = {'instructions_per_file': 'file', 'instructions_per_directory': 'directory'}
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


def make_tree(top, length, files):
    """Chains of directories, each of which holds the next, and the last of which the files."""
    for number in range(CHAINS):
        folder = '/'.join([f'{top}/chain-{number:03}', *['below'] * (length - 1)])
        os.makedirs(folder)
        for file in range(files):
            name = f'{folder}/file-{file}.txt'
            with open(name, 'wb') as opened:
                opened.write(b'x' * number)
            os.utime(name, ns=(MTIME_NS, MTIME_NS))


def instructions(binary, length, files):
    """Of one run on two equal trees of chains of that length, with so many files in each."""
    with tempfile.TemporaryDirectory(prefix='foldersync-budget-') as top:
        make_tree(f'{top}/source', length, files)
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
    """The build, and the instructions for each pair of files and for each pair of directories."""
    if shutil.which('valgrind') is None:
        raise NotCounted('valgrind is not installed')
    empty = instructions(binary, SHORT, 0)
    files = instructions(binary, SHORT, 1) - empty
    directories = instructions(binary, LONG, 0) - empty
    return {'build': build_of(binary), 'instructions_per_file': round(files / CHAINS),
            'instructions_per_directory': round(directories / (CHAINS * (LONG - SHORT)))}


def read_budget():
    with open(BUDGET, encoding='ascii') as file:
        return json.load(file)


def judged(found, budget):
    """What is wrong with a count, in words; '' if nothing."""
    wrong = []
    for figure, what in FIGURES.items():
        percent = 100 * (found[figure] / budget[figure] - 1)
        if abs(percent) <= ALLOWED_PERCENT:
            continue
        advice = ('This became slower: find the cause (callgrind_annotate), or, if it is worth its '
                  'price, renew the budget') if percent > 0 else \
            'This became faster: keep it so, by renewing the budget'
        wrong.append(f'{found[figure]} instructions for each {what} that did not change, '
                     f'{budget[figure]} are the budget ({percent:+.1f} %, {ALLOWED_PERCENT} % '
                     f'allowed). {advice}: {RENEW}')
    return '\n'.join(wrong)


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
