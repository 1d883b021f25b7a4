"""The table of costs is what SQLAlchemy takes for 1 and for 100 parents, counted on SQLite."""

from __future__ import annotations

import warnings
from typing import Any, Final

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, insert, select
from sqlalchemy.exc import SADeprecationWarning
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry, relationship

from loadwise.core.cost import Cost, Kind
from loadwise.core.strategy import QUERIES, Strategy
from loadwise.report.loading.kinds import COUNTED, EACH, LAZY, Counted
from tests.report.loading.live import database
from tests.truth.meter import metered

MANY: Final = 100


class Tables:
    """Parents, children, and a table between them; `shared` has all parents point at child 1."""

    def __init__(self, shared: bool) -> None:
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
        numbers = range(1, MANY + 1)
        children = range(1, MANY * EACH + 1)
        self.rows: tuple[tuple[Table, list[dict[str, Any]]], ...] = (
            (
                self.children,
                [
                    {
                        "id": n,
                        "code": n + 5000,
                        "one_id": n if n <= MANY else None,
                        "parent_id": (n - 1) // EACH + 1,
                    }
                    for n in children
                ],
            ),
            (
                self.parents,
                [{"id": n, "rel_id": 1 if shared else n, "rel_code": n + 5000} for n in numbers],
            ),
            (
                self.links,
                [{"parent_id": (n - 1) // EACH + 1, "child_id": n} for n in children],
            ),
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


async def taken(counted: Counted, lazy: Strategy, parents: int) -> Cost:
    """What a select of so many parents takes."""
    tables = Tables(shared="one target" in counted.label)
    parent: Any = type("Parent", (), {})
    child: Any = type("Child", (), {})
    mapping = registry(metadata=tables.metadata)
    rel = relationship(child, lazy=str(lazy), **tables.words(counted.kind))  # type: ignore[arg-type]
    mapping.map_imperatively(parent, tables.parents, properties={"rel": rel})
    mapping.map_imperatively(child, tables.children)
    async with database(tables.metadata) as engine:
        async with engine.begin() as connection:
            for table, rows in tables.rows:
                await connection.execute(insert(table), rows)
        async with AsyncSession(engine) as session:
            held: list[Any] = []
            if "in the session" in counted.label:
                held += await session.scalars(select(child))
            with metered(engine) as meter:
                meter.start()
                statement = select(parent).where(tables.parents.c.id <= parents)
                found = (await session.scalars(statement)).unique().all()
                meter.stop()
            assert len(found) == parents
            assert bool(held) is ("in the session" in counted.label)
    return Cost(statements=meter.statements, rows=meter.rows, joins=meter.joins)


def is_refused(counted: Counted, lazy: Strategy) -> bool:
    """A to-one relationship cannot be a query."""
    return lazy in QUERIES and counted.kind not in {Kind.COLLECTION, Kind.SECONDARY}


@pytest.mark.asyncio
@pytest.mark.parametrize("counted", COUNTED, ids=lambda counted: counted.label)
async def test_every_cost_is_what_sqlalchemy_takes(counted: Counted) -> None:
    wrong = []
    for lazy in LAZY:
        if is_refused(counted, lazy):
            continue
        for parents in (1, MANY):
            with warnings.catch_warnings():
                # noload is deprecated from 2.1 on
                warnings.simplefilter("ignore", SADeprecationWarning)
                found = await taken(counted, lazy, parents)
            if found != counted.cost(lazy, parents):
                wrong.append(
                    f"{lazy}, {parents}: {found}, and the page says {counted.cost(lazy, parents)}"
                )
    assert wrong == []
