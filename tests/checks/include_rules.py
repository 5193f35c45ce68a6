"""Which header may be included where: the table of docs/architecture.md, and a reader of includes.

violations(root) reads src below root and returns what breaks a rule, as readable lines in the
order of the paths. Run as a program it prints them for the checkout.
"""
import pathlib
import re

# The folders whose headers a folder may include, besides its own. A key with a file name is that
# file pair only, and comes on top.
LAYERS = {
    'core': set(),
    'fs': {'core'},
    'state': {'core', 'fs'},
    'scan': {'core', 'fs', 'state'},
    'plan': {'core'},
    'format': {'core', 'plan'},
    'filter': {'core', 'plan'},
    'planner': {'core', 'fs', 'state', 'scan', 'plan', 'filter'},
    'verify': {'core', 'fs', 'state', 'scan', 'plan', 'format', 'filter', 'planner'},
    'show': {'core', 'plan', 'format'},
    'apply': {'core', 'fs', 'plan', 'format', 'filter', 'scan'},
    'cli': {'core', 'fs', 'state', 'scan', 'plan', 'format', 'filter', 'planner', 'verify',
            'show', 'apply'},
}

# The folders within a folder. Each may include those before it, and the folder's own files all.
ROOMS = {
    'apply': ('look', 'stage', 'steps', 'backup', 'recovery'),
    'cli': ('values', 'process', 'console', 'options', 'help', 'walls', 'kept', 'history',
            'planning', 'cycle', 'loop'),
}

# Which file pairs know a library: the first part of the header's name, and the pairs.
LIBRARIES = {
    'CLI': ('cli/command_line', 'cli/options/command_options', 'cli/options/declared',
            'cli/options/filter_options', 'cli/options/option_groups', 'cli/options/option_kinds'),
    'boost': ('format/json_read',),
    'nlohmann': ('format/json_fields',),
    'openssl': ('core/hash', 'core/signature'),
    're2': ('filter/rule_set',),
    'spdlog': ('cli/console/log',),
    'sqlite3.h': ('state/sqlite',),
    'systemd': ('cli/process/service',),
    'utf8proc.h': ('core/columns',),
    'toml++': ('cli/options/job_text',),
}

# Deciding asks neither the system nor the clock, and decides the same thing every time.
IMPURE = re.compile(r'.*\.h|(sys|linux)/.*|chrono|ctime|random|filesystem|fstream|thread|mutex'
                    r'|shared_mutex|condition_variable|future|atomic')
PURE = {'core', 'plan', 'format', 'filter', 'show'}
# Each with its reason.
PURE_EXCEPTIONS = {
    ('core/file_time', 'chrono'): 'days to dates; no clock is read',
    ('plan/facts', 'sys/sysmacros.h'): 'takes a device number apart',
    ('format/values', 'sys/sysmacros.h'): 'puts a device number together',
}

SYSTEM = re.compile(r'[a-z_0-9]+|(sys|linux|net|netinet)/[a-z_0-9]+\.h'
                    r'|(dirent|errno|fcntl|poll|pthread|pwd|grp|sched|semaphore|signal|spawn|termios|unistd)\.h')
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def violations(root):
    root = pathlib.Path(root)
    sources = sorted(path for path in (root / 'src').rglob('*') if path.suffix in ('.h', '.cpp'))
    found = []
    for path in sources:
        for number, (mark, header) in _includes(path):
            wrong = _judge(path.relative_to(root / 'src'), mark, header, root / 'src')
            if wrong:
                found.append(f'{path.relative_to(root)}:{number}: {wrong}')
    return found


def uses_violations(root):
    """What the USES lines of src/*/CMakeLists.txt allow and the table does not, or the reverse."""
    found = []
    for layer in (name for name in LAYERS if '/' not in name):
        text = (pathlib.Path(root) / 'src' / layer / 'CMakeLists.txt').read_text()
        line = re.search(r'foldersync_layer\((\w+)(?:\s+USES((?:\s+[a-z]+)+))?', text)
        if not line or line[1] != layer:
            found.append(f'src/{layer}/CMakeLists.txt: is not the layer {layer}')
            continue
        direct = set((line[2] or '').split())
        linked = direct | {low for high in direct for low in LAYERS.get(high, ())}
        table = set().union(*(LAYERS[key] for key in LAYERS if key.split('/')[0] == layer))
        if direct - table:
            found.append(f'src/{layer}/CMakeLists.txt: USES {_list(direct - table)}, '
                         'which the table does not allow')
        if table - linked:
            found.append(f'src/{layer}/CMakeLists.txt: does not link {_list(table - linked)}, '
                         'which the table allows')
    return found


def _includes(path):
    lines = path.read_text().split('\n')
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.groups()


def _judge(path, mark, header, src):
    """What is wrong with an include in the file `path`, relative to src, or None."""
    layer, pair = path.parts[0], str(path.with_suffix(''))
    if layer not in LAYERS:
        return f'the folder src/{layer} is not in the table'
    if mark == '"':
        return _judge_own(layer, pair, header, src)
    library = header.split('/')[0]
    if library in LIBRARIES:
        if pair not in LIBRARIES[library]:
            return f'<{header}> belongs in {" and ".join(LIBRARIES[library])} alone'
        return 'a library stays out of headers' if path.suffix == '.h' else None
    if not SYSTEM.fullmatch(header):
        return f'<{header}> is of a library that the table does not know'
    if layer in PURE and IMPURE.fullmatch(header) and (pair, header) not in PURE_EXCEPTIONS:
        if pair not in LAYERS:
            return f'<{header}>: {layer} is pure, without system, clock and threads'
    return None


def _judge_own(layer, pair, header, src):
    target = header.split('/')[0]
    if not (src / header).is_file():
        return f'"{header}" is not the path of a header below src'
    allowed = {layer} | LAYERS[layer] | LAYERS.get(pair, set())
    if target not in allowed:
        return f'"{header}": {layer} may include {_list(allowed)} only'
    return _judge_room(layer, pair, header) if target == layer else None


def _judge_room(layer, pair, header):
    rooms = ROOMS.get(layer, ())
    room = pair.split('/')[1]
    if room not in rooms:
        return None
    allowed = rooms[:rooms.index(room) + 1]
    if header.split('/')[1] not in allowed:
        return f'"{header}": {layer}/{room} may include {", ".join(allowed)} only'
    return None


def _list(names):
    return ', '.join(sorted(names))


if __name__ == '__main__':
    checkout = pathlib.Path(__file__).resolve().parents[2]
    print('\n'.join(violations(checkout) + uses_violations(checkout)))
