"""What Google Benchmark said of the inner loops, as rows of a result."""
import json

SET = JOB = 'kernels'


def per_second(run):
    """A figure with its unit, such as `5.43 GB` or `1.20 M`; '' where there is none."""
    if 'bytes_per_second' in run:
        return f'{run["bytes_per_second"] / 1e9:.2f} GB'
    if 'items_per_second' in run:
        return f'{run["items_per_second"] / 1e6:.2f} M'
    return ''


def rows(said):
    """The rows of its JSON; what it could not measure is left out."""
    return [{'kernel': run['name'], 'per_second': per_second(run),
             'bytes_per_second': run.get('bytes_per_second'),
             'items_per_second': run.get('items_per_second')}
            for run in json.loads(said)['benchmarks'] if not run.get('error_occurred')]


def result(said):
    return {'data': 'kernels', 'set': SET, 'job': JOB, 'title': 'inner loops, one thread',
            'rows': rows(said)}
