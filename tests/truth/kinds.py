"""The kinds of relationship: for each a mapped class P with `rel`, its target T, and their rows.

The database does not enforce foreign keys, so that a target may be there without its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.orm import registry, relationship

from tests.truth.shapes import NEW, OLD, SHAPES, Keys, Shape, code

Lazy = str | bool | None

KINDS: Final = tuple(SHAPES)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """Mapped classes around the relationship `P.rel`.

    `selected` is the class that statements name, which is a base of `parent` where `rel` is on a
    subclass. `values` gives the columns of a parent, `keys` the keys of what it refers to, sorted;
    `many` holds if the value of `rel` is a list.
    """

    metadata: MetaData
    registry: registry
    selected: type[Any]
    parent: type[Any]
    target: type[Any]
    holder: type[Any]
    many: bool
    values: Callable[[int], dict[str, Any]]
    keys: Callable[[int], Keys]
    rows: tuple[tuple[Table, Sequence[Mapping[str, Any]]], ...]


class Thing:
    """What can be made from the values of its attributes, as declarative classes can."""

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


@cache
def model(kind: str, lazy: Lazy) -> Model:
    """The classes of a kind, mapped, with `lazy=` on the relationship.

    Raises sqlalchemy.exc.InvalidRequestError where the mappers cannot be configured so.
    """
    shape = SHAPES[kind]
    metadata = MetaData()
    mapping = registry(metadata=metadata)
    tables = _tables(shape, metadata)
    selected: type[Any] = type("Base" if shape.inherits else "P", (Thing,), {})
    parent = type("P", (selected,), {}) if shape.inherits else selected
    target = parent if shape.refers_to_itself else type("T", (Thing,), {})
    holder = type("Holder", (Thing,), {})
    words = shape.link(tables["p"], tables["t"])
    if shape.secondary:
        words["secondary"] = tables["link"]
    if shape.back:
        words["back_populates"] = shape.back
    rel = relationship(target, lazy=lazy, **words)  # type: ignore[arg-type] # it is what is tried
    if shape.inherits:
        mapping.map_imperatively(
            selected, tables["p"], polymorphic_on=tables["p"].c.type, polymorphic_identity="base"
        )
        mapping.map_imperatively(
            parent,
            tables["m"],
            inherits=selected,
            polymorphic_identity="m",
            properties={"rel": rel},
        )
    else:
        mapping.map_imperatively(parent, tables["p"], properties={"rel": rel})
    if not shape.refers_to_itself:
        back = _back(shape, parent, lazy)
        mapping.map_imperatively(target, tables["t"], properties=back)
    mapping.map_imperatively(holder, tables["holder"], properties={"p": relationship(selected)})
    mapping.configure()
    return Model(
        metadata=metadata,
        registry=mapping,
        selected=selected,
        parent=parent,
        target=target,
        holder=holder,
        many=shape.many,
        values=lambda number: {"id": number, "name": f"p{number}", **shape.p_values(number)},
        keys=shape.keys,
        rows=_rows(shape, tables),
    )


def _back(shape: Shape, parent: type[Any], lazy: Lazy) -> dict[str, Any]:
    """The other side of the relationship, which loads in the same way where it can."""
    if not shape.back:
        return {}
    other = "select" if lazy in ("dynamic", "write_only") else lazy
    return {
        shape.back: relationship(parent, lazy=other, back_populates="rel")  # type: ignore[arg-type]
    }


def _tables(shape: Shape, metadata: MetaData) -> dict[str, Table]:
    def table(name: str, *columns: Any) -> Table:
        key = Column("id", Integer, primary_key=True)
        return Table(name, metadata, key, *columns)

    tables = {}
    if shape.inherits:
        tables["p"] = table("p", Column("name", String), Column("type", String))
        tables["m"] = Table(
            "m",
            metadata,
            Column("id", Integer, ForeignKey("p.id"), primary_key=True),
            Column("title", String),
            *shape.p(),
        )
    else:
        tables["p"] = table("p", Column("name", String), *shape.p())
    if shape.refers_to_itself:
        tables["t"] = tables["p"]
    elif shape.composite:
        part = Column("part", Integer, primary_key=True)
        tables["t"] = table("t", part, Column("name", String))
    else:
        tables["t"] = table("t", *shape.t(), Column("name", String))
    if shape.secondary:
        tables["link"] = Table(
            "link",
            metadata,
            Column("p_id", Integer, ForeignKey("p.id"), primary_key=True),
            Column("t_id", Integer, ForeignKey("t.id"), primary_key=True),
        )
    tables["holder"] = table("holder", Column("p_id", Integer, ForeignKey("p.id")))
    for made in metadata.tables.values():
        for constraint in made.foreign_key_constraints:
            constraint.ddl_if(callable_=lambda *_, **__: False)
    return tables


def _rows(
    shape: Shape, tables: Mapping[str, Table]
) -> tuple[tuple[Table, Sequence[Mapping[str, Any]]], ...]:
    """What is in the tables, in the order in which it can be inserted."""
    kind = {"type": "m"} if shape.inherits else {}
    parents = [
        {"id": number, "name": f"p{number}", **shape.p_values(number), **kind} for number in OLD
    ]
    rows: list[tuple[Table, Sequence[Mapping[str, Any]]]] = []
    if shape.inherits:
        own = {column.name for column in tables["m"].c}
        base = [
            {name: value for name, value in row.items() if name == "id" or name not in own}
            for row in parents
        ]
        sub = [{name: value for name, value in row.items() if name in own} for row in parents]
        rows += [(tables["p"], base), (tables["m"], sub)]
    else:
        rows.append((tables["p"], parents))
    found = {key: shape.owner(number) for number in (*OLD, *NEW) for key in shape.keys(number)}
    found |= {key: {} for key in shape.spare if key not in found}
    targets = [{"id": key, "name": f"t{key}", **found[key]} for key in sorted(found)]
    for row in targets:
        row.update(_more(shape, row["id"]))
    rows.append((tables["t"], targets))
    if shape.secondary:
        links = [
            {"p_id": number, "t_id": key} for number in (*OLD, *NEW) for key in shape.keys(number)
        ]
        rows.append((tables["link"], links))
    rows.append((tables["holder"], [{"id": number, "p_id": number} for number in OLD]))
    return tuple((table, given) for table, given in rows if given)


def _more(shape: Shape, key: int) -> dict[str, Any]:
    """What a target has beside its key, its name and its owner."""
    if shape.composite:
        return {"part": 1}
    return {"code": key + 1000} if shape.t is code else {}
