"""Checks values against the part of JSON Schema that the plan and the result use: the twin of web/mos/schema.js, and
held equal to it by a test."""

import json
import re
import sys

TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: is_number(value),
    "integer": lambda value: is_number(value) and value == int(value),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def is_number(value):
    """As in JavaScript, where integers beyond the range of doubles are infinite."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def violation(schema, value, path="", root=None):
    """The first violation, as "/items/3/id: why", or None."""
    root = root or schema
    if "$ref" in schema:
        return violation(resolve(root, schema["$ref"]), value, path, root)
    own = own_violation(schema, value)
    if own:
        return f"{path or '/'}: {own}"
    if isinstance(value, list) and "items" in schema:
        inner = ((key, item, schema["items"]) for key, item in enumerate(value))
    elif isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        inner = ((key, item, properties.get(key, others)) for key, item in value.items())
    else:
        return None
    for key, item, its_schema in inner:
        if its_schema is False:
            return f"{path}/{key}: is unknown"
        found = its_schema and violation(its_schema, item, f"{path}/{key}", root)
        if found:
            return found
    return None


def resolve(root, reference):
    at = root
    for name in reference[2:].split("/"):
        at = at[name]
    return at


def same(value, other):
    """Equal as JSON: True is not 1."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def own_violation(schema, value):
    """What is wrong with a value, whatever it contains."""
    types = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    if types and not any(TYPES[name](value) for name in types):
        return f"must be {' or '.join(types)}"
    if "const" in schema and not same(value, schema["const"]):
        return f"must be {compact(schema['const'])}"
    if "enum" in schema and not any(same(value, option) for option in schema["enum"]):
        return f"must be one of {compact(schema['enum'])}"
    if is_number(value):
        if value < schema.get("minimum", value):
            return f"must be {schema['minimum']} or more"
        if value > schema.get("maximum", value):
            return f"must be {schema['maximum']} or less"
    if isinstance(value, str):
        return violation_of_length(schema, len(value), "Length", "characters") or violation_of_pattern(schema, value)
    if isinstance(value, list):
        return violation_of_length(schema, len(value), "Items", "entries")
    if isinstance(value, dict):
        missing = next((name for name in schema.get("required", []) if name not in value), None)
        return missing and f"lacks {missing}"
    return None


def violation_of_length(schema, length, what, unit):
    if length < schema.get(f"min{what}", 0):
        return f"must have {schema[f'min{what}']} {unit} or more"
    if length > schema.get(f"max{what}", length):
        return f"must have {schema[f'max{what}']} {unit} or less"
    return None


def violation_of_pattern(schema, value):
    pattern = schema.get("pattern")  # always from ^ to $
    return f"must match {pattern}" if pattern and not re.fullmatch(pattern, value, re.ASCII) else None


def compact(value):
    return json.dumps(value, separators=(",", ":"))
