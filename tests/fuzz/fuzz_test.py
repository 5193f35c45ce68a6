"""Fuzz targets: the corpus of this folder, and then inputs that nobody has tried.

SYNC_FUZZ_TARGETS says where the programs are, SYNC_FUZZ_ENGINE whether they can do more than replay
the corpus (`libFuzzer`). SYNC_TEST_FUZZ is the number of documents that the reader is given; the
other targets get a share of it. SYNC_TEST_SEED is where the random numbers begin.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

CORPUS = pathlib.Path(__file__).resolve().parent / 'corpus'
TARGETS = os.environ.get('SYNC_FUZZ_TARGETS', '')
ENGINE = os.environ.get('SYNC_FUZZ_ENGINE', 'replay')
DOCUMENTS = int(os.environ.get('SYNC_TEST_FUZZ', '1000000'))
SEED = os.environ.get('SYNC_TEST_SEED', '1')
LONGEST_BYTES = 6144
MEMORY = '/dev/shm'


class FuzzTest(unittest.TestCase):
    def setUp(self):
        folder = MEMORY if os.access(MEMORY, os.W_OK) and 'TMPDIR' not in os.environ else None
        scratch = tempfile.TemporaryDirectory(prefix='foldersync-fuzz-', dir=folder)
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)

    def run_target(self, name, *args):
        program = os.path.join(TARGETS, f'fuzz_{name}')
        self.assertTrue(os.access(program, os.X_OK), f'{program} is not built')
        # What the sanitizer keeps of freed memory would count as memory of the reader.
        settings = {'TEST_TMPDIR': f'{self.top}/', 'ASAN_OPTIONS': ':'.join(filter(None, (
            os.environ.get('ASAN_OPTIONS'), 'quarantine_size_mb=1', 'malloc_context_size=4')))}
        said = subprocess.run([program, *args, CORPUS / name], cwd=self.top, check=False,
                              env={**os.environ, **settings}, text=True, errors='backslashreplace',
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, said.returncode, said.stdout[-8000:])
        return said.stdout

    def fuzz(self, name, runs, *limits):
        if ENGINE != 'libFuzzer':
            self.run_target(name)
            return
        found = self.top / 'found'
        found.mkdir()
        self.run_target(name, f'-runs={runs}', f'-seed={SEED}', f'-max_len={LONGEST_BYTES}',
                        f'-artifact_prefix={self.top}/', *limits, found)

    # The limit on memory holds all that the fuzzer and the sanitizers keep for themselves, too.
    def test_documents_are_read_within_a_second_and_little_memory(self):
        self.fuzz('reader', DOCUMENTS, '-timeout=60', '-rss_limit_mb=64',
                  '-malloc_limit_mb=16')

    def test_values_are_parsed(self):
        self.fuzz('parsers', DOCUMENTS // 10, '-timeout=60', '-rss_limit_mb=128')

    def test_plans_are_applied(self):
        self.fuzz('apply', DOCUMENTS // 1000, '-timeout=60')


if __name__ == '__main__':
    unittest.main()
