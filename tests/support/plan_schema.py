"""docs/plan-v1.schema.json, asked by two validators that share no code: Python's jsonschema in
dialect 2020-12, and ajv 6 of Node.js in draft 07, which differs in nothing that the schema uses.
"""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'plan-v1.schema.json'

# Compiles the schema of the first line, and answers each further one: what is wrong, or nothing.
AJV = '''
const lines = require("fs").readFileSync(0, "utf8").split("\\n").filter((line) => line);
const ajv = new (require("ajv"))({unknownFormats: "ignore", logger: false});
const suits = ajv.compile(JSON.parse(lines.shift()));
for (const line of lines) {
  const good = suits(JSON.parse(line));
  console.log(JSON.stringify(good ? [] : suits.errors.map((e) => e.dataPath + " " + e.message)));
}
'''
ENVIRONMENT = {'PATH': os.environ.get('PATH', '/usr/bin:/bin'), 'NODE_PATH': '/usr/share/nodejs'}


def schema():
    return json.loads(SCHEMA.read_text())


def by_jsonschema(documents):
    """For each document what is wrong with it; an empty list where nothing is."""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        raise unittest.SkipTest('python3-jsonschema is not installed')
    Draft202012Validator.check_schema(schema())
    validator = Draft202012Validator(schema())
    return [[f'{list(error.absolute_path)} {error.message[:300]}'
             for error in validator.iter_errors(document)] for document in documents]


def by_ajv(documents):
    """The same."""
    dialect = {**schema(), '$schema': 'http://json-schema.org/draft-07/schema#'}
    lines = '\n'.join(map(json.dumps, [dialect, *documents]))
    said = subprocess.run([_node(), '-e', AJV], input=lines, env=ENVIRONMENT, check=True,
                          capture_output=True, text=True)
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    if len(answers) != len(documents):
        raise RuntimeError(f'ajv answered {len(answers)} of {len(documents)} documents')
    return answers


def _node():
    for node in ('/usr/bin/node', '/usr/bin/nodejs', shutil.which('node')):
        if node and subprocess.run([node, '-e', 'require("ajv")'], env=ENVIRONMENT, check=False,
                                   capture_output=True).returncode == 0:
            return node
    raise unittest.SkipTest('node-ajv is not installed')
