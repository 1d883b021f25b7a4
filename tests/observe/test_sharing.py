"""One session in two tasks at once is told of, once; one after the other, and nested, is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.util import concurrency

import loadwise
from loadwise.core.finding import Level
from loadwise.core.site import Site
from tests.observe.models import Organization, User, async_engine

HERE: Final = Path(__file__)
Work = Callable[[AsyncSession], Coroutine[Any, Any, object]]


async def users(session: AsyncSession) -> int:
    return len((await session.scalars(select(User))).all())


async def organizations(session: AsyncSession) -> int:
    return len((await session.scalars(select(Organization))).all())


async def together(session: AsyncSession) -> object:
    """Two tasks at once."""
    return await asyncio.gather(users(session), organizations(session))


async def in_turn(session: AsyncSession) -> object:
    """Two tasks, one after the other."""
    return [await asyncio.create_task(work(session)) for work in (users, organizations)]


async def nested(session: AsyncSession) -> object:
    """A call that is part of another one."""
    call: Any = getattr(concurrency, "await_", None) or concurrency.await_only

    def run(sync: Session) -> list[int]:
        return [len(sync.scalars(select(User)).all()), call(users(session))]

    return await session.run_sync(run)


async def streaming(session: AsyncSession) -> object:
    """A statement for each row of a stream."""
    stream = await session.stream_scalars(select(User))
    return [await organizations(session) async for _ in stream]


async def findings(work: Work, times: int = 1) -> tuple[loadwise.Watch, list[object]]:
    async with async_engine() as engine:
        with loadwise.watch(root=HERE.parent) as watch:
            results = []
            for _ in range(times):
                async with AsyncSession(engine) as session:
                    results.append(await work(session))
    return watch, results


@pytest.mark.asyncio
async def test_two_tasks_at_once_are_told_of_with_both_lines() -> None:
    watch, results = await findings(together)
    assert results == [[3, 2]]
    (finding,) = watch.findings
    assert (finding.rule, finding.level) == ("shared-session", Level.WARNING)
    assert finding.attribute == "AsyncSession.scalars"
    assert function(finding.read) == "organizations"
    assert function(finding.load) == "users"


def function(site: Site | None) -> str:
    """The last name of the function that a site is in."""
    return site.function.rpartition(".")[2] if site else ""


async def gathered(session: AsyncSession) -> object:
    """Two tasks that have no code of their own."""
    await asyncio.gather(session.scalars(select(User)), session.scalars(select(Organization)))
    return None


@pytest.mark.asyncio
async def test_tasks_without_code_of_their_own_are_told_of_with_the_line_that_gathers() -> None:
    watch, _ = await findings(gathered)
    (finding,) = watch.findings
    assert finding.attribute == "AsyncSession.scalars"
    assert function(finding.read) == "gathered"


async def awaited_attributes(session: AsyncSession) -> object:
    """Two lazy loads at once, each where IO is legal."""
    user, other = await session.get_one(User, 1), await session.get_one(Organization, 2)
    return await asyncio.gather(organization_of(user), users_of(other))


async def organization_of(user: User) -> object:
    return await user.awaitable_attrs.organization


async def users_of(organization: Organization) -> object:
    return await organization.awaitable_attrs.users


@pytest.mark.asyncio
async def test_lazy_loads_at_once_are_told_of() -> None:
    watch, _ = await findings(awaited_attributes)
    (finding,) = watch.findings
    assert finding.attribute == "AsyncAttrs.awaitable_attrs"
    assert (function(finding.load), function(finding.read)) == ("organization_of", "users_of")


@pytest.mark.asyncio
async def test_each_pair_of_lines_is_told_once_by_a_watch() -> None:
    for _ in range(2):
        watch, _ = await findings(together, times=3)
        assert len(watch.findings) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("work", [in_turn, nested, streaming])
async def test_what_is_not_at_once_is_left_alone(work: Work) -> None:
    watch, _ = await findings(work)
    assert watch.findings == ()
