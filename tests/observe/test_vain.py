"""What is asked for in vain: told when the run is over, where nothing else has told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, defer, joinedload, selectinload, subqueryload, undefer

import loadwise
from loadwise import LazyReadError, Watch
from loadwise.core.finding import Finding
from loadwise.observe.faults import faults
from tests.observe.models import Organization, User, async_engine, sync_engine

asynchronous = pytest.mark.asyncio
GET = vars(Session)["get"]
VAIN = "ineffective-loading"


@pytest.fixture
def watch() -> Iterator[Watch]:
    with loadwise.watch(mode="full") as watch:
        yield watch
    assert not faults()
    assert vars(Session)["get"] is GET


def of(findings: tuple[Finding, ...]) -> list[str]:
    """The attributes that were asked for in vain."""
    return [one.attribute for one in findings if one.rule == VAIN]


async def got(session: AsyncSession, *options: Any) -> User:
    """User 1, which the session has already."""
    held = await session.get_one(User, 1)
    found = await session.get_one(User, 1, options=options)
    assert found is held
    return found


@asynchronous
async def test_options_of_what_the_session_has(watch: Watch) -> None:
    """Whatever loads, along the way to the first that is not there; each place once."""
    below = selectinload(User.organization).selectinload(Organization.users)
    async with async_engine() as engine:
        for _ in range(2):
            async with AsyncSession(engine) as session:
                await got(session, below, undefer(User.motto), defer(User.name))
    assert sorted(of(watch.finish())) == ["User.motto", "User.organization"]


@asynchronous
async def test_options_below_what_is_there(watch: Watch) -> None:
    """The object that lacks it is the one that is named."""
    options = [joinedload(User.organization).selectinload(Organization.users)]
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 1, options=[joinedload(User.organization)])
        await session.get_one(User, 1, options=options)
        assert user.organization is not None
    (finding,) = watch.finish()
    assert (finding.attribute, finding.instance) == ("Organization.users", "Organization 1")


@asynchronous
async def test_an_expired_object_is_loaded_again_as_it_was(watch: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        held = await session.get_one(User, 1)
        await session.commit()
        found = await session.get_one(User, 1, options=[selectinload(User.organization)])
        assert found is held
    assert of(watch.finish()) == ["User.organization"]


@asynchronous
async def test_a_read_that_fails_of_it_is_told_alone(watch: Watch) -> None:
    async with async_engine() as engine:
        for number in range(2):
            async with AsyncSession(engine) as session:
                user = await got(session, joinedload(User.organization))
                if number:
                    with pytest.raises(LazyReadError):
                        user.organization  # noqa: B018
    watch.finish()
    assert [one.rule for one in watch.findings] == ["lazy-read"]


@asynchronous
async def test_a_stretch_that_went_wrong_says_nothing(watch: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        await got(session, joinedload(User.organization))
        query = select(User).from_statement(text("SELECT * FROM users"))
        await session.scalars(query.options(subqueryload(User.organization)))
    watch.discard()
    assert of(watch.finish()) == []


def test_a_synchronous_session_is_left_alone(watch: Watch) -> None:
    with sync_engine() as engine, Session(engine) as session:
        session.get(User, 1)
        session.get(User, 1, options=[joinedload(User.organization)])
        session.get(User, 999, options=[joinedload(User.organization)])
    assert not watch.finish()


@asynchronous
async def test_get_is_the_application_s_own(watch: Watch) -> None:
    """One that is patched while a watch is on stays so until it is unpatched."""
    assert Session.get.__name__ == "get"
    assert Session.get.__doc__ == GET.__doc__
    with patch.object(Session, "get", autospec=True, return_value=None) as patched:
        watch.stop()
        assert Session.get is patched
    async with async_engine() as engine, AsyncSession(engine) as session:
        await got(session, joinedload(User.organization))
    Session.get = GET  # type: ignore[method-assign]
