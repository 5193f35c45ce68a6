"""The JSON Schemas of docs/, asked by two validators that share no code: Python's jsonschema in
dialect 2020-12, and ajv 6 of Node.js in draft 07, which differs in nothing that the schemas use.

The schemas of lines are written for readers: they take what a later minor version may add. What
the program of today writes is held to closed() ones.
"""
import functools
import json
import os
import pathlib
import shutil
import subprocess
import unittest

DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'

# Compiles the schema of the first line, and answers each further one: what is wrong, or nothing.
AJV = '''
const [schema, ...lines] = require("fs").readFileSync(0, "utf8").split("\\n").filter((l) => l);
const ajv = new (require("ajv"))({unknownFormats: "ignore", logger: false});
const suits = ajv.compile(JSON.parse(schema));
for (const line of lines) {
  const good = suits(JSON.parse(line));
  console.log(JSON.stringify(good ? [] : suits.errors.map((e) => e.dataPath + " " + e.message)));
}
'''
ENVIRONMENT = {'PATH': os.environ.get('PATH', '/usr/bin:/bin'), 'NODE_PATH': '/usr/share/nodejs'}


def load(name):
    """The schema in docs/ of that file name."""
    return json.loads((DOCS / name).read_text())


def closed(schema):
    """The schema without what is left open for later versions: no field more, no `later_` word."""
    if isinstance(schema, list):
        return [closed(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {key: False if key.startswith('later_') else closed(value)
            for key, value in schema.items()}
    if shut.get('type') == 'object' and 'properties' in shut:
        shut['additionalProperties'] = False
    return shut


def by_jsonschema(schema, lines):
    """For each line what is wrong with it; an empty list where nothing is."""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        raise unittest.SkipTest('python3-jsonschema is not installed')
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    return [[f'{list(error.absolute_path)} {error.message[:300]}'
             for error in validator.iter_errors(line)] for line in lines]


def by_ajv(schema, lines):
    """The same."""
    dialect = {**schema, '$schema': 'http://json-schema.org/draft-07/schema#'}
    text = '\n'.join(map(json.dumps, [dialect, *lines]))
    said = subprocess.run([_node(), '-e', AJV], input=text, env=ENVIRONMENT, check=True,
                          capture_output=True, text=True)
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    if len(answers) != len(lines):
        raise RuntimeError(f'ajv answered {len(answers)} of {len(lines)} lines')
    return answers


@functools.lru_cache
def _node():
    for node in ('/usr/bin/node', '/usr/bin/nodejs', shutil.which('node')):
        if node and subprocess.run([node, '-e', 'require("ajv")'], env=ENVIRONMENT, check=False,
                                   capture_output=True).returncode == 0:
            return node
    raise unittest.SkipTest('node-ajv is not installed')
