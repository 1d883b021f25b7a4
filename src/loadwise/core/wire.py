"""The wire: records to JSON and back, and the JSON Schema, all from the records' own fields.

A record becomes an object with one key a field; `None`, strings, numbers and truth values stay
what they are, an enumeration becomes its value, a tuple an array.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

R = TypeVar("R")

JSON_TYPES = {str: "string", int: "integer", bool: "boolean"}


class WireError(ValueError):
    """The JSON is not what the records say; the message names the place and what was expected."""


def encode(value: Any) -> Any:
    """A record, or what a record holds, as JSON can write it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return list(map(encode, value))  # pyright: ignore[reportUnknownArgumentType]
    return value


def decode(record: type[R], data: object, at: str = "$") -> R:
    """The record that `data` (from `json.loads`) writes; `decode(type(r), encode(r)) == r`.

    Keys that the record does not know are passed over, so that a later minor version can be read.
    Raises WireError with the place, as in `$.findings[3].read.line`.
    """
    return cast(R, _decode(record, data, at))


@cache
def _hints(record: type) -> dict[str, Any]:
    return typing.get_type_hints(record)


def _decode(kind: Any, data: Any, at: str) -> Any:
    if is_dataclass(kind):
        return _record(cast("type", kind), data, at)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if data is None else _decode(arguments[0], data, at)
    if origin is tuple:
        if not isinstance(data, list):
            raise WireError(f"{at}: expected an array")
        items: list[Any] = data  # pyright: ignore[reportUnknownVariableType]
        expected = arguments[:1] * len(items) if arguments[-1] is Ellipsis else arguments
        if len(expected) != len(items):
            raise WireError(f"{at}: expected {len(expected)} items, not {len(items)}")
        return tuple(
            _decode(one, item, f"{at}[{i}]")
            for i, (one, item) in enumerate(zip(expected, items, strict=True))
        )
    if issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError:
            values = ", ".join(str(member.value) for member in kind)
            raise WireError(f"{at}: expected one of {values}") from None
    if type(data) is not kind:
        raise WireError(f"{at}: expected {_article(JSON_TYPES[kind])}")
    return data


def _record(kind: type, data: Any, at: str) -> Any:
    if not isinstance(data, dict):
        raise WireError(f"{at}: expected an object")
    hints, values = _hints(kind), {}
    for field in fields(kind):
        if field.name in data:
            values[field.name] = _decode(hints[field.name], data[field.name], f"{at}.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise WireError(f"{at}: the key {field.name!r} is missing")
    try:
        return kind(**values)
    except ValueError as error:
        raise WireError(f"{at}: {error}") from None


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def schema(record: type, title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a record and of all that it holds."""
    names = {kind.__name__: kind for kind in _records(record)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$ref": f"#/$defs/{record.__name__}",
        "$defs": {name: _object(names[name]) for name in sorted(names)},
    }


def _records(kind: Any) -> Iterator[type]:
    if is_dataclass(kind):
        yield cast("type", kind)
        for hint in _hints(cast("type", kind)).values():
            yield from _records(hint)
    for argument in typing.get_args(kind):
        yield from _records(argument)


def _object(record: type) -> dict[str, Any]:
    hints = _hints(record)
    return {
        "type": "object",
        "description": (record.__doc__ or "").strip().splitlines()[0],
        "properties": {field.name: _schema(hints[field.name]) for field in fields(record)},
        "required": [field.name for field in fields(record)],
    }


def _schema(kind: Any) -> dict[str, Any]:
    if is_dataclass(kind):
        return {"$ref": f"#/$defs/{cast('type', kind).__name__}"}
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_schema(arguments[0]), {"type": "null"}]}
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return {"type": "array", "items": _schema(arguments[0])}
        items = [_schema(one) for one in arguments]
        return {
            "type": "array",
            "prefixItems": items,
            "minItems": len(items),
            "maxItems": len(items),
        }
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    return {"type": JSON_TYPES[kind]}
