"""The shapes of the tables of each kind of relationship, and what refers to what in them.

The parents are P 1 to 20; P 1001 to 1020 are not in the database, while what they refer to is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, Table, and_
from sqlalchemy.orm import foreign

Keys = tuple[int, ...]

MANY: Final = 20
"""How many parents there are at most."""
OLD: Final = range(1, MANY + 1)
"""The parents that the database has."""
NEW: Final = range(1001, 1001 + MANY)
"""The parents that it does not have."""


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
