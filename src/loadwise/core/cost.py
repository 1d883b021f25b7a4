"""Cost: what a strategy makes a `select()` take: statements, rows, LEFT OUTER JOINs.

Only counts, which are the same on every database. `C…` names the rows of the measured table that
say so, and `tests/truth/test_cost.py` checks this module against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from loadwise.core.graph import Direction, Relationship
from loadwise.core.strategy import Strategy

CHUNK: Final = 500
"""How many keys selectin loading asks for with one statement."""


class Kind(str, Enum):
    """The kinds of relationship that cost differently."""

    MANY_TO_ONE = "many-to-one"
    """By the primary key of the target, so that it may be in the session already."""
    OTHER_MANY_TO_ONE = "other many-to-one"
    """By other columns, or with a condition of one's own."""
    TO_ONE = "one-to-one"
    """From the side that does not have the foreign key."""
    COLLECTION = "one-to-many"
    SECONDARY = "many-to-many"

    def __str__(self) -> str:
        return self.value


def kind_of(relationship: Relationship) -> Kind:
    """The kind of a relationship."""
    if relationship.join.secondary:
        return Kind.SECONDARY
    if relationship.direction is Direction.MANY_TO_ONE:
        return Kind.MANY_TO_ONE if relationship.is_simple_get else Kind.OTHER_MANY_TO_ONE
    return Kind.COLLECTION if relationship.uselist else Kind.TO_ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """How many objects there are on the two sides of a relationship.

    `objects` have the relationship. `rows` counts their related rows, one that two objects share
    twice, and `targets` counts it once; `held` of the targets are in the session already. `empty`
    objects have none. `partly` of these have a composite foreign key that is NULL in part: a
    foreign key that is not NULL has its target.
    """

    objects: int
    rows: int
    targets: int
    empty: int = 0
    partly: int = 0
    held: int = 0


def each(objects: int, rows: int = 1) -> Related:
    """Objects that have so many related rows each, all their own.

    >>> each(100, 10).targets
    1000
    """
    return Related(objects=objects, rows=objects * rows, targets=objects * rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it takes; `joins` counts the LEFT OUTER JOINs."""

    statements: int = 0
    rows: int = 0
    joins: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            statements=self.statements + other.statements,
            rows=self.rows + other.rows,
            joins=self.joins + other.joins,
        )


def cost(kind: Kind, strategy: Strategy, related: Related) -> Cost:
    """What a `select()` of the objects takes in all, where it applies the strategy.

    What leaves a relationship to its first read adds nothing here: select, raise, raise_on_sql,
    noload, dynamic, write_only.

    >>> cost(Kind.COLLECTION, Strategy.IMMEDIATE, each(100, 10))
    Cost(statements=101, rows=1100, joins=0)
    >>> cost(Kind.COLLECTION, Strategy.JOINED, each(100, 10))
    Cost(statements=1, rows=1000, joins=1)
    """
    return Cost(statements=1, rows=related.objects) + further(kind, strategy, related)


def further(kind: Kind, strategy: Strategy, related: Related) -> Cost:
    """What a relationship adds to what brings its objects."""
    match strategy:
        case Strategy.JOINED:
            return Cost(rows=related.rows + related.empty - related.objects, joins=1)
        case Strategy.SELECTIN:
            return _selectin(kind, related)
        case Strategy.SUBQUERY:
            return _subquery(kind, related)
        case Strategy.IMMEDIATE:
            return _immediate(kind, related)
        case _:
            return Cost()


def chain(strategy: Strategy, *levels: tuple[Kind, Related]) -> Cost:
    """What relationships in a row take, with one strategy: children, grandchildren, and so on.

    The objects of a level are the targets of the level above, and no target is shared. A joined
    load fetches one row for each end of a branch, whatever stands above it.
    """
    top = Cost(statements=1, rows=levels[0][1].objects)
    if strategy is Strategy.JOINED:
        ends = levels[-1][1].rows + sum(related.empty for _, related in levels)
        return Cost(statements=1, rows=ends, joins=len(levels))
    return sum((further(kind, strategy, related) for kind, related in levels), top)


def _selectin(kind: Kind, related: Related) -> Cost:
    """A statement for up to 500 keys. A many-to-one asks for its targets, and for none if every
    foreign key is NULL (C13); all others ask by the keys of the objects.
    """
    if kind is Kind.MANY_TO_ONE:
        return Cost(statements=_chunks(related.targets), rows=related.targets)
    return Cost(statements=_chunks(related.objects), rows=related.rows)


def _chunks(keys: int) -> int:
    return -(-keys // CHUNK)


def _subquery(kind: Kind, related: Related) -> Cost:
    """One statement, for whatever number, also where every foreign key is NULL (C13).

    The subquery is DISTINCT, so that a many-to-one brings a shared target once.
    """
    to_one = kind in {Kind.MANY_TO_ONE, Kind.OTHER_MANY_TO_ONE}
    return Cost(
        statements=1 if related.objects else 0, rows=related.targets if to_one else related.rows
    )


def _immediate(kind: Kind, related: Related) -> Cost:
    """A statement for each object (C7). A many-to-one needs one for each target that the session
    does not have, and one for each key that is NULL in part, which finds nothing.
    """
    if kind is Kind.MANY_TO_ONE:
        missing = related.targets - related.held
        return Cost(statements=missing + related.partly, rows=missing)
    return Cost(statements=related.objects, rows=related.rows)
