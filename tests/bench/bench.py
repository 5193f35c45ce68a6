#!/usr/bin/env python3
"""Measures sync beside rsync, rclone, a Python script and the limit programs.

The contenders of a job take turns (A B C A B C), after a warm-up round that does not count.
Deleting, changing the source, making both trees equal again and writing back are not timed.
See docs/performance.md.
"""
import argparse
import contextlib
import itertools
import os
import platform
import shutil
import subprocess
import sys
import time

import contenders
import data_sets
import disk
import jobs
import kernel_rows
import page
import report

MARKER = '.sync-bench'
# Hashes are kept only of content that was read a minute after the file's stamps.
HASH_REST_SECONDS = 62


class Failed(Exception):
    """A contender or a preparation ended otherwise than well."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def run_quietly(command):
    """Runs something that is not timed, and returns its stdout."""
    done = subprocess.run(command, check=False, capture_output=True, text=True,
                          errors='replace')
    if done.returncode != 0:
        raise Failed(f'{" ".join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}')
    return done.stdout


def wait_until(moment):
    time.sleep(max(0.0, moment - time.monotonic()))


class Bench:
    """The working copies of one data set, and what is done with them."""

    def __init__(self, place, original, programs, rests=True):
        self.work = os.path.join(place, 'work')
        self.rest_seconds = disk.rest_seconds(place) if rests else 0
        self.hash_rest_seconds = HASH_REST_SECONDS if rests else 0
        self.original = original
        self.programs = programs
        self.places = {'source': self.path('source'), 'replica': self.path('replica')}
        self.last_deletion = self.last_change = -1000.0
        self.changes = 0

    def path(self, name):
        return os.path.join(self.work, name)

    def prepare(self):
        self.delete(self.work)
        os.makedirs(self.work)
        for copy in self.places.values():
            run_quietly(['cp', '-a', self.original, copy])
        os.mkdir(self.path('empty'))
        self.write_back()
        self.last_change = time.monotonic()

    def write_back(self):
        run_quietly(['sync', '-f', self.work])

    def delete(self, path):
        if os.path.lexists(path):
            run_quietly(['rm', '-rf', path])
            self.last_deletion = time.monotonic()

    def settle(self):
        """Makes replica and source equal, whatever the last contender left."""
        settler = contenders.ours()
        run_quietly(settler.command(self.programs, state=self.path('settling'), **self.places))

    def differences(self, source, replica):
        """How many differences the walk sees; names, types, modes, and sizes and times of files."""
        said = run_quietly([*self.programs['limit_walk'], source, replica])
        return int(said.split()[-1])

    def places_for(self, job, contender):
        """The folders that a contender is told, as the job wants them to be at its start."""
        places = dict(self.places, state=self.path(f'state-{self.known_as(contender)}'))
        if job.begins != 'equal':
            places['replica'] = self.path('new')
            self.delete(places['replica'])
        if job.begins == 'empty':
            os.mkdir(places['replica'])
        if job.begins == 'doomed':
            places['source'] = self.path('empty')
            run_quietly(['cp', '-a', self.original, places['replica']])
        if job.from_nothing or contender.forgets:
            shutil.rmtree(places['state'], ignore_errors=True)
        if job.change:
            self.settle()
            self.changes += 1
            job.change(places['source'], self.changes)
            self.last_change = time.monotonic()
        return places

    def run_once(self, job, contender, check):
        """One timed run: (wall seconds, CPU seconds, peak KiB) and the differences it left."""
        places = self.places_for(job, contender)
        if contender.prepare:
            run_quietly(contenders.command_of(contender.prepare, self.programs, **places))
        self.write_back()
        if job.hashes_kept:
            wait_until(self.last_change + self.hash_rest_seconds)
        wait_until(self.last_deletion + self.rest_seconds)
        if job.cold:
            disk.drop_caches()
        costs = self.timed(contender.command(self.programs, **places))
        left = 0
        if check and contender.writes and not contender.limit:
            left = self.differences(places['source'], places['replica'])
        if job.begins != 'equal':
            self.delete(places['replica'])
        return costs, left

    @staticmethod
    def known_as(contender):
        return ''.join(letter for letter in contender.name if letter.isalnum())

    def timed(self, command):
        costs = self.path('costs')
        run_quietly([*self.programs['stopwatch'], costs, *command])
        with open(costs, encoding='ascii') as file:
            wall, cpu, peak_kib = file.read().split()
        return float(wall), float(cpu), int(peak_kib)

    def measure(self, job, rounds, quick):
        """The rows of a job's table."""
        able = [contender for contender in job.contenders
                if contender.arguments[0] in self.programs and not (quick and contender.slow)]
        runs = {contender: [] for contender in able}
        left = dict.fromkeys(able, 0)
        self.settle()
        # Making new trees is long, and has no caches to warm but the source's.
        warm_up = 0 if job.cold or quick and job.from_nothing else 1
        for number in range(warm_up + rounds):
            for contender in able:
                costs, differences = self.run_once(job, contender, check=number == 0)
                left[contender] += differences
                if number >= warm_up:
                    runs[contender].append(costs)
        rows = [report.summary(contender.name, runs[contender], left[contender])
                for contender in able]
        report.add_ratios(rows)
        return rows


def machine(place, programs):
    processor = platform.processor() or platform.machine()
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as file:
        for line in file:
            if line.startswith('model name'):
                processor = line.split(':', 1)[1].strip()
                break
    return {'processor': processor, 'processors': os.cpu_count(), 'kernel': platform.release(),
            'file_system': disk.kind(place)[0], 'load_before': round(os.getloadavg()[0], 1),
            'date': time.strftime('%Y-%m-%d', time.gmtime()),
            'versions': contenders.versions(programs)}


def open_data(path):
    """Makes the data folder, or accepts one that this program made: it deletes below it."""
    path = os.path.abspath(path)
    os.makedirs(path, exist_ok=True)
    if os.listdir(path) and not os.path.exists(os.path.join(path, MARKER)):
        raise Failed(f'{path} is neither empty nor a folder of earlier measurements')
    with open(os.path.join(path, MARKER), 'w', encoding='ascii'):
        return path


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--data', required=True, metavar='DIR',
                        help='where the trees are made; 6 GiB and more, data sets are kept')
    parser.add_argument('--own-disk', metavar='DIR',
                        help='copy and measure on a new ext4 in a file in DIR, three times as large '
                             'as the largest data set (needs root)')
    parser.add_argument('--sync', required=True, metavar='FILE', help='the program to measure')
    parser.add_argument('--limits', required=True, metavar='DIR',
                        help='where the limit programs and stopwatch are')
    parser.add_argument('--sets', default=None, metavar='LIST',
                        help=f'some of {",".join(jobs.SETS)} (default: those of the jobs; '
                             'with --quick: a)')
    parser.add_argument('--jobs', default=None, metavar='LIST',
                        help=f'some of {",".join(jobs.JOBS)},kernels, or all (default: what fits in about '
                             f'half an hour; with --quick: {",".join(jobs.QUICK_JOBS)})')
    parser.add_argument('--rounds', type=int, default=3, help='timed rounds (default: 3)')
    parser.add_argument('--small-files', type=int, default=200_000, metavar='N',
                        help='files in the data set small (default: 200000)')
    parser.add_argument('--large-scale', type=float, default=0.25, metavar='X',
                        help='size of the data set large, in 8 GiB (default: 0.25)')
    parser.add_argument('--growth-files', type=int, default=1_000_000, metavar='N',
                        help='files in the largest tree of growth (default: 1000000)')
    parser.add_argument('--quick', action='store_true',
                        help='fewer jobs and contenders')
    parser.add_argument('--without', default='', metavar='LIST',
                        help='programs that are not measured, such as rclone')
    parser.add_argument('--no-rest', action='store_true',
                        help='no rest after deletions or before hashes are kept: for trying the '
                             'benchmark itself')
    parser.add_argument('--json', metavar='FILE', help='write all runs there')
    parser.add_argument('--page', metavar='FILE',
                        help='replace the tables of this page by what came out')
    parser.add_argument('--plots', metavar='DIR', help='draw there what came out (needs gnuplot)')
    parser.add_argument('--from', dest='measured_before', metavar='FILE', nargs='+',
                        help='measure nothing: --page and --plots of earlier --json files')
    arguments = parser.parse_args()
    arguments.sets = arguments.sets.split(',') if arguments.sets else None
    arguments.jobs = arguments.jobs.split(',') if arguments.jobs else None
    if arguments.jobs == ['all']:
        arguments.jobs = [*jobs.JOBS, kernel_rows.JOB]
    arguments.kernels = kernel_rows.JOB in (arguments.jobs or ()) or not (
        arguments.jobs or arguments.sets or arguments.quick)
    for given, known in ((arguments.sets, jobs.SETS),
                         (arguments.jobs, (*jobs.JOBS, kernel_rows.JOB))):
        for name in given or ():
            if name not in known:
                parser.error(f'{name!r} is none of {", ".join(known)}')
    if arguments.rounds < 1:
        parser.error('--rounds: at least 1')
    return arguments


def measure_all(arguments, data, place, programs, chosen):
    """Measures and prints job after job; yields what goes into the JSON file."""
    for set_name, data_set, job_names in chosen:
        say(f'preparing {data_set.title}')
        original = data_sets.provide(data, data_set)
        extent = data_sets.extent(original)
        print(f'\n## {data_set.title} ({extent["files"]} files, {extent["directories"]} '
              f'directories, {extent["bytes"] / 2**20:.0f} MiB)\n', flush=True)
        bench = Bench(place, original, programs, rests=not arguments.no_rest)
        try:
            bench.prepare()
            for job_name in job_names:
                job = jobs.JOBS[job_name]
                say(f'measuring: {job.title}')
                rows = bench.measure(job, arguments.rounds, arguments.quick)
                print(report.table(job.title, rows), flush=True)
                yield {'data': data_set.title, 'set': set_name, **extent, 'job': job_name,
                       'title': job.title, 'rows': rows}
        finally:
            bench.delete(bench.work)
            if arguments.own_disk:
                disk.trim(place)


def measured_kernels(arguments, programs):
    """The one result of the inner loops, where they are wanted and were built."""
    if not arguments.kernels:
        return
    if 'kernels' not in programs:
        say('the inner loops are not measured: Google Benchmark was not there when they were built')
        return
    say('measuring: inner loops')
    said = run_quietly([*programs['kernels'], '--benchmark_format=json'])
    result = kernel_rows.result(said)
    print(page.kernel_table([result]), flush=True)
    yield result


def chosen_by(arguments):
    """[(name of a set, data set, names of jobs)], without what cannot be measured here."""
    wanted = arguments.jobs
    if wanted:
        wanted = [job for job in wanted if job != kernel_rows.JOB]
        if not wanted:
            return []
    sets = data_sets.choices(arguments.small_files, arguments.large_scale, arguments.growth_files)
    chosen = []
    for name, job_names in jobs.selection(arguments.sets, wanted, arguments.quick):
        if not (arguments.own_disk and os.geteuid() == 0):
            cold = [job for job in job_names if jobs.JOBS[job].cold]
            if cold:
                say(f'not measured without root and --own-disk: {", ".join(cold)}')
            job_names = [job for job in job_names if job not in cold]
        if job_names:
            chosen += [(name, data_set, job_names) for data_set in sets[name]]
    if not chosen:
        raise Failed('none of these jobs can be measured on these data sets here')
    return chosen


def measured(arguments):
    """Does what the arguments ask for; what is known of the machine, and the results."""
    programs = contenders.find_programs(arguments.sync, arguments.limits)
    for name in filter(None, arguments.without.split(',')):
        programs.pop(name, None)
    chosen = chosen_by(arguments)
    data = open_data(arguments.data)
    with contextlib.ExitStack() as stack:
        place = data
        if arguments.own_disk and chosen:
            room = disk.room_for([data_set for _, data_set, _ in chosen])
            place = stack.enter_context(disk.own_disk(arguments.own_disk, *room))
        about = machine(place, programs)
        print('\n'.join(f'{key}: {value}' for key, value in about.items()))
        if (rest := disk.rest_seconds(place)) and not arguments.no_rest:
            say(f'an ext4 without a journal: {rest} s of rest after each deletion; '
                'see --own-disk')
        results = []
        for result in itertools.chain(measure_all(arguments, data, place, programs, chosen),
                                      measured_kernels(arguments, programs)):
            results.append(result)
            about['load_after'] = round(os.getloadavg()[0], 1)
            if arguments.json:  # each time: a run is long, and may be ended early
                report.write_json(arguments.json, about, results)
    print(f'load average: {about["load_before"]} before, {about["load_after"]} after')
    return about, results


def work(arguments):
    if arguments.measured_before:
        runs = [report.read_json(path) for path in arguments.measured_before]
    else:
        runs = [measured(arguments)]
    results = [result for _, found in runs for result in found]
    pictures = page.draw(arguments.plots, results) if arguments.plots else []
    if arguments.page:
        page.rewrite(arguments.page, [about for about, _ in runs], results, pictures)


def main():
    arguments = parse_arguments()
    try:
        work(arguments)
    except (Failed, report.Unreadable, disk.DiskFailed, OSError, subprocess.SubprocessError) as failure:
        say(f'bench: {failure}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
