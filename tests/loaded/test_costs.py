"""The table of costs is what SQLAlchemy takes, counted on SQLite; and so is what is less even."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import SADeprecationWarning
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry, relationship

from loadwise.core.cost import Cost, Kind, Related, cost
from loadwise.core.strategy import QUERIES, Strategy
from loadwise.report.loading.kinds import COUNTED, EACH, LAZY, Counted
from tests.loaded.live import database
from tests.truth.meter import metered

pytestmark = pytest.mark.deep

MANY: Final = 100
NUMBERS: Final = range(1, MANY + 1)
CODE: Final = 5000
"""What a child's code is more than its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What the parents 1 to 100 have: the key of a child, one child, some children.

    `held` are the children that the session has beforehand.
    """

    key: Callable[[int], int | None] = lambda number: number
    one: Callable[[int], bool] = lambda number: True
    many: Callable[[int], int] = lambda number: EACH
    held: range = range(0)

    def related(self, kind: Kind) -> Related:
        """How much there is on the two sides of a relationship of all parents."""
        children: dict[Kind, Callable[[int], Sequence[int | None]]] = {
            Kind.MANY_TO_ONE: lambda n: [self.key(n)],
            Kind.OTHER_MANY_TO_ONE: lambda n: [self.key(n)],
            Kind.TO_ONE: lambda n: [n] * self.one(n),
            Kind.COLLECTION: lambda n: list(range(self.many(n))),
            Kind.SECONDARY: lambda n: list(range(n, n + self.many(n))),
        }
        rows = [[one for one in children[kind](n) if one is not None] for n in NUMBERS]
        targets = {one for row in rows for one in row}
        return Related(
            objects=MANY,
            rows=sum(map(len, rows)),
            targets=len(targets),
            empty=rows.count([]),
            held=len(targets & set(self.held)),
        )


EVEN: Final = Rows()
UNEVEN: Final = Rows(
    key=lambda number: None if number % 5 == 0 else number % 7 + 1,
    one=lambda number: number % 3 > 0,
    many=lambda number: number % 4,
    held=range(3, 6),
)
"""Keys that are NULL, shared, and in the session; and objects that have nothing."""


class Tables:
    """Parents, children, and a table between them, as `Rows` says."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.metadata = MetaData()
        self.parents = Table(
            "parents",
            self.metadata,
            Column("id", Integer, primary_key=True),
            Column("rel_id", Integer, ForeignKey("children.id")),
            Column("rel_code", Integer, ForeignKey("children.code")),
        )
        self.children = Table(
            "children",
            self.metadata,
            Column("id", Integer, primary_key=True),
            Column("code", Integer, unique=True),
            Column("one_id", Integer, unique=True),
            Column("parent_id", Integer),
        )
        self.links = Table(
            "links",
            self.metadata,
            Column("parent_id", ForeignKey("parents.id"), primary_key=True),
            Column("child_id", ForeignKey("children.id"), primary_key=True),
        )

    def content(self) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
        """The rows of each table."""
        keys = {number: self.rows.key(number) for number in NUMBERS}
        yield (
            self.parents,
            [
                {"id": number, "rel_id": key, "rel_code": key and key + CODE}
                for number, key in keys.items()
            ],
        )
        owners = [
            number if place < self.rows.many(number) else None
            for number in NUMBERS
            for place in range(EACH)
        ]
        yield (
            self.children,
            [
                {
                    "id": key,
                    "code": key + CODE,
                    "one_id": key if key <= MANY and self.rows.one(key) else None,
                    "parent_id": owner,
                }
                for key, owner in enumerate(owners, 1)
            ],
        )
        yield (
            self.links,
            [
                {"parent_id": number, "child_id": number + place}
                for number in NUMBERS
                for place in range(self.rows.many(number))
            ],
        )

    def words(self, kind: Kind) -> dict[str, Any]:
        """What makes `relationship()` one of a kind."""
        parents, children = self.parents.c, self.children.c
        words: dict[Kind, dict[str, Any]] = {
            Kind.MANY_TO_ONE: {"foreign_keys": [parents.rel_id]},
            Kind.OTHER_MANY_TO_ONE: {"foreign_keys": [parents.rel_code]},
            Kind.TO_ONE: {
                "primaryjoin": parents.id == children.one_id,
                "foreign_keys": [children.one_id],
                "uselist": False,
            },
            Kind.COLLECTION: {
                "primaryjoin": parents.id == children.parent_id,
                "foreign_keys": [children.parent_id],
            },
            Kind.SECONDARY: {"secondary": self.links},
        }
        return words[kind]


async def taken(kind: Kind, lazy: Strategy, rows: Rows, parents: int = MANY) -> Cost:
    """What a select of so many parents takes."""
    tables = Tables(rows)
    parent: Any = type("Parent", (), {})
    child: Any = type("Child", (), {})
    mapping = registry(metadata=tables.metadata)
    rel = relationship(child, lazy=str(lazy), **tables.words(kind))  # type: ignore[arg-type]
    mapping.map_imperatively(parent, tables.parents, properties={"rel": rel})
    mapping.map_imperatively(child, tables.children)
    async with database(tables.metadata) as engine:
        async with engine.begin() as connection:
            for table, content in tables.content():
                await connection.execute(insert(table), content)
        async with AsyncSession(engine) as session:
            statement = select(child).where(tables.children.c.id.in_(rows.held))
            held = (await session.scalars(statement)).all()
            with metered(engine) as meter:
                meter.start()
                statement = select(parent).where(tables.parents.c.id <= parents)
                found = (await session.scalars(statement)).unique().all()
                meter.stop()
            assert (len(found), len(held)) == (parents, len(rows.held))
    return Cost(statements=meter.statements, rows=meter.rows, joins=meter.joins)


def is_refused(kind: Kind, lazy: Strategy) -> bool:
    """A to-one relationship cannot be a query."""
    return lazy in QUERIES and kind not in {Kind.COLLECTION, Kind.SECONDARY}


def rows_of(counted: Counted) -> Rows:
    """The rows that a line of the table speaks of."""
    if "one target" in counted.label:
        return replace(EVEN, key=lambda number: 1)
    return replace(EVEN, held=NUMBERS) if "in the session" in counted.label else EVEN


@pytest.mark.asyncio
@pytest.mark.parametrize("counted", COUNTED, ids=lambda counted: counted.label)
async def test_every_cost_is_what_sqlalchemy_takes(counted: Counted) -> None:
    wrong = []
    for lazy in LAZY:
        if is_refused(counted.kind, lazy):
            continue
        for parents in (1, MANY):
            with warnings.catch_warnings():
                # noload is deprecated from 2.1 on
                warnings.simplefilter("ignore", SADeprecationWarning)
                found = await taken(counted.kind, lazy, rows_of(counted), parents)
            if found != counted.cost(lazy, parents):
                wrong.append(
                    f"{lazy}, {parents}: {found}, and the page says {counted.cost(lazy, parents)}"
                )
    assert wrong == []


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", Kind)
async def test_the_cost_is_right_for_rows_that_are_not_even(kind: Kind) -> None:
    """The cost itself, where some keys are NULL, some targets shared, and some in the session."""
    strategies = (Strategy.JOINED, Strategy.SELECTIN, Strategy.SUBQUERY, Strategy.IMMEDIATE)
    found = {lazy: await taken(kind, lazy, UNEVEN) for lazy in strategies}
    assert found == {lazy: cost(kind, lazy, UNEVEN.related(kind)) for lazy in strategies}
