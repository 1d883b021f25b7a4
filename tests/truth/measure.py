"""Measure the truth table again, and name each cell that differs from what is stored.

uv run python -m tests.truth.measure [--url URL] [--only PATTERN] [--sample N]
"""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import hashlib
import itertools
import re
import sys
import time
import warnings
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import sqlalchemy
from sqlalchemy import delete, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from tests.databases import AIOSQLITE, DATABASES, Database, empty
from tests.truth.cells import Cell, Key, Outcome, Result, cells
from tests.truth.differences import disagreement
from tests.truth.kinds import Lazy, Model, model
from tests.truth.meter import Meter, metered
from tests.truth.reading import forget, read, summary
from tests.truth.shapes import NEW
from tests.truth.trip import Trip
from tests.truth.ways import WAYS, applies, expires, leaves_rows

LAZY: Final[dict[str, Lazy]] = {"True": True, "False": False, "None": None}
PATIENCE: Final = 10
"""Seconds between words of how far the measuring is."""


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


async def measure(key: Key, engine: AsyncEngine) -> Result:
    """What a cell comes to on an empty database."""
    async with staged(engine, key.kind):
        with metered(engine) as meter:
            return await measure_staged(key, engine, meter)


async def measure_staged(key: Key, engine: AsyncEngine, meter: Meter) -> Result:
    """What a cell comes to where its kind is staged, by a meter of the engine."""
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
            holds=bool(key.held),
            session=session,
            held=[],
            start=meter.start,
        )
        try:
            return await _travelled(WAYS[key.way], trip, meter)
        finally:
            meter.stop()
            await session.close()
            if leaves_rows(key.way):
                await _without_new(engine, mapped)


async def _travelled(way: Any, trip: Trip, meter: Meter) -> Result:
    try:
        parents = await way(trip)
    except Exception as error:
        forget(error)
        outcome, detail = Outcome.LOAD_ERROR, type(error).__name__
    else:
        meter.stop()
        reads = [read(*placed, trip.model) for placed in enumerate(parents)]
        outcome, detail = summary(reads) if reads else (Outcome.NO_ROWS, "")
        found = {id(parent) for parent in parents if parent is not None}
        if 0 < len(found) < trip.n:
            outcome, detail = Outcome.OTHER, f"{len(found)} of {trip.n} parents"
    return Result(
        outcome=outcome,
        detail=detail,
        statements=meter.statements,
        joins=meter.joins,
        rows=meter.rows,
    )


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
                    yield cell, await measure_staged(cell.key, engine, meter)


def sample(chosen: Sequence[Cell], size: int) -> list[Cell]:
    """A part of the cells, always the same: each kind with each strategy, and each way.

    It may be larger than asked for, where these alone are more.
    """
    ranked = sorted(chosen, key=lambda cell: hashlib.sha256(str(cell.key).encode()).digest())
    taken: dict[object, Cell] = {}
    for cell in ranked:
        taken.setdefault((cell.kind, cell.strategy), cell)
        taken.setdefault((cell.way, cell.held), cell)
    for cell in ranked:
        if len(taken) >= size:
            break
        taken.setdefault(cell.key, cell)
    return list({cell.key: cell for cell in taken.values()}.values())


def version() -> str:
    """Which of the stored tables the installed SQLAlchemy is to agree with.

    The few cells in which they differ came to what 2.1 has in release 2.0.49.
    """
    release = tuple(int(number) for number in re.findall(r"\d+", sqlalchemy.__version__)[:3])
    return "2.0" if release < (2, 0, 49) else "2.1"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 where a cell differs."""
    parser = argparse.ArgumentParser(prog="tests.truth.measure", description=__doc__)
    parser.add_argument(
        "--url", default=AIOSQLITE.url, help="an empty database, or a driver of tests/databases.py"
    )
    parser.add_argument("--only", default="*", help="cells whose name matches, with * and ?")
    parser.add_argument("--sample", type=int, help="so many cells, always the same")
    given = parser.parse_args(arguments)
    chosen: Sequence[Cell] = [
        cell for cell in cells(version()) if fnmatch.fnmatchcase(str(cell.key), given.only)
    ]
    if given.sample:
        chosen = sample(chosen, given.sample)
    known = {name: database for database in DATABASES for name in (database.name, database.url)}
    database = known.get(given.url, Database(name=given.url, url=given.url))
    return asyncio.run(_run(chosen, database))


async def _run(chosen: Sequence[Cell], database: Database) -> int:
    done = differing = 0
    start = told = time.monotonic()
    async with empty(database) as engine:
        async for cell, found in measured(chosen, engine):
            done += 1
            if told_of := disagreement(cell, found, database):
                differing += 1
                _say(told_of)
            if time.monotonic() - told > PATIENCE:
                told = time.monotonic()
                _say(f"… {done} of {len(chosen)}")
    seconds = time.monotonic() - start
    _say(f"{database.name}, SQLAlchemy {sqlalchemy.__version__}, {seconds:.0f} s: {done} cells")
    _say(f"{differing} differ")
    return 1 if differing else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
