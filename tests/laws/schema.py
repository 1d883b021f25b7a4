"""A validator for the part of JSON Schema that the generated schemas use, and for no more."""

from collections.abc import Iterator
from typing import Any

KEYWORDS = {
    "$schema",
    "title",
    "description",
    "$defs",
    "$ref",
    "anyOf",
    "enum",
    "type",
    "properties",
    "required",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
}
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "null": type(None),
}


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a value by a schema that is part of `root`."""
    assert schema.keys() <= KEYWORDS
    if "$ref" in schema:
        head, _, name = schema["$ref"].rpartition("/")
        assert head == "#/$defs"
        yield from faults(value, root["$defs"][name], root)
    if "anyOf" in schema:
        tried = [list(faults(value, one, root)) for one in schema["anyOf"]]
        yield from [] if [] in tried else tried[0]
    if "enum" in schema and value not in schema["enum"]:
        yield f"{value!r} is not in the enumeration"
    if "type" in schema:
        kind = TYPES[schema["type"]]
        if type(value) is not kind:
            yield f"{value!r} is not of type {schema['type']}"
        elif kind is dict:
            yield from _in_object(value, schema, root)
        elif kind is list:
            yield from _in_array(value, schema, root)


def _in_object(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    yield from (f"the key {key} is missing" for key in schema["required"] if key not in value)
    for key in schema["properties"].keys() & value.keys():
        yield from faults(value[key], schema["properties"][key], root)


def _in_array(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{len(value)} items"
    first = schema.get("prefixItems", [])
    each = [*first, *[schema.get("items", {})] * (len(value) - len(first))]
    for item, one in zip(value, each, strict=False):
        yield from faults(item, one, root)
