"""docs/scan-v1.schema.json and docs/scan-format.md agree with what scan --json writes."""
import json
import os
import pathlib
import re
import stat
import unittest

from tests.support import compare, json_schema, trees
from tests.support.program import CHECKOUT, NOBODY, PARTIAL, REFUSED, ProgramTest, as_root
from tests.support.random_tree import AWKWARD_NAMES
from tests.support.report import path_of
from tests.support.trees import (block_device, char_device, fifo, file, folder, same_inode_as, sock,
                                 symlink)

SCHEMA = json_schema.load('scan-v1.schema.json')
WRITERS_SCHEMA = json_schema.closed(SCHEMA)
PAGE = pathlib.Path(CHECKOUT, 'docs', 'scan-format.md').read_text()
SECOND = 10**9
TYPES = {'file': stat.S_ISREG, 'dir': stat.S_ISDIR, 'symlink': stat.S_ISLNK, 'fifo': stat.S_ISFIFO,
         'socket': stat.S_ISSOCK, 'char': stat.S_ISCHR, 'block': stat.S_ISBLK}
KINDS = {'file': 'x', 'dir': {'in': 'y'}, 'symlink': symlink('x'), 'fifo': fifo(), 'socket': sock()}
FILE = {'path': 'a', 'type': 'file', 'size': 1, 'mtime': '1970-01-01T00:00:00.000000000Z',
        'mode': '0644', 'uid': 0, 'gid': 0, 'links': 1}


class ScanSchemaTest(ProgramTest):
    in_memory = True

    def scan(self, *options, expect=0, **others):
        """The lines as dicts, each valid."""
        said = self.execute('scan', '-s', self.source, '--json', *options, expect=expect, **others)
        self.assertTrue(said.out.endswith('\n'))
        lines = [json.loads(line) for line in said.out.split('\n')[:-1]]
        self.assert_judged(WRITERS_SCHEMA, lines, True)
        return lines

    def assert_judged(self, schema, lines, is_valid):
        for validate in (json_schema.by_jsonschema, json_schema.by_ajv):
            for line, wrong in zip(lines, validate(schema, lines), strict=True):
                self.assertEqual(is_valid, not wrong, f'{validate.__name__}: {line}: {wrong}')

    def assert_true(self, line):
        """The disk shows what the line says."""
        path = os.path.join(os.fsencode(self.source), path_of(line))
        found = os.lstat(path)
        self.assertTrue(TYPES[line['type']](found.st_mode), line)
        self.assertEqual((f'{stat.S_IMODE(found.st_mode):04o}', found.st_uid, found.st_gid),
                         (line['mode'], line['uid'], line['gid']), line)
        if line['type'] == 'file':
            self.assertEqual(found.st_size, int(line['size']))
        if line['type'] != 'dir':
            self.assertEqual(found.st_nlink, line['links'])
        if line['type'] == 'symlink':
            self.assertEqual(os.readlink(path), path_of({
                key.replace('target', 'path'): value for key, value in line.items()
                if key.startswith('target')}))
        if line['type'] in ('char', 'block'):
            self.assertEqual(f'{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}', line['device'])

    def test_every_type_of_every_name_is_valid_and_true(self):
        kinds = dict(KINDS)
        if trees.devices_possible():
            kinds.update(char=char_device(1, 3), block=block_device(259, 70000))
        names = {name: file(name.encode('utf-8', 'surrogateescape')) for name in AWKWARD_NAMES}
        links = {f'to {at}': symlink(name) for at, name in enumerate(AWKWARD_NAMES)}
        self.given({**names, 'links': links, 'kinds': kinds, 'twin': 'x',
                    'twin too': same_inode_as('twin'), 'suid': file('x', mode=0o6755)})
        lines = self.scan('--md5')
        for line in lines:
            self.assert_true(line)
        self.assertEqual(set(kinds), {line['type'] for line in lines})
        self.assertEqual(sorted(compare.listing(self.source)), sorted(map(path_of, lines)))
        self.assertTrue(all(('md5' in line) == (line['type'] == 'file') for line in lines))

    def test_lines_come_in_path_order(self):
        self.given({'a': {'x': '1', 'y': {'z': '2'}}, 'a.b': '3', 'a\udcff': '4', 'A': {'b': '5'}})
        paths = [path_of(line) for line in self.scan()]
        self.assertEqual([b'.'] + sorted(paths[1:], key=lambda path: path.split(b'/')), paths)

    def test_sizes_and_times_beyond_what_numbers_hold_are_valid(self):
        times = [-1, -62167219201 * SECOND, 253402300800 * SECOND + 5, 0]
        try:
            self.given({**{f't{at}': file('x', mtime=time) for at, time in enumerate(times)},
                        'large': file(size=2**53), 'huge': file(size=2**53 + 1)})
        except OSError:
            self.skipTest('no file of that size or time can be made here')
        found = {line['path']: line for line in self.scan()}
        self.assertEqual((2**53, str(2**53 + 1)), (found['large']['size'], found['huge']['size']))
        self.assertEqual('@-62167219201.000000000', found['t1']['mtime'])

    @as_root
    def test_what_cannot_be_read_is_told_once_and_the_rest_is_valid(self):
        self.given({'shut': folder({'in': 'x'}, mode=0o700), 'secret': file('x', mode=0o600),
                    'open': 'y'})
        self.live_as(NOBODY)
        os.chmod(self.top, 0o755)
        said = self.execute('scan', '-s', self.source, '--json', '--md5', uid=NOBODY,
                            expect=PARTIAL)
        self.assertEqual(["sync: open 'secret': Permission denied (EACCES)",
                          "sync: open 'shut': Permission denied (EACCES)"],
                         sorted(said.err.splitlines()))
        found = {line['path']: line for line in map(json.loads, said.out.splitlines())}
        self.assertEqual({'.', 'open', 'secret', 'shut'}, set(found))
        self.assertNotIn('md5', found['secret'])
        self.assertIn('md5', found['open'])
        self.assert_judged(WRITERS_SCHEMA, list(found.values()), True)

    def test_what_is_refused_has_no_lines(self):
        self.assertEqual('', self.execute('scan', '-s', self.at('none'), '--json',
                                          expect=REFUSED).out)

    def test_what_no_inventory_holds_is_refused(self):
        def without(name):
            return {key: value for key, value in FILE.items() if key != name}
        self.assert_judged(SCHEMA, [FILE], True)
        self.assert_judged(SCHEMA, [
            [], {}, without('path'), without('size'), without('links'), {**FILE, 'path': '/a'},
            {**FILE, 'path': 'a//b'}, {**FILE, 'path': '../a'}, {**FILE, 'mode': '644'},
            {**FILE, 'mode': '0644\n'}, {**FILE, 'type': 'device'}, {**FILE, 'type': 'dir'},
            {**FILE, 'target': 'x'}, {**FILE, 'device': '1:3'}, {**FILE, 'md5': None},
            {**FILE, 'size': '1'}, {**FILE, 'size': 2**53 + 2}, {**FILE, 'uid': -1},
            {**without('size'), 'type': 'char'}, {**without('size'), 'type': 'symlink', 'md5': 'x'}],
                           False)

    def test_a_field_more_is_taken_and_today_nobody_writes_it(self):
        self.assert_judged(SCHEMA, [{**FILE, 'inode': 5}], True)
        self.assert_judged(WRITERS_SCHEMA, [{**FILE, 'inode': 5}], False)

    def test_the_page_describes_every_field_and_shows_valid_lines(self):
        table = PAGE[PAGE.index('| field | value |'):].split('\n\n')[0]
        told = [word for row in table.split('\n')[2:]
                for word in re.findall(r'`(\w+)`', row.split(' | ')[0])]
        self.assertEqual([field for field in SCHEMA['properties'] if not field.endswith('_b64')],
                         told)
        shown = [json.loads(line) for line in PAGE.split('\n') if line.startswith('{')]
        self.assertEqual(2, len(shown))
        self.assert_judged(WRITERS_SCHEMA, shown, True)


if __name__ == '__main__':
    unittest.main()
