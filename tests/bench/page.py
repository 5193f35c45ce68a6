"""What was measured, written into a page between two marks, and drawn by gnuplot."""
import os
import shutil
import subprocess

import aims
import report

BEGIN = '<!-- measured: begin; scripts/bench --page writes what follows -->'
END = '<!-- measured: end -->'
RATIO_JOBS = ('nothing', 'percent', 'touched', 'first', 'durable', 'delete', 'large')


def replace_between(text, new):
    """The text with `new` between the marks, each of which must stand there once, in order."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise report.Unreadable('the page has not one beginning and one end of what is measured')
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f'{before}{BEGIN}\n\n{new.strip()}\n\n{END}{after}'


def about(machine):
    """A paragraph: on which machine, with which programs."""
    versions = '; '.join(machine['versions'].values())
    return (f'Measured on {machine["date"]}: {versions}. {machine["processor"]}, '
            f'{machine["processors"]} processors, Linux {machine["kernel"]}, '
            f'{machine["file_system"]}; load {machine["load_before"]} before and '
            f'{machine["load_after"]} after.\n')


def growth_table(results):
    lines = []
    shapes = (('', False), (' in one directory', True))
    for shape, job, points in ((shape, job, points) for shape, wide in shapes
                               for job, points in aims.growth(results, wide).items()):
        for files, contender, microseconds, peak_mib in points:
            lines.append(f'| {job} | {files}{shape} | {contender} | {microseconds:.2f} | {peak_mib:.0f} |')
    if not lines:
        return ''
    return '\n'.join(['### Growth', '', '| | files | | us a file | peak MiB |',
                      '|---|---:|---|---:|---:|', *lines]) + '\n'


def kernel_table(results):
    lines = [f'| {row["kernel"]} | {row["per_second"]} |'
             for result in results if result['set'] == 'kernels' for row in result['rows']]
    if not lines:
        return ''
    return '\n'.join(['### Kernels, one thread', '', '| | per second |', '|---|---:|', *lines]) + '\n'


def tables(machines, results, pictures):
    """All that goes between the marks; `machines`: as each run found its own; `pictures` are links
    relative to the page."""
    parts = [*map(about, machines), aims.table(results)]
    parts += [f'![{title}]({link})\n' for title, link in pictures]
    data = None
    for result in results:
        if result['set'] in ('growth', 'kernels'):
            continue
        if result['data'] != data:
            data = result['data']
            parts.append(f'**{data}** ({result["files"]} files, {result["directories"]} '
                         f'directories, {result["bytes"] / 2**20:.0f} MiB)\n')
        parts.append(report.table(result['title'], result['rows']))
    parts += [growth_table(results), kernel_table(results)]
    return '\n'.join(part for part in parts if part)


def rewrite(path, machines, results, pictures):
    """Replaces what is measured in the page `path`; `pictures`: [(title, path of the picture)]."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    folder = os.path.dirname(os.path.abspath(path))
    links = [(title, os.path.relpath(picture, folder)) for title, picture in pictures]
    text = replace_between(text, tables(machines, results, links))
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(path + '.new', path)


def quoted(text):
    """As a string of gnuplot: in double quotes a backslash and a quote have to be escaped."""
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def growth_script(job, points, picture):
    contenders = list(dict.fromkeys(contender for _, contender, _, _ in points))
    lines = ['set terminal svg size 720,400', f'set output {quoted(picture)}',
             f'set title {quoted(job + ": microseconds a file")} noenhanced',
             'set logscale x', 'set xlabel "files"', 'set yrange [0:*]', 'set key top left']
    for number, contender in enumerate(contenders):
        lines += [f'$data{number} << END',
                  *(f'{files} {microseconds}' for files, who, microseconds, _ in points
                    if who == contender), 'END']
    lines.append('plot ' + ', '.join(
        f'$data{number} with linespoints title {quoted(contender)} noenhanced'
        for number, contender in enumerate(contenders)))
    return '\n'.join(lines) + '\n'


def ratio_script(title, rows, picture):
    """Bars: how many times our seconds each of the others takes."""
    lines = ['set terminal svg size 720,400', f'set output {quoted(picture)}',
             f'set title {quoted(title + ": times our seconds")} noenhanced', 'set style fill solid',
             'set boxwidth 0.7', 'set yrange [0:*]', 'unset key', 'set xtics rotate by -20 noenhanced',
             'set rmargin 12', '$data << END',
             *(f'{row["ratio"]:.4f} {quoted(row["contender"])}' for row in rows), 'END',
             'plot $data using 0:1:xtic(2) with boxes']
    return '\n'.join(lines) + '\n'


def scripts(folder, results):
    """What gnuplot is told: (title, path of the picture, script)."""
    for job, points in aims.growth(results).items():
        picture = os.path.join(folder, f'{job.replace("_", "-")}.svg')
        yield f'{job}, time for each file', picture, growth_script(job, points, picture)
    for result in results:
        if result['job'] in RATIO_JOBS and all(row['ratio'] for row in result['rows']):
            picture = os.path.join(folder, f'{result["set"]}-{result["job"]}.svg')
            title = f'{result["set"]}, {result["title"]}'
            yield title, picture, ratio_script(title, result['rows'], picture)


def draw(folder, results):
    """Draws what there is into the folder: [(title, path of the picture)]; none without gnuplot."""
    if shutil.which('gnuplot') is None:
        return []
    os.makedirs(folder, exist_ok=True)
    pictures = []
    for title, picture, script in scripts(folder, results):
        subprocess.run(['gnuplot', '-'], input=script, text=True, check=True)
        pictures.append((title, picture))
    return pictures
