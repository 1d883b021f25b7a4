"""Joins: statements that join collections, and how many rows that made.

No event counts rows. They are worked out of the objects that a statement made, as soon as it is
over: each object has one row for each combination of what is joined to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy.orm.collections import collection_adapter

from loadwise.observe import hooks

MOST: Final = 64
"""Executions that are looked at, at a time."""

Names = tuple[str, ...]
Branches = dict[str, Any]
"""What is joined to an object: the names of relationships, each with what is joined there."""


@dataclass(slots=True)
class Rows:
    """How many rows the objects of one execution were made of, and whether rows multiplied."""

    rows: int = 0
    objects: set[int] = field(default_factory=set[int])
    multiplied: bool = False
    several: bool = False
    """Whether a collection had more than one object."""


@dataclass(slots=True, eq=False)
class Execution:
    """One execution that joins collections: their names, all that is joined, and its roots."""

    limited: bool
    joined: list[Names] = field(default_factory=list[Names])
    collections: list[Names] = field(default_factory=list[Names])
    roots: WeakSet[Any] = field(default_factory=WeakSet[Any])

    def counted(self) -> Rows | None:
        """Its rows, where they did multiply; None where they did not, or nobody holds the roots."""
        beside = side_by_side(self.collections)
        if not beside and not (self.limited and self.collections):
            return None
        branches: Branches = {}
        for names in self.joined:
            at = branches
            for name in names:
                at = at.setdefault(name, {})
        found = Rows()
        for state in tuple(self.roots):
            found.rows += _rows(state, branches, found)
        return found if found.multiplied or (self.limited and found.several) else None


def side_by_side(collections: Iterable[Names]) -> tuple[Names, Names] | None:
    """Two joined collections of which neither lies below the other."""
    names = sorted(set(collections))
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            if other[: len(one)] != one:
                return one, other
    return None


def _rows(state: Any, branches: Branches, found: Rows) -> int:
    """The rows of one object: the product of those of what is joined to it."""
    found.objects.add(id(state))
    product, several = 1, 0
    for name, below in branches.items():
        rows = sum(_rows(one, below, found) for one in states_of(state, name))
        several += rows > 1
        product *= max(rows, 1)
    found.multiplied = found.multiplied or several > 1
    found.several = found.several or several > 0
    return product


def states_of(state: Any, name: str) -> Iterator[Any]:
    """What a relationship of an object holds, without reading it."""
    value = state.dict.get(name)
    if value is None:
        return
    single = hooks.state_if_mapped(value) is not None
    for one in (value,) if single else collection_adapter(value):
        yield hooks.state_of(one)
