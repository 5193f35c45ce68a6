"""docs/plan-v1.schema.json, asked by the two validators of json_schema.py."""
import functools

from tests.support import json_schema


@functools.lru_cache
def schema():
    return json_schema.load('plan-v1.schema.json')


def by_jsonschema(documents):
    """For each document what is wrong with it; an empty list where nothing is."""
    return json_schema.by_jsonschema(schema(), documents)


def by_ajv(documents):
    """The same."""
    return json_schema.by_ajv(schema(), documents)
