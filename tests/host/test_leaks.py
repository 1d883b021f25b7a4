"""Many statements of many tasks and sessions under a watch: memory stays flat, all objects go.

`uv run nox -s leaks` runs a hundred thousand statements and measures. The tests run a few hundred,
and see that all objects go; how little memory a statement takes is measured in
tests/observe/test_memory.py.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import DetachedInstanceError

import loadwise
from loadwise.observe import watch as watch_module
from loadwise.observe.eager import PLACES
from loadwise.observe.journal import JOURNALS
from tests.observe.models import Organization, User, async_engine

STATEMENTS: Final = int(os.environ.get("LOADWISE_STATEMENTS", "0"))
"""How many to measure."""
FEW: Final = 3
"""Batches of a run that does not measure."""
OF_A_TASK: Final = 10
"""Statements that a task runs, about."""
TASKS: Final = 8
"""Tasks at a time, each with a session of its own."""
GROWTH: Final = 200_000
"""Bytes that may come to what is in use: caches of SQLAlchemy and of the driver fill up."""

Held = list[weakref.ref[Any]]
pytestmark = pytest.mark.asyncio


class Local:
    """What a frame has in a variable: it lives as long as the frame does."""


async def task(engine: AsyncEngine, writing: asyncio.Lock, held: Held) -> None:
    """Load, read in vain, commit, write, roll back, read again after the end; note all objects."""
    local = Local()
    async with AsyncSession(engine) as session:
        users = (await session.scalars(select(User).order_by(User.id))).all()
        await session.scalars(select(Organization).options(selectinload(Organization.users)))
        other = await session.get_one(User, 100)
        await session.refresh(other, ["motto"])
        session.expire(other)
        for user in users:
            with suppress_and_forget():
                _ = user.organization
        await session.commit()
        async with writing:
            new = User(name="New")
            session.add(new)
            await session.flush()
            await session.rollback()
        await other.awaitable_attrs.name
        held += map(weakref.ref, (local, session, session.sync_session, new, *users))
        held += map(weakref.ref, map(inspect, (new, *users)))
    with suppress_and_forget():
        _ = other.organization
    running = asyncio.current_task()
    assert running is not None
    held.append(weakref.ref(running))


@contextmanager
def suppress_and_forget() -> Iterator[None]:
    """A read that is not there fails, and its error is dropped."""
    try:
        yield
    except (MissingGreenlet, DetachedInstanceError):
        return
    raise AssertionError("the read worked")


async def batch(engine: AsyncEngine, writing: asyncio.Lock) -> Held:
    """Tasks side by side; references to all that they had."""
    held: Held = []
    await asyncio.gather(*(task(engine, writing, held) for _ in range(TASKS)))
    return held


def alive(held: Held) -> list[Any]:
    """What is still there."""
    return [one for reference in held if (one := reference()) is not None]


@pytest.mark.parametrize("mode", ["explain", "full"])
async def test_memory_is_flat_and_nothing_is_kept(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what is bounded is to be full before it is measured
    monkeypatch.setattr(watch_module, "KEPT", 100)
    writing = asyncio.Lock()
    async with async_engine(file=tmp_path / "many.db") as engine:
        with loadwise.watch(mode=mode) as watch:

            async def run(batches: int) -> int:
                for _ in range(batches):
                    held = await batch(engine, writing)
                    await asyncio.sleep(0)  # what held the tasks lets go of them
                    gc.collect()
                    assert alive(held) == []
                    watch.settle()  # as the pytest plugin does after each test
                return tracemalloc.get_traced_memory()[0]

            if not STATEMENTS:
                await run(FEW)
                return
            tracemalloc.start()
            try:
                before = await run(JOURNALS // TASKS + 2)
                after = await run(STATEMENTS // (OF_A_TASK * TASKS))
            finally:
                tracemalloc.stop()
    assert after - before < GROWTH


@pytest.mark.parametrize("mode", ["explain", "full"])
async def test_code_goes_with_its_function(mode: str) -> None:
    """A notebook and a template make code without end; what outlives it is bounded, and goes."""
    codes: Held = []
    async with async_engine() as engine:
        with loadwise.watch(mode=mode):
            for _ in range(2 * JOURNALS):
                function = FunctionType(load.__code__.replace(), globals())
                codes.append(weakref.ref(function.__code__))
                await function(engine)
                del function
            gc.collect()
            assert len(alive(codes)) <= (JOURNALS if mode == "explain" else PLACES)
    gc.collect()
    assert alive(codes) == []


async def load(engine: AsyncEngine) -> None:
    """One statement of a session."""
    async with AsyncSession(engine) as session:
        await session.get_one(User, 1)
