"""What SQLAlchemy's loader strategies cost, against selectin loading. Prints ratios of one run.

    uv run python benchmarks/strategies.py [--quick] [--json FILE]

Parents with 10 children each, of 5 grandchildren each, loaded with one option for each level, in a
new session every time. Columns: the statements, the LEFT OUTER JOINs in them, milliseconds until
everything is there, the ratio to selectin loading, and how sure that is. The clock is what a caller
waits: what the database does, and the way to it and back, are in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final

import sqlalchemy
from sqlalchemy import ForeignKey, Select, event, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    immediateload,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)
from sqlalchemy.pool import StaticPool
from timing import added, interleaved

POSTGRESQL: Final = "postgresql+asyncpg://postgres@127.0.0.1:5432/test"
DATABASES: Final = {"SQLite, aiosqlite": "sqlite+aiosqlite://", "PostgreSQL, asyncpg": POSTGRESQL}
TEMPORARY: Final = {"prefixes": ["TEMPORARY"]}
"""Tables of one connection: nothing is left in a database, and two runs do not meet there."""
CHILDREN: Final = 10
GRANDCHILDREN: Final = 5
JOIN: Final = "LEFT OUTER JOIN"


class Base(DeclarativeBase):
    """The models of the benchmark."""


class Parent(Base):
    """The top of a tree."""

    __tablename__ = "loadwise_benchmark_parents"
    __table_args__ = TEMPORARY

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    children: Mapped[list[Child]] = relationship(back_populates="parent")


class Child(Base):
    """One of ten."""

    __tablename__ = "loadwise_benchmark_children"
    __table_args__ = TEMPORARY

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int] = mapped_column(ForeignKey(Parent.id), index=True)
    parent: Mapped[Parent] = relationship(back_populates="children")
    grandchildren: Mapped[list[Grandchild]] = relationship(back_populates="child")


class Grandchild(Base):
    """One of five."""

    __tablename__ = "loadwise_benchmark_grandchildren"
    __table_args__ = TEMPORARY

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    child_id: Mapped[int] = mapped_column(ForeignKey(Child.id), index=True)
    child: Mapped[Child] = relationship(back_populates="grandchildren")


STRATEGIES: Final[Mapping[str, Callable[..., Any]]] = {
    "selectin": selectinload,
    "joined": joinedload,
    "subquery": subqueryload,
    "immediate": immediateload,
}
"""The options by the names that `lazy=` has for them; all are compared with the first."""


async def fill(connection: AsyncConnection, parents: int) -> None:
    """Make the tables and their rows."""
    await connection.run_sync(lambda sync: Base.metadata.create_all(sync, checkfirst=False))
    children, grandchildren = parents * CHILDREN, parents * CHILDREN * GRANDCHILDREN
    for model, rows in (
        (Parent, [{"id": n + 1, "name": f"{n}"} for n in range(parents)]),
        (
            Child,
            [
                {"id": n + 1, "name": f"{n}", "parent_id": n // CHILDREN + 1}
                for n in range(children)
            ],
        ),
        (
            Grandchild,
            [
                {"id": n + 1, "name": f"{n}", "child_id": n // GRANDCHILDREN + 1}
                for n in range(grandchildren)
            ],
        ),
    ):
        await connection.execute(insert(model), rows)


def down(strategy: str) -> Select[Any]:
    """All parents, with their children and grandchildren."""
    option = STRATEGIES[strategy]
    below: Any = option(Child.grandchildren)
    return select(Parent).options(option(Parent.children).options(below))


def one(strategy: str) -> Select[Any]:
    """One parent, with its children and grandchildren."""
    return down(strategy).where(Parent.id == 1)


def up(strategy: str) -> Select[Any]:
    """All grandchildren, with their child and its parent; immediate loading stops at the child."""
    option = STRATEGIES[strategy]
    above: Any = option(Child.parent)
    return select(Grandchild).options(option(Grandchild.child).options(above))


SCENARIOS: Final[Mapping[str, Callable[[str], Select[Any]]]] = {"down": down, "one": one, "up": up}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `parents` says how many there were in the database."""

    database: str
    scenario: str
    parents: int
    strategy: str
    statements: int
    joins: int
    milliseconds: float
    ratio: float
    noise: float


@dataclass(slots=True)
class Counter:
    """The statements of an engine, and the LEFT OUTER JOINs in them."""

    statements: int = 0
    joins: int = 0

    def note(self, *details: Any) -> None:
        """Count a statement that is about to run."""
        self.statements += 1
        self.joins += details[2].count(JOIN)


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[Counter]:
    """Count what runs in the block."""
    found = Counter()
    event.listen(engine.sync_engine, "before_cursor_execute", found.note)
    try:
        yield found
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", found.note)


@dataclass(slots=True)
class Bench:
    """A filled database, the event loop that it is used on, and the strategy whose turn it is."""

    loop: asyncio.AbstractEventLoop
    engine: AsyncEngine
    build: Callable[[str], Select[Any]] = down
    strategy: str = "selectin"

    @contextmanager
    def turn(self, strategy: str) -> Iterator[None]:
        """The block is the turn of a strategy."""
        self.strategy = strategy
        yield

    def work(self) -> int:
        """Load once, in a new session."""
        return self.loop.run_until_complete(self._load())

    async def _load(self) -> int:
        async with AsyncSession(self.engine) as session:
            (await session.scalars(self.build(self.strategy))).unique().all()
        return 1


def rows(bench: Bench, database: str, parents: int, rounds: int) -> Iterator[Row]:
    """What each strategy takes in each scenario."""
    conditions = {name: lambda name=name: bench.turn(name) for name in STRATEGIES}
    for scenario, build in SCENARIOS.items():
        bench.build = build
        times = interleaved(bench.work, conditions, rounds=rounds, clock=time.perf_counter)
        base = times["selectin"]
        for strategy, found in times.items():
            with bench.turn(strategy), counted(bench.engine) as counter:
                bench.work()
            more = added(base, found) if strategy != "selectin" else None
            yield Row(
                database=database,
                scenario=scenario,
                parents=parents,
                strategy=strategy,
                statements=counter.statements,
                joins=counter.joins,
                milliseconds=round(median(found) / 1000, 2),
                ratio=round(median(found) / median(base), 2),
                noise=round(more.noise / median(base), 2) if more else 0.0,
            )


async def unreachable(url: str) -> str:
    """Why a database cannot be reached; empty where it can."""
    try:
        engine = create_async_engine(url)
        async with engine.connect():
            pass
    except Exception as error:  # whatever the driver, or its absence, makes of it
        return type(error).__name__
    await engine.dispose()
    return ""


def measured(name: str, url: str, parents: int, rounds: int) -> Iterator[Row]:
    """The rows of a database, behind one connection."""
    loop = asyncio.new_event_loop()
    engine = create_async_engine(url, poolclass=StaticPool)

    async def prepare() -> None:
        async with engine.begin() as connection:
            await fill(connection, parents)

    try:
        loop.run_until_complete(prepare())
        yield from rows(Bench(loop, engine), name, parents, rounds)
    finally:
        loop.run_until_complete(engine.dispose())
        loop.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="What the loader strategies cost.")
    parser.add_argument("--quick", action="store_true", help="less, for a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result, too")
    given = parser.parse_args()
    parents, rounds = (10, 3) if given.quick else (100, 15)

    versions = {"python": platform.python_version(), "sqlalchemy": sqlalchemy.__version__}
    print(f"Python {versions['python']}, SQLAlchemy {versions['sqlalchemy']}; ms a load")
    print(f"{'':<34}{'statements':>10} {'joins':>6} {'ms':>9} {'ratio':>7} {'noise':>6}")
    found: list[Row] = []
    for name, url in DATABASES.items():
        reason = asyncio.run(unreachable(url))
        if reason:
            print(f"{name}: skipped, {url} is not there ({reason})")
            continue
        for row in measured(name, url, parents, rounds):
            found.append(row)
            label = f"{row.database}: {row.scenario}, {row.strategy}"
            print(
                f"{label:<38}{row.statements:>6} {row.joins:>6} {row.milliseconds:>9.2f}"
                f" {row.ratio:>7.2f} {row.noise:>6.2f}",
                flush=True,
            )
    if given.json:
        content = {"date": f"{date.today()}", **versions, "rows": [asdict(row) for row in found]}
        given.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
