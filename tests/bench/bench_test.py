"""The parts of the benchmark that only calculate, and one small measurement of it all."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)  # the benchmark's own modules know each other by these names

import aims  # noqa: E402
import data_sets  # noqa: E402
import disk  # noqa: E402
import jobs  # noqa: E402
import kernel_rows  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402

MACHINE = {'date': '2026-11-01', 'versions': {'sync': 'sync 1'}, 'processor': 'P', 'processors': 2,
           'kernel': '6.1', 'file_system': 'ext4', 'load_before': 0.1, 'load_after': 0.2}


def rows(**walls):
    made = [report.summary(name, [(wall, wall, 1024.0)], 0) for name, wall in walls.items()]
    report.add_ratios(made)
    return made


def result(set_name, job, made, **more):
    return {'set': set_name, 'data': f'{set_name}: data', 'job': job, 'title': job, 'files': 10,
            'directories': 5, 'bytes': 1 << 20, 'rows': made, **more}


def quiet(ours, rsync):
    return [result('a', 'nothing', rows(**{'sync': ours, 'rsync -a --delete': rsync}))]


class ReportTest(unittest.TestCase):
    def test_a_row_holds_the_medians_and_the_fastest(self):
        row = report.summary('sync', [(3.0, 6.0, 2048), (1.0, 4.0, 1024), (2.0, 9.0, 4096)], 0)
        self.assertEqual((2.0, 1.0, 6.0, 2.0),
                         (row['wall'], row['fastest'], row['cpu'], row['peak_mib']))

    def test_the_first_row_of_ours_is_what_others_are_compared_with(self):
        made = rows(rsync=6.0, sync=2.0, other=1.0)
        self.assertEqual([3.0, 1.0, 0.5], [row['ratio'] for row in made])

    def test_what_is_written_is_read_again_and_nothing_else_is(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'x.json')
            report.write_json(path, MACHINE, quiet(1, 5))
            self.assertEqual((MACHINE, quiet(1, 5)), report.read_json(path))
            for text in ('{}', '[]', 'x', '{"format":"sync.bench/1"}'):
                with open(path, 'w', encoding='ascii') as file:
                    file.write(text)
                with self.assertRaises(report.Unreadable):
                    report.read_json(path)


class AimsTest(unittest.TestCase):
    def test_an_aim_is_reached_at_its_very_limit_and_not_below(self):
        faster = aims.Aim('a', 'nothing', 'sync', 'rsync', times=5)
        self.assertTrue(faster.reached(1.0, 5.0))
        self.assertFalse(faster.reached(1.0, 4.9))
        near = aims.Aim('a', 'nothing', 'sync', 'limit', within=1.25)
        self.assertTrue(near.reached(1.25, 1.0))
        self.assertFalse(near.reached(1.26, 1.0))

    def test_the_table_has_only_what_was_measured(self):
        said = aims.table(quiet(1.0, 4.0))
        self.assertIn('5 times as fast | 4.0 times as fast | **no**', said)
        self.assertNotIn('rclone', said)
        self.assertEqual('', aims.table([]))

    def test_every_aim_names_contenders_of_its_job(self):
        for aim in aims.AIMS:
            names = [contender.name for contender in jobs.JOBS[aim.job].contenders]
            self.assertIn(aim.ours, names)
            self.assertIn(aim.other, names)
            self.assertIn(aim.set, jobs.JOBS[aim.job].sets)

    def test_growth_compares_the_time_for_each_file(self):
        results = [result('growth', 'growth_nothing', rows(sync=wall), files=files, directories=9)
                   for files, wall in ((1000, 1.0), (2000, 3.0))]
        self.assertIn('at most 1.3 times | 1.50 times | **no**', aims.table(results))
        results.append(result('growth', 'growth_nothing', rows(sync=9.0), directories=1))
        self.assertIn('1.50 times', aims.table(results))
        self.assertIn('10 in one directory | sync | 900000', page.growth_table(results))


class PageTest(unittest.TestCase):
    def test_only_what_stands_between_the_marks_is_replaced(self):
        text = f'before\n{page.BEGIN}\nold\n{page.END}\nafter\n'
        new = page.replace_between(text, 'new')
        self.assertEqual(f'before\n{page.BEGIN}\n\nnew\n\n{page.END}\nafter\n', new)
        self.assertEqual(new, page.replace_between(new, 'new'))

    def test_a_page_without_its_two_marks_is_left_alone(self):
        for text in ('', page.BEGIN, page.END, f'{page.END}{page.BEGIN}',
                     f'{page.BEGIN}{page.BEGIN}{page.END}'):
            with self.assertRaises(report.Unreadable):
                page.replace_between(text, 'new')

    def test_the_projects_own_page_can_be_rewritten(self):
        checkout = os.path.dirname(os.path.dirname(HERE))
        with open(os.path.join(checkout, 'docs', 'performance.md'), encoding='utf-8') as file:
            page.replace_between(file.read(), 'new')

    def test_all_that_was_measured_is_on_the_page(self):
        results = quiet(1.0, 4.0)
        results.append(result('growth', 'growth_first', rows(sync=1.0), directories=9))
        results.append({'set': 'kernels', 'job': 'kernels', 'data': 'kernels', 'rows': [
            {'kernel': 'md5', 'per_second': '5.00 GB'}]})
        said = page.tables([MACHINE, dict(MACHINE, date='another day')], results,
                           [('a picture', 'plots/x.svg')])
        for part in ('### Aims', '![a picture](plots/x.svg)', '### nothing', '### Growth',
                     '| md5 | 5.00 GB |', 'a: data', 'Measured on another day'):
            self.assertIn(part, said)

    def test_gnuplot_is_told_every_point_and_bar(self):
        results = quiet(1.0, 4.0)
        results += [result('growth', 'growth_first', rows(sync=1.0), files=files, directories=9)
                    for files in (10, 20)]
        told = [script for _, _, script in page.scripts('plots', results)]
        self.assertEqual(2, len(told))
        self.assertIn('10 100000.0\n20 50000.0\nEND', told[0])
        self.assertIn('4.0000 "rsync -a --delete"', told[1])


class KernelRowsTest(unittest.TestCase):
    def test_a_row_has_its_figure_and_what_could_not_be_measured_is_left_out(self):
        said = json.dumps({'benchmarks': [
            {'name': 'md5/lanes:1', 'bytes_per_second': 7.3e8},
            {'name': 'json', 'items_per_second': 1.5e6},
            {'name': 'md5/lanes:16', 'error_occurred': True}]})
        self.assertEqual([('md5/lanes:1', '0.73 GB'), ('json', '1.50 M')],
                         [(row['kernel'], row['per_second']) for row in kernel_rows.rows(said)])


class SelectionTest(unittest.TestCase):
    def test_the_default_leaves_out_what_takes_long(self):
        chosen = dict(jobs.selection(None, None, quick=False))
        self.assertEqual({'a', 'small', 'large'}, set(chosen))
        self.assertEqual(['nothing', 'first'], chosen['small'])
        self.assertEqual(['large', 'changed_large'], chosen['large'])
        self.assertIn('delete', chosen['a'])
        self.assertNotIn('cold', chosen['a'])

    def test_a_chosen_job_finds_its_data_set(self):
        self.assertEqual([('large', ['large'])], jobs.selection(None, ['large'], quick=False))
        self.assertEqual([('a', ['cold'])], jobs.selection(None, ['cold'], quick=False))
        self.assertEqual([('small', ['cold'])], jobs.selection(['small'], ['cold'], quick=False))
        self.assertEqual([], jobs.selection(['small'], ['large'], quick=False))

    def test_quick_is_one_data_set(self):
        self.assertEqual([('a', list(jobs.QUICK_JOBS))], jobs.selection(None, None, quick=True))

    def test_every_job_can_be_reached(self):
        chosen = jobs.selection(None, list(jobs.JOBS), quick=False)
        self.assertEqual(set(jobs.JOBS), {name for _, names in chosen for name in names})


class DataSetsTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='foldersync-bench-test-')
        self.addCleanup(shutil.rmtree, self.top)

    @staticmethod
    def contents(top):
        found = []
        for path, status in data_sets.regular_files(top):
            with open(path, 'rb') as file:
                found.append((os.path.relpath(path, top), status.st_mode, status.st_mtime_ns,
                              file.read()))
        return found

    def made(self, make):
        trees = []
        for name in ('first', 'second'):
            make(os.path.join(self.top, name))
            trees.append(self.contents(os.path.join(self.top, name)))
        return trees

    def test_a_synthetic_tree_is_the_same_every_time(self):
        first, second = self.made(
            lambda top: data_sets.make_synthetic(top, data_sets.small_files(200)))
        self.assertEqual(200, len(first))
        self.assertEqual(first, second)

    def test_large_files_are_the_same_every_time_and_differ_from_each_other(self):
        first, second = self.made(lambda top: data_sets.make_large(top, 1 / 4096))
        self.assertEqual([1 << 18] * 4 + [1 << 14] * 64, [len(found[-1]) for found in first])
        self.assertEqual(first, second)
        self.assertEqual(68, len({found[-1] for found in first}))

    def test_four_blocks_of_the_largest_files_change(self):
        top = os.path.join(self.top, 'large')
        data_sets.make_large(top, 1 / 4096)
        before = self.contents(top)
        times = [os.stat(os.path.join(top, name)).st_mtime for name in sorted(os.listdir(top))]
        data_sets.change_blocks(top, 1)
        later = [os.stat(os.path.join(top, name)).st_mtime for name in sorted(os.listdir(top))]
        self.assertEqual(4, sum(new - old > 1 for old, new in zip(times, later)))
        changed = [(old, new) for (*_, old), (*_, new) in zip(before, self.contents(top))
                   if old != new]
        self.assertEqual(4, len(changed))
        for old, new in changed:
            self.assertEqual(len(old), len(new))
            blocks = range(0, len(old), 4096)
            self.assertEqual(4, sum(old[at:at + 4096] != new[at:at + 4096] for at in blocks))

    def test_a_disk_has_room_for_three_copies(self):
        gib, inodes = disk.room_for([data_sets.small(1_000_000), data_sets.large(0.25)])
        self.assertGreater(gib, 3 * data_sets.small(1_000_000).gib)
        self.assertGreater(inodes, 3_000_000)


class SmokeTest(unittest.TestCase):
    def test_a_tiny_measurement_gives_json_and_a_page(self):
        limits, sync = os.environ.get('SYNC_BENCH_PROGRAMS'), os.environ.get('SYNC_BINARY')
        if not limits or not sync:
            self.skipTest('the programs of the benchmark were not built')
        with tempfile.TemporaryDirectory(prefix='foldersync-bench-test-') as top:
            out, target = f'{top}/out.json', f'{top}/page.md'
            with open(target, 'w', encoding='ascii') as file:
                file.write(f'{page.BEGIN}\n{page.END}\n')
            names = 'nothing,percent,touched,first,durable,delete,plan,large,changed_large,' \
                    'threads,growth_first,growth_nothing'
            done = subprocess.run(
                [sys.executable, os.path.join(HERE, 'bench.py'), '--data', f'{top}/data', '--sync',
                 sync, '--limits', limits, '--sets', 'small,large,growth', '--jobs', names,
                 '--small-files', '60', '--large-scale', '0.0001', '--growth-files', '50',
                 '--rounds', '1', '--quick', '--no-rest', '--without', 'rclone', '--json', out,
                 '--page', target], check=False, capture_output=True, text=True)
            self.assertEqual(0, done.returncode, done.stderr)
            with open(out, encoding='utf-8') as file:
                results = json.load(file)['results']
            with open(target, encoding='utf-8') as file:
                said = file.read()
        self.assertEqual(set(names.split(',')), {found['job'] for found in results})
        different = [(found['job'], row['contender']) for found in results
                     for row in found['rows'] if row['left_different']
                     and row['contender'].startswith('sync')]
        self.assertEqual([], different)
        self.assertIn('### Aims', said)
