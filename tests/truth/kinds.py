"""The kinds of relationship: for each a mapped class P with `rel`, its target T, and their rows.

The parents are P 1 to 20; P 1001 to 1020 are not in the database, while what they refer to is. The
database does not enforce foreign keys, so that the one may be there without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    String,
    Table,
    and_,
)
from sqlalchemy.orm import foreign, registry, relationship

Lazy = str | bool | None
Keys = tuple[int, ...]

MANY: Final = 20
"""How many parents there are at most."""
OLD: Final = range(1, MANY + 1)
"""The parents that the database has."""
NEW: Final = range(1001, 1001 + MANY)
"""The parents that it does not have."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the kinds have in common, and each may change.

    `p`, `t`: the columns beside the key and the name. `p_values`: what a parent has in them.
    `keys`: the keys of its targets, and `owner` what these have of it. `link`: more words for the
    relationship, a function of the two tables. `back`: the name of the relationship on the other
    side. `spare`: the keys of targets that no parent refers to.
    """

    p: Callable[[], Sequence[Column[Any] | ForeignKeyConstraint]] = tuple
    t: Callable[[], Sequence[Column[Any]]] = tuple
    p_values: Callable[[int], dict[str, Any]] = lambda number: {}
    keys: Callable[[int], Keys]
    owner: Callable[[int], dict[str, Any]] = lambda number: {}
    link: Callable[[Table, Table], dict[str, Any]] = lambda p, t: {}
    many: bool = False
    back: str = ""
    inherits: bool = False
    refers_to_itself: bool = False
    secondary: bool = False
    composite: bool = False
    spare: Sequence[int] = ()


class Thing:
    """What can be made from the values of its attributes, as declarative classes can."""

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def nth(number: int, old: int, new: int) -> int:
    """A key counted from `old` for a parent in the database, from `new` for another."""
    return old + number if number in OLD else new + number - NEW.start + 1


def one(number: int) -> Keys:
    """The target of a many-to-one relationship: 101 to 120, 201 to 220."""
    return (nth(number, 100, 200),)


def two(number: int) -> Keys:
    """The two targets of a one-to-many relationship: 10010, 10011, 10020 …, 20010 …."""
    first = nth(number, 0, 0) * 10 + (10000 if number in OLD else 20000)
    return (first, first + 1)


def none(number: int) -> Keys:
    """No target."""
    return ()


def child(number: int) -> Keys:
    """The one target that refers to its parent."""
    return two(number)[:1]


def children(number: int) -> Keys:
    """The two targets of a class that refers to itself, whose keys are those of parents, too."""
    return tuple(key + 10000 for key in two(number))


def linked(number: int) -> Keys:
    """The two targets of a many-to-many relationship."""
    return (number + 100, number + 101)


def shared(number: int) -> Keys:
    """The one target that all parents share."""
    return (101,)


def fk(name: str, to: str) -> Callable[[], Sequence[Column[Any]]]:
    """A column that refers to another."""
    return lambda: (Column(name, Integer, ForeignKey(to), nullable=True),)


def code() -> Sequence[Column[Any]]:
    """A column that is unique and not the primary key."""
    return (Column("code", Integer, unique=True),)


M2O: Final = Shape(
    p=fk("t_id", "t.id"),
    t=code,
    p_values=lambda number: {"t_id": one(number)[0]},
    keys=one,
)
O2M: Final = Shape(
    t=fk("p_id", "p.id"),
    keys=two,
    owner=lambda number: {"p_id": number},
    many=True,
)
O2O: Final = replace(O2M, keys=child, link=lambda p, t: {"uselist": False}, many=False)
COMPOSITE: Final = Shape(
    p=lambda: (
        Column("t_id", Integer),
        Column("t_part", Integer),
        ForeignKeyConstraint(["t_id", "t_part"], ["t.id", "t.part"]),
    ),
    p_values=lambda number: {"t_id": one(number)[0], "t_part": 1},
    keys=one,
    composite=True,
)
SHAPES: Final[Mapping[str, Shape]] = {
    "m2o": M2O,
    "m2o_shared": replace(M2O, p_values=lambda number: {"t_id": 101}, keys=shared),
    "m2o_null": replace(M2O, p_values=lambda number: {"t_id": None}, keys=none, spare=(101,)),
    "m2o_custom": replace(
        M2O,
        link=lambda p, t: {"primaryjoin": and_(foreign(p.c.t_id) == t.c.id, t.c.name != "")},
    ),
    "m2o_nonpk": replace(
        M2O,
        p=fk("t_code", "t.code"),
        p_values=lambda number: {"t_code": one(number)[0] + 1000},
    ),
    "m2o_comp": COMPOSITE,
    "m2o_comp_part": replace(
        COMPOSITE,
        p_values=lambda number: {"t_id": one(number)[0], "t_part": None},
        keys=none,
        spare=(101,),
    ),
    "o2m": O2M,
    "o2o": O2O,
    "o2o_none": replace(O2O, keys=none),
    "m2m": Shape(keys=linked, many=True, secondary=True, spare=range(100, 1200)),
    "self_m2o": Shape(
        p=fk("parent_id", "p.id"),
        p_values=lambda number: {"parent_id": one(number)[0]},
        keys=one,
        link=lambda p, t: {"remote_side": p.c.id},
        refers_to_itself=True,
    ),
    "self_o2m": Shape(
        p=fk("parent_id", "p.id"),
        p_values=lambda number: {"parent_id": None},
        keys=children,
        owner=lambda number: {"parent_id": number},
        many=True,
        refers_to_itself=True,
    ),
    "bidi_m2o": replace(M2O, back="ps"),
    "bidi_o2m": replace(O2M, back="p"),
    "bidi_o2o": replace(O2O, back="p"),
    "inh_m2o": replace(
        M2O,
        t=tuple,
        p_values=lambda number: {"title": f"m{number}", "t_id": one(number)[0]},
        inherits=True,
    ),
    "inh_o2m": replace(
        O2M,
        t=fk("m_id", "m.id"),
        p_values=lambda number: {"title": f"m{number}"},
        owner=lambda number: {"m_id": number},
        inherits=True,
    ),
}
KINDS: Final = tuple(SHAPES)


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
