"""What `loadwise.watch()` costs, against the same work without it. Prints ratios of one run.

    uv run python benchmarks/overhead.py [--quick]

Columns: microseconds a unit without loadwise; with an empty `do_orm_execute` listener, the floor
for anything that listens; with `watch()`; and with a watch that was started and stopped again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import Engine, ForeignKey, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool
from timing import Condition, Timed, Work, interleaved

import loadwise

ROWS = 500
POSTGRESQL = "postgresql+asyncpg://postgres@127.0.0.1:5432/test"


class Base(DeclarativeBase):
    """The models of the benchmark."""


class Team(Base):
    """Something to belong to."""

    __tablename__ = "loadwise_benchmark_teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    """A row of five columns."""

    __tablename__ = "loadwise_benchmark_users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    age: Mapped[int]
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    team: Mapped[Team] = relationship()


def rows() -> list[Any]:
    """A team and its users, not yet in a session."""
    users = [
        User(id=i, name=f"user {i}", email=f"{i}@example.com", age=i, team_id=1)
        for i in range(1, ROWS + 1)
    ]
    return [Team(id=1, name="team"), *users]


def do_nothing(execution: object) -> None:
    """The emptiest listener."""


@contextmanager
def empty_listener() -> Iterator[None]:
    event.listen(Session, "do_orm_execute", do_nothing)
    try:
        yield
    finally:
        event.remove(Session, "do_orm_execute", do_nothing)


@contextmanager
def stopped() -> Iterator[None]:
    loadwise.watch().stop()
    yield


CONDITIONS: Mapping[str, Condition] = {
    "vanilla": nullcontext,
    "empty": empty_listener,
    "watch": loadwise.watch,
    "off": stopped,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what is measured, a unit's name, and what it may cost."""

    label: str
    work: Work
    most_added: float | None = None
    most_ratio: float | None = None
    clock: Callable[[], float] = time.process_time


def statements(engine: Engine, size: int) -> int:
    """So many statements, each built anew, of one row each."""
    with Session(engine) as session:
        for number in range(size):
            session.execute(select(User).where(User.id == number % ROWS + 1)).scalar_one()
    return size


def reads(engine: Engine, size: int) -> int:
    """Reads of one loaded attribute."""
    with Session(engine) as session:
        user = session.get_one(User, 1)
        for _ in range(size * 50):
            user.name  # noqa: B018
    return size * 50


def loads(engine: Engine, size: int) -> int:
    """Rows that become objects."""
    with Session(engine) as session:
        for _ in range(size // 100):
            session.execute(select(User)).scalars().all()
            session.expunge_all()
    return size // 100 * ROWS


def meetings(engine: Engine, size: int) -> int:
    """Rows whose objects are in the session already."""
    with Session(engine) as session:
        held = session.scalars(select(User)).all()
        for _ in range(size // 100):
            session.execute(select(User)).scalars().all()
        return size // 100 * len(held)


def commits(engine: Engine, size: int) -> int:
    """Rows that become objects, and are expired by a commit."""
    done = 0
    with Session(engine) as session:
        for _ in range(size // 100):
            held = session.scalars(select(User)).all()
            session.commit()
            done += len(held)
    return done


def flushes(engine: Engine, size: int) -> int:
    """New objects that are added and written."""
    with Session(engine) as session:
        for turn in range(size // 100):
            session.add_all(
                User(id=10_000 + i, name="x", email="x", age=turn, team_id=1) for i in range(ROWS)
            )
            session.flush()
            session.rollback()
    return size // 100 * ROWS


def synchronous_rows(size: int) -> Iterator[Row]:
    """Work of a synchronous session on SQLite in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows())
        session.commit()

    def of(work: Callable[[Engine, int], int]) -> Work:
        return lambda: work(engine, size)

    label = "ORM statement, sync SQLite, 1 row"
    yield Row(label, of(statements), most_added=9.0, most_ratio=1.12)
    yield Row("read of a loaded attribute", of(reads), most_ratio=1.0)
    yield Row("row loaded", of(loads), most_added=0.0)
    yield Row("row met again", of(meetings))
    yield Row("row loaded and expired by a commit", of(commits))
    yield Row("row added and flushed", of(flushes))


async def statements_of(url: str, **settings: Any) -> Callable[[int], Coroutine[Any, Any, int]]:
    """Work of an AsyncSession: so many statements of one row each."""
    engine = create_async_engine(url, **settings)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all(rows())
        await session.commit()

    async def work(size: int) -> int:
        async with AsyncSession(engine) as session:
            for number in range(size):
                statement = select(User).where(User.id == number % ROWS + 1)
                (await session.execute(statement)).scalar_one()
        return size

    return work


def asynchronous_row(
    loop: asyncio.AbstractEventLoop, label: str, url: str, size: int, **settings: Any
) -> Row:
    """A row of statements on an AsyncSession, in wall time: the driver has a thread or a socket."""
    work = loop.run_until_complete(statements_of(url, **settings))
    return Row(label, lambda: loop.run_until_complete(work(size)), clock=time.perf_counter)


def measured(row: Row, rounds: int) -> str:
    """One printed line."""
    times = interleaved(row.work, CONDITIONS, rounds=rounds, clock=row.clock)
    vanilla, watched = times["vanilla"], times["watch"]
    added, ratio = watched.median - vanilla.median, watched.median / vanilla.median
    noise = vanilla.spread + watched.spread
    cells = [f"{times[name].median:9.3f}" for name in CONDITIONS]
    return (
        f"{row.label:<36}{''.join(cells)}  {added:+8.3f}  {ratio:5.2f}  {noise:6.3f}"
        f"  {budget(row):<16}{verdict(row, added, ratio, vanilla, noise)}"
    )


def budget(row: Row) -> str:
    added = "" if row.most_added is None else f"+{row.most_added:g} us"
    ratio = "" if row.most_ratio is None else f"{row.most_ratio:g} x"
    return ", ".join(filter(None, (added, ratio))) or "-"


def verdict(row: Row, added: float, ratio: float, vanilla: Timed, noise: float) -> str:
    """Whether a row keeps to its budget; a difference within the noise is none."""
    if row.most_added is None and row.most_ratio is None:
        return ""
    over_added = row.most_added is not None and added - noise > row.most_added
    over_ratio = (
        row.most_ratio is not None and (added - noise) / vanilla.median + 1 > row.most_ratio
    )
    return "over" if over_added or over_ratio else "within"


def main() -> None:
    parser = argparse.ArgumentParser(description="What loadwise.watch() costs.")
    parser.add_argument("--quick", action="store_true", help="a few rounds, for a first look")
    quick = parser.parse_args().quick
    size, rounds = (200, 4) if quick else (400, 9)
    print(f"Python {sys.version.split()[0]}, SQLAlchemy {sqlalchemy.__version__}; us a unit")
    heads = "".join(f"{name:>9}" for name in CONDITIONS)
    print(f"{'':<36}{heads}  {'added':>8}  ratio  {'noise':>6}  budget")
    for row in synchronous_rows(size):
        print(measured(row, rounds), flush=True)
    loop = asyncio.new_event_loop()
    label = "ORM statement, aiosqlite, 1 row"
    row = asynchronous_row(loop, label, "sqlite+aiosqlite://", size, poolclass=StaticPool)
    print(measured(row, rounds), flush=True)
    try:
        row = asynchronous_row(loop, "ORM statement, asyncpg, 1 row", POSTGRESQL, size)
        print(measured(row, rounds), flush=True)
    except (OSError, SQLAlchemyError) as error:
        print(f"ORM statement, asyncpg, 1 row: skipped, {type(error).__name__}: no PostgreSQL")


if __name__ == "__main__":
    main()
