"""Whether JSON is as a schema says, for those words of JSON Schema that loadwise's own uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

TYPES: Final[dict[str, type]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
WORDS: Final = {
    *("$schema", "$defs", "title", "description"),
    *("$ref", "type", "enum", "anyOf", "properties", "required"),
    *("items", "prefixItems", "minItems", "maxItems"),
}


def violations(data: Any, schema: dict[str, Any]) -> Iterator[str]:
    """What is wrong, each with its place."""
    yield from _check(data, schema, schema["$defs"], "$")


def _check(data: Any, schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    assert schema.keys() <= WORDS, f"{at}: this checker does not know {schema.keys() - WORDS}"
    if "$ref" in schema:
        yield from _check(data, defs[schema["$ref"].rpartition("/")[2]], defs, at)
    if "type" in schema and type(data) is not TYPES[schema["type"]]:
        yield f"{at}: {data!r} is no {schema['type']}"
        return
    if "enum" in schema and data not in schema["enum"]:
        yield f"{at}: {data!r} is none of {schema['enum']}"
    if "anyOf" in schema:
        found = [list(_check(data, one, defs, at)) for one in schema["anyOf"]]
        yield from min(found, key=len)
    if isinstance(data, dict):
        yield from (f"{at}: no {key}" for key in schema.get("required", ()) if key not in data)
        for key, value in data.items():
            yield from _check(value, schema.get("properties", {}).get(key, {}), defs, f"{at}.{key}")
    if isinstance(data, list):
        yield from _items(data, schema, defs, at)


def _items(data: list[Any], schema: dict[str, Any], defs: dict[str, Any], at: str) -> Iterator[str]:
    few, many = schema.get("minItems", 0), schema.get("maxItems", len(data))
    if not few <= len(data) <= many:
        yield f"{at}: {len(data)} items"
    kinds = schema.get("prefixItems") or [schema.get("items", {})] * len(data)
    for place, (item, kind) in enumerate(zip(data, kinds, strict=False)):
        yield from _check(item, kind, defs, f"{at}[{place}]")
