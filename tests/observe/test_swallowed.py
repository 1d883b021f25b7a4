"""Errors that are caught and forgotten: told when a stretch has ended well, once a clause."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession

import loadwise
from loadwise import LazyReadError, Watch
from loadwise.observe.errors import let_go
from loadwise.observe.faults import faults
from tests.observe.models import User, async_engine

pytestmark = pytest.mark.asyncio
SWALLOWED = "swallowed-missing-greenlet"


@pytest.fixture
def watch() -> Iterator[Watch]:
    with loadwise.watch(mode="full") as watch:
        yield watch
    assert not faults()
    assert not let_go


def organization_or_none(user: User) -> object:
    """What a service does that has met the error before."""
    try:
        return user.organization
    except MissingGreenlet:
        return None


def logged(user: User) -> object:
    """A log record holds the error, for as long as somebody holds the record."""
    try:
        return user.organization
    except Exception:
        logging.getLogger(__name__).exception("no organization")
        return None


def told(watch: Watch) -> list[tuple[str, str]]:
    """What was told of the rule: attribute and function of the clause."""
    return [
        (one.attribute, one.read.function.rpartition(".")[2] if one.read else "")
        for one in watch.findings
        if one.rule == SWALLOWED
    ]


async def test_it_is_told_at_the_end_once_for_each_clause(watch: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        for number in (1, 2):
            user = await session.get_one(User, number)
            organization_or_none(user)
            logged(user)  # pytest keeps the record
        assert not told(watch)
        watch.settle()
        assert sorted(told(watch)) == [
            ("User.organization", "logged"),
            ("User.organization", "organization_or_none"),
        ]
        watch.settle()
        assert len(told(watch)) == 2


async def test_a_stretch_that_went_wrong_says_nothing(watch: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 1)
        organization_or_none(user)
        logged(user)
        watch.discard()
    watch.finish()
    assert not told(watch)


async def test_what_is_no_missing_greenlet_is_left_alone(watch: Watch) -> None:
    async with async_engine() as engine:
        async with AsyncSession(engine) as session:
            user = (await session.scalars(select(User).where(User.id == 1))).one()
        logged(user)
    watch.finish()
    assert [one.rule for one in watch.findings] == ["detached-read"]


async def test_an_error_that_is_kept_and_let_go_of_later_is_told_once(watch: Watch) -> None:
    kept: list[BaseException] = []

    def keep(user: User) -> None:
        try:
            user.organization  # noqa: B018
        except LazyReadError as error:
            kept.append(error)

    async with async_engine() as engine, AsyncSession(engine) as session:
        keep(await session.get_one(User, 1))
        kept.clear()
        gc.collect()
    watch.finish()
    assert not told(watch), "it was handed on"


async def test_the_mode_explain_follows_no_error() -> None:
    with loadwise.watch() as watch:
        assert not let_go
        async with async_engine() as engine, AsyncSession(engine) as session:
            organization_or_none(await session.get_one(User, 1))
    assert [one.rule for one in watch.findings] == ["lazy-read"]
