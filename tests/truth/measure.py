"""Measure the truth table again, and name each cell that differs from what is stored.

uv run python -m tests.truth.measure [--url URL] [--only PATTERN] [--sample N]
"""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import hashlib
import itertools
import sys
import time
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import sqlalchemy
from sqlalchemy import delete, inspect
from sqlalchemy.exc import (
    InvalidRequestError,
    MissingGreenlet,
    PendingRollbackError,
    StatementError,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Query, WriteOnlyCollection
from sqlalchemy.orm.exc import DetachedInstanceError

from tests.truth.cells import Cell, Key, Outcome, Result, cells, told
from tests.truth.kinds import NEW, Lazy, Model, model
from tests.truth.meter import Meter, metered
from tests.truth.ways import WAYS, Trip, applies, expires

Read = tuple[Outcome, str]

LAZY: Final[dict[str, Lazy]] = {"True": True, "False": False, "None": None}
READ: Final = (Outcome.OK, Outcome.WRONG, Outcome.EMPTY)
"""What a read comes to where it is no error."""


def strategy(key: Key) -> tuple[Lazy, str]:
    """The `lazy=` of the relationship and the option of the statement, for a cell."""
    if key.table == "option_on_select":
        return "select", key.strategy
    lazy, _, option = key.strategy.partition(" + ")
    return LAZY.get(lazy, lazy), option or "-"


@asynccontextmanager
async def staged(engine: AsyncEngine, kind: str) -> AsyncIterator[None]:
    """The tables of a kind and their rows, as long as the block lasts."""
    stage = model(kind, "select")
    async with engine.begin() as connection:
        await connection.run_sync(stage.metadata.create_all)
        for table, rows in stage.rows:
            await connection.execute(table.insert(), rows)
    try:
        yield
    finally:
        async with engine.begin() as connection:
            await connection.run_sync(stage.metadata.drop_all)


async def measure(key: Key, engine: AsyncEngine, meter: Meter) -> Result:
    """What a cell comes to on an engine where its kind is staged."""
    lazy, option = strategy(key)
    with warnings.catch_warnings():
        # what SQLAlchemy warns of here is what is measured
        warnings.simplefilter("ignore")
        try:
            mapped = model(key.kind, lazy)
        except InvalidRequestError:
            return Result(outcome=Outcome.CONFIG_ERROR)
        if not applies(key.way, option, mapped):
            return Result(outcome=Outcome.NOT_APPLICABLE)
        meter.reset()
        session = AsyncSession(engine, expire_on_commit=expires(key.way))
        trip = Trip(
            model=mapped,
            n=key.n or 0,
            option=option,
            hold=bool(key.held),
            session=session,
            held=[],
            start=meter.start,
        )
        try:
            return await _travelled(WAYS[key.way], trip, meter)
        finally:
            meter.stop()
            await session.close()
            if "commit" in key.way and key.way.startswith("add"):
                await _without_new(engine, mapped)


async def _travelled(way: Any, trip: Trip, meter: Meter) -> Result:
    try:
        parents = await way(trip)
    except Exception as error:
        outcome, detail = Outcome.LOAD_ERROR, type(error).__name__
    else:
        meter.stop()
        reads = [read(*placed, trip.model) for placed in enumerate(parents)]
        outcome, detail = summary(reads) if reads else (Outcome.NO_ROWS, "")
    return Result(
        outcome=outcome,
        detail=detail,
        statements=meter.statements,
        joins=meter.joins,
        rows=meter.rows,
    )


def read(place: int, parent: Any, mapped: Model) -> Read:
    """Read the relationship of a parent in plain coroutine code."""
    try:
        value = parent.rel
        if isinstance(value, Query):
            _tried(value)
            return Outcome.QUERY, ""
    except Exception as error:
        return failure(error)
    if isinstance(value, WriteOnlyCollection):
        return Outcome.WRITE_ONLY, ""
    found = value if mapped.many else [value] * (value is not None)
    keys = sorted(_key(target) for target in found)
    if keys == list(mapped.keys(_number(place, parent))):
        return Outcome.OK, ""
    if not found:
        return Outcome.EMPTY, ""
    return Outcome.WRONG, told(keys if mapped.many else keys[0])


def _tried(query: Query[Any]) -> None:
    """Iterate, which does not work where there is a session."""
    try:
        list(query)
    except (MissingGreenlet, StatementError):
        pass


def _key(target: Any) -> int:
    identity = inspect(target).identity
    return int(identity[0] if identity else target.id)


def _number(place: int, parent: Any) -> int:
    """The number of a parent: its key, or its place among those that are not in the database."""
    identity = inspect(parent).identity
    return int(identity[0]) if identity else NEW[place]


def failure(error: Exception) -> Read:
    """What an exception at a read is called in the table."""
    if isinstance(error, StatementError) and isinstance(error.orig, MissingGreenlet):
        error = error.orig
    if isinstance(error, MissingGreenlet):
        return Outcome.MISSING_GREENLET, ""
    if isinstance(error, DetachedInstanceError):
        return Outcome.DETACHED, ""
    if isinstance(error, InvalidRequestError) and not isinstance(error, PendingRollbackError):
        if "lazy='raise_on_sql'" in str(error):
            return Outcome.RAISE_ON_SQL, ""
        if "lazy='raise'" in str(error):
            return Outcome.RAISE, ""
    return Outcome.OTHER, type(error).__name__


def summary(reads: Sequence[Read]) -> Read:
    """What the parents of a cell came to: one outcome, or how many came to which."""
    wrong = [found for found in reads if found[0] in READ and found[0] is not Outcome.OK]
    if all(outcome in READ for outcome, _ in reads):
        return wrong[0] if wrong else reads[0]
    counts = Counter(f"{outcome.name} {detail}".strip() for outcome, detail in reads)
    if len(counts) == 1:
        return reads[0]
    return Outcome.MIXED, ", ".join(f"{counts[name]} {name}" for name in sorted(counts))


async def _without_new(engine: AsyncEngine, mapped: Model) -> None:
    """Take the parents out again that a way has committed."""
    async with engine.begin() as connection:
        for table in reversed(inspect(mapped.parent).tables):
            await connection.execute(delete(table).where(table.c.id.in_(NEW)))


async def measured(
    chosen: Iterable[Cell], engine: AsyncEngine
) -> AsyncIterator[tuple[Cell, Result]]:
    """Each cell with what it comes to now."""
    by_kind = sorted(chosen, key=lambda cell: (cell.kind, str(strategy(cell.key)[0])))
    with metered(engine) as meter:
        for kind, group in itertools.groupby(by_kind, key=lambda cell: cell.kind):
            async with staged(engine, kind):
                for cell in group:
                    yield cell, await measure(cell.key, engine, meter)


def sample(chosen: Sequence[Cell], size: int) -> list[Cell]:
    """A part of the cells, always the same: each kind with each strategy, each way, and others."""
    ranked = sorted(chosen, key=lambda cell: hashlib.sha256(str(cell.key).encode()).digest())
    first: dict[object, Cell] = {}
    for cell in ranked:
        first.setdefault((cell.kind, cell.strategy), cell)
        first.setdefault((cell.way, cell.held), cell)
        first.setdefault((cell.kind, cell.way), cell)
        first.setdefault((cell.outcome, cell.detail), cell)
    needed = {id(cell): cell for cell in first.values()}
    for cell in ranked:
        if len(needed) >= size:
            break
        needed.setdefault(id(cell), cell)
    return list(needed.values())


def version() -> str:
    """The minor version of the SQLAlchemy that is installed."""
    return ".".join(sqlalchemy.__version__.split(".")[:2])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where a cell differs."""
    parser = argparse.ArgumentParser(prog="tests.truth.measure", description=__doc__)
    parser.add_argument("--url", default="sqlite+aiosqlite://", help="an empty database")
    parser.add_argument("--only", default="*", help="cells whose name matches, with * and ?")
    parser.add_argument("--sample", type=int, help="as many cells, always the same")
    given = parser.parse_args(arguments)
    chosen: Sequence[Cell] = [
        cell for cell in cells(version()) if fnmatch.fnmatchcase(str(cell.key), given.only)
    ]
    if given.sample:
        chosen = sample(chosen, given.sample)
    return asyncio.run(_run(chosen, given.url))


async def _run(chosen: Sequence[Cell], url: str) -> int:
    engine = create_async_engine(url)
    differing = 0
    start = last = time.monotonic()
    done = 0
    try:
        async for cell, found in measured(chosen, engine):
            done += 1
            if found != cell.result:
                differing += 1
                print(f"{cell.key}: {cell.result} expected, {found} measured", flush=True)
            if time.monotonic() - last > 10:
                last = time.monotonic()
                print(f"… {done} of {len(chosen)}", file=sys.stderr, flush=True)
    finally:
        await engine.dispose()
    seconds = time.monotonic() - start
    print(
        f"{done} cells on SQLAlchemy {sqlalchemy.__version__}, {differing} differ, {seconds:.0f} s"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
