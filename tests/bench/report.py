"""What was measured, as tables for people and as JSON for programs."""
import json
import statistics

from contenders import OURS

FORMAT = 'sync.bench/2'


def summary(name, runs, left_different):
    """One row: medians of the runs, each (wall seconds, CPU seconds, peak KiB)."""
    walls, cpus, peaks = zip(*runs)
    return {'contender': name, 'wall': statistics.median(walls), 'fastest': min(walls),
            'cpu': statistics.median(cpus), 'peak_mib': statistics.median(peaks) / 1024,
            'wall_runs': list(walls), 'left_different': left_different}


def add_ratios(rows):
    """The first row that is ours is what the others are compared with."""
    own = next((row['wall'] for row in rows if row['contender'].startswith(OURS)), None)
    for row in rows:
        row['ratio'] = row['wall'] / own if own else None


def table(title, rows):
    lines = [f'### {title}', '',
             '| | wall s | fastest | ratio to ours | CPU s | peak MiB |',
             '|---|---:|---:|---:|---:|---:|']
    for row in rows:
        ratio = '–' if row['ratio'] is None else f'{row["ratio"]:.2f}'
        lines.append(f'| {row["contender"]} | {row["wall"]:.2f} | {row["fastest"]:.2f} | {ratio} '
                     f'| {row["cpu"]:.2f} | {row["peak_mib"]:.0f} |')
    for row in rows:
        if row['left_different']:
            lines.append(f'\n{row["contender"]} left {row["left_different"]} differences.')
    return '\n'.join(lines) + '\n'


class Unreadable(Exception):
    """A file of measurements is none, or not of this version."""


def read_json(path):
    """What write_json wrote: (machine, results)."""
    with open(path, encoding='utf-8') as file:
        try:
            document = json.load(file)
        except ValueError as error:
            raise Unreadable(f'{path}: {error}') from error
    if not isinstance(document, dict) or document.get('format') != FORMAT:
        raise Unreadable(f'{path} is not a file of format {FORMAT}')
    return document['machine'], document['results']


def write_json(path, machine, results):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump({'format': FORMAT, 'machine': machine, 'results': results}, file, indent=1)
        file.write('\n')
