"""Need: what a schema touches of an object, whatever the object is."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any

from loadwise.core.need import Need, Touch, Touched
from loadwise.core.path import Path, Step
from loadwise.core.tree import EVERYTHING, NOTHING, Tree
from loadwise.response.annotation import annotation_of, name_of
from loadwise.response.error import SchemaError
from loadwise.response.fields import Field, fields_of


def schemas_in(schema: Any) -> tuple[Any, ...]:
    """The schemas that a type names: `list[UserOut]`, `UserOut | None`. SchemaError if none."""
    found = annotation_of(schema).schemas
    if not found:
        name = name_of(schema)
        text = (
            f"{name} is no pydantic model, dataclass, msgspec Struct or TypedDict, and names none"
        )
        raise SchemaError(text, schema=name)
    return found


def need_of(schema: Any) -> Need:
    """What a schema reads of an object, its own name in the place of the entity's.

    `schema` is a pydantic model, a dataclass, a msgspec Struct or a TypedDict, or a type that names
    some: `list[UserOut]`, `UserOut | None`. What only some of the schemas of a union read, or a
    field with a default, is needed perhaps (`may`); where a schema comes back to itself, all that
    may lie below is `*`. Raises SchemaError for what is no schema.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class OrganizationOut:
    ...     name: str
    >>> @dataclass
    ... class UserOut:
    ...     id: int
    ...     organization: OrganizationOut | None
    >>> str(need_of(UserOut))
    'UserOut{id organization{name}}'
    """
    found = schemas_in(schema)
    names = [Step(re.sub(r"\W+", "_", name_of(one)).strip("_")) for one in found]
    trees = [_read(one, ()) for one in found]
    must = Tree.of({step: tree for step, (tree, _) in zip(names, trees, strict=True)})
    may = Tree.of({step: tree for step, (_, tree) in zip(names, trees, strict=True)})
    several = len(names) > 1
    paths = (Path(path.steps) for path in may.paths() if len(path.steps) > 1)
    touched = tuple(Touched(path=path, touch=Touch.SERIALISE) for path in paths)
    return Need(must=NOTHING if several else must, may=may, touched=touched)


def _read(schema: Any, above: tuple[Any, ...]) -> tuple[Tree, Tree]:
    """What a schema reads: for certain, and perhaps."""
    if schema in above:
        return NOTHING, EVERYTHING
    must = may = NOTHING
    for field in fields_of(schema):
        sure, perhaps = _below(field, (*above, schema))
        certain = field.every or (field.required and len(field.ways) == 1)
        for way in field.ways:
            path = Path(tuple(map(Step, way)))
            may |= Tree.along(path, perhaps)
            must |= Tree.along(path, sure) if certain else NOTHING
    return must, may


def _below(field: Field, above: tuple[Any, ...]) -> tuple[Tree, Tree]:
    """What is read of what a field holds."""
    trees = [_read(one, above) for one in field.schemas]
    if not trees:
        return NOTHING, NOTHING
    must, may = (tuple(column) for column in zip(*trees, strict=True))
    return reduce(Tree.__and__, must), reduce(Tree.__or__, may)
