"""What watching costs a test suite: generated tests, against the same without a watch.

    uv run python benchmarks/suite.py [--quick]

Each test is what tests of services are like: an engine of its own, tables, rows, three sessions
that load, change and read. It is CPU time, and nothing but SQLAlchemy at work: the wall time of a
suite has more in it, so that its ratio is lower. The budget is that of the mode "full", which is
for tests.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from statistics import median
from typing import Final

from overhead import Base, Team, User, users
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import joinedload
from sqlalchemy.pool import StaticPool
from timing import Condition, added, interleaved

import loadwise

TESTS: Final = 10
ROWS: Final = 30
MOST: Final = 1.05
CONDITIONS: Final[Mapping[str, Condition]] = {
    "vanilla": nullcontext,
    "explain": loadwise.watch,
    "full": partial(loadwise.watch, mode="full"),
}


async def test() -> None:
    """One test."""
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all, checkfirst=False)
    async with AsyncSession(engine) as session:
        session.add_all([Team(id=1, name="team"), *users(range(1, ROWS + 1))])
        await session.commit()
    async with AsyncSession(engine, expire_on_commit=False) as session:
        query = select(User).options(joinedload(User.team))
        names = [user.team.name for user in await session.scalars(query)]
        user = await session.get_one(User, 1)
        user.name = names[0]
        await session.commit()
    async with AsyncSession(engine) as session:
        for page in range(5):
            query = select(User).order_by(User.id).offset(page * 5).limit(5)
            assert [user.email for user in await session.scalars(query)]
    await engine.dispose()


def suite() -> int:
    """All tests, one after the other."""
    for _ in range(TESTS):
        asyncio.run(test())
    return TESTS


def main() -> None:
    parser = argparse.ArgumentParser(description="What watching costs a test suite.")
    parser.add_argument("--quick", action="store_true", help="a few rounds, for a first look")
    rounds = 3 if parser.parse_args().quick else 30
    times = interleaved(suite, CONDITIONS, rounds=rounds)
    base = median(times["vanilla"])
    print(f"{TESTS} tests, CPU time; ms a test")
    for name in CONDITIONS:
        found = added(times["vanilla"], times[name])
        budget = ""
        if name == "full":
            over = 1 + (found.median - found.noise) / base > MOST
            budget = f"  budget {MOST:g} x  {'over' if over else 'within'}"
        ratio = 1 + found.median / base
        print(
            f"{name:<8} {median(times[name]) / 1000:9.3f}  ratio {ratio:5.3f}"
            f"  noise {found.noise / base:5.3f}{budget}"
        )


if __name__ == "__main__":
    main()
