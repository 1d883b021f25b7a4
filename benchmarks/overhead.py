"""What `loadwise.watch()` costs, against the same work without it. Prints ratios of one run.

    uv run python benchmarks/overhead.py [--quick]

Columns: microseconds a unit without loadwise; with an empty `do_orm_execute` listener, the floor
for anything that listens; with `watch()`; with `watch(mode="full")`, which is for tests; what
`watch()` adds, how sure that is, its ratio, and that of the mode "full".
All is CPU time of this process: what a server does meanwhile is not in it, so that users see lower
ratios. A synchronous session pays less, as nothing has to be explained there.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Engine, ForeignKey, create_engine, event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool
from timing import Added, Condition, Work, added, calls, interleaved

import loadwise

ROWS: Final = 1_000
ADDED: Final = 100
STATEMENTS: Final = 25
READS: Final = 20_000
POSTGRESQL: Final = "postgresql+asyncpg://postgres@127.0.0.1:5432/test"
TEMPORARY: Final = {"prefixes": ["TEMPORARY"]}
"""Tables of one connection: nothing is left in a database, and two runs do not meet there."""


class Base(DeclarativeBase):
    """The models of the benchmark."""


class Team(Base):
    """Something to belong to."""

    __tablename__ = "loadwise_benchmark_teams"
    __table_args__ = TEMPORARY

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    """A row of five columns."""

    __tablename__ = "loadwise_benchmark_users"
    __table_args__ = TEMPORARY

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    age: Mapped[int]
    team_id: Mapped[int] = mapped_column(ForeignKey(Team.id))
    team: Mapped[Team] = relationship()


def users(numbers: Iterable[int]) -> list[User]:
    """New users, not yet in a session."""
    return [User(id=i, name=f"user {i}", email=f"{i}@x.org", age=i, team_id=1) for i in numbers]


def fill(session: Session) -> int:
    """Make the tables, with one team of all users."""
    Base.metadata.create_all(session.connection(), checkfirst=False)
    session.add_all([Team(id=1, name="team"), *users(range(1, ROWS + 1))])
    session.commit()
    return ROWS


def statements(session: Session) -> int:
    """Statements, each built anew, of one row each."""
    for number in range(1, STATEMENTS + 1):
        session.execute(select(User).where(User.id == number)).scalar_one()
    return STATEMENTS


async def awaited_statements(session: AsyncSession) -> int:
    """The same, each awaited."""
    for number in range(1, STATEMENTS + 1):
        (await session.execute(select(User).where(User.id == number))).scalar_one()
    return STATEMENTS


def reads(session: Session) -> int:
    """Reads of one loaded attribute."""
    user = session.get_one(User, 1)
    for _ in range(READS):
        user.name  # noqa: B018
    return READS


def loads(session: Session) -> int:
    """Rows that become objects."""
    return len(session.scalars(select(User)).all())


def meetings(session: Session) -> int:
    """Rows that become objects, and as many that meet them in the session."""
    held = session.scalars(select(User)).all()
    return len(held) + len(session.scalars(select(User)).all())


def commits(session: Session) -> int:
    """Rows that become objects, and are expired by a commit."""
    held = session.scalars(select(User)).all()
    session.commit()
    return len(held)


def flushes(session: Session) -> int:
    """New objects that are added and written."""
    session.add_all(users(range(ROWS + 1, ROWS + 1 + ADDED)))
    session.flush()
    session.rollback()
    return ADDED


def do_nothing(execution: object) -> None:
    """The emptiest listener."""


@contextmanager
def empty_listener() -> Iterator[None]:
    event.listen(Session, "do_orm_execute", do_nothing)
    try:
        yield
    finally:
        event.remove(Session, "do_orm_execute", do_nothing)


CONDITIONS: Final[Mapping[str, Condition]] = {
    "vanilla": nullcontext,
    "empty": empty_listener,
    "watch": loadwise.watch,
    "full": partial(loadwise.watch, mode="full"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what is measured, and what it may cost."""

    label: str
    work: Work
    most_added: float | None = None
    most_ratio: float | None = None

    @property
    def budget(self) -> str:
        added = "" if self.most_added is None else f"+{self.most_added:g} us"
        ratio = "" if self.most_ratio is None else f"{self.most_ratio:g} x"
        return ", ".join(filter(None, (added, ratio)))

    def verdict(self, base: float, found: Added) -> str:
        """Whether the row keeps to its budget; a difference within the noise is none."""
        least = found.median - found.noise
        over_added = self.most_added is not None and least > self.most_added
        over_ratio = self.most_ratio is not None and 1 + least / base > self.most_ratio
        return "over" if over_added or over_ratio else "within"


def rows(name: str, run: Callable[[Callable[[Session], int]], Work]) -> Iterator[Row]:
    """What is asked of each kind of session: work with many rows, in few statements."""
    yield Row(f"{name}: read of a loaded attribute", run(reads), most_ratio=1.0)
    yield Row(f"{name}: row loaded", run(loads), most_added=0.0)
    yield Row(f"{name}: row loaded or met again", run(meetings))
    yield Row(f"{name}: row loaded, then a commit", run(commits))
    yield Row(f"{name}: row added and flushed", run(flushes))


def in_session(engine: Engine, work: Callable[[Session], int]) -> Work:
    """Work that is done in a synchronous session."""

    def run() -> int:
        with Session(engine) as session:
            return work(session)

    return run


def in_sessions(engine: Engine) -> int:
    """Statements of one row each, each in a session of its own."""
    for number in range(1, STATEMENTS + 1):
        with Session(engine) as session:
            session.execute(select(User).where(User.id == number)).scalar_one()
    return STATEMENTS


def synchronous_rows(engine: Engine) -> Iterator[Row]:
    """What users of synchronous sessions pay."""
    label = "sync: ORM statement of 1 row"
    yield Row(label, in_session(engine, statements), most_added=9.0, most_ratio=1.12)
    yield Row("sync: session of one such statement", lambda: in_sessions(engine))
    yield from rows("sync", lambda work: in_session(engine, work))


@dataclass(frozen=True, slots=True)
class Asynchronous:
    """An engine, and the event loop that it is used on."""

    loop: asyncio.AbstractEventLoop
    engine: AsyncEngine

    def run(self, work: Callable[[AsyncSession], Coroutine[Any, Any, int]]) -> int:
        """Do some work in a session."""

        async def run() -> int:
            async with AsyncSession(self.engine) as session:
                return await work(session)

        return self.loop.run_until_complete(run())

    def statement(self, name: str) -> Row:
        """What users of asynchronous sessions pay for a statement."""
        return Row(f"{name}: ORM statement of 1 row", lambda: self.run(awaited_statements))

    def within(self, work: Callable[[Session], int]) -> Work:
        """Work that is done in one awaited call."""
        return lambda: self.run(lambda session: session.run_sync(work))


@contextmanager
def asynchronous(loop: asyncio.AbstractEventLoop, url: str) -> Iterator[Asynchronous]:
    """A database behind one connection."""
    engine = create_async_engine(url, poolclass=StaticPool)
    database = Asynchronous(loop, engine)
    try:
        database.run(lambda session: session.run_sync(fill))
        yield database
    finally:
        loop.run_until_complete(engine.dispose())


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


def measured(row: Row, rounds: int) -> str:
    """One printed line."""
    times = interleaved(row.work, CONDITIONS, rounds=rounds)
    found, base = added(times["vanilla"], times["watch"]), median(times["vanilla"])
    full = 1 + added(times["vanilla"], times["full"]).median / base
    cells = "".join(f"{median(times[name]):9.3f}" for name in CONDITIONS)
    end = f"{row.budget:<14}{row.verdict(base, found)}" if row.budget else "-"
    return (
        f"{row.label:<38}{cells}  {found.median:+8.3f}  {found.noise:6.3f}"
        f"  {1 + found.median / base:5.2f}  {full:5.2f}  {end}"
    )


def off(before: float, after: float) -> str:
    """The printed line of the watch that is off: calls, as they can be counted without noise."""
    verdict = "within" if after == before else "over"
    return (
        f"off: {before:.2f} calls a statement before the first watch, {after:.2f} after it was"
        f" stopped, budget +0: {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What loadwise.watch() costs.")
    parser.add_argument("--quick", action="store_true", help="a few rounds, for a first look")
    rounds = 10 if parser.parse_args().quick else 60

    engine = create_engine("sqlite://", poolclass=StaticPool)
    with Session(engine) as session:
        fill(session)
    before = calls(in_session(engine, statements))
    loadwise.watch().stop()
    after = calls(in_session(engine, statements))

    print(f"Python {sys.version.split()[0]}, SQLAlchemy {sqlalchemy.__version__}; us a unit")
    heads = "".join(f"{name:>9}" for name in CONDITIONS)
    print(f"{'':<38}{heads}  {'added':>8}  {'noise':>6}  ratio   full  budget")
    for row in synchronous_rows(engine):
        print(measured(row, rounds), flush=True)
    loop = asyncio.new_event_loop()
    with asynchronous(loop, "sqlite+aiosqlite://") as database:
        for row in (database.statement("aiosqlite"), *rows("aiosqlite", database.within)):
            print(measured(row, rounds), flush=True)
    reason = loop.run_until_complete(unreachable(POSTGRESQL))
    if reason:
        print(f"asyncpg: skipped, no PostgreSQL database `test` at 127.0.0.1:5432 ({reason})")
    else:
        with asynchronous(loop, POSTGRESQL) as database:
            print(measured(database.statement("asyncpg"), rounds), flush=True)
    loop.close()
    print(off(before, after))


if __name__ == "__main__":
    main()
