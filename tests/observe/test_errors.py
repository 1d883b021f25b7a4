"""The error that is raised: a MissingGreenlet that says more, and travels."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError, MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession

import loadwise
from loadwise import LazyReadError
from loadwise.core.cause import CauseKind
from loadwise.core.text import full
from tests.observe.models import User, async_engine

asynchronous: Final = pytest.mark.asyncio
ROOT: Final = Path(__file__).parents[2]


async def raised() -> LazyReadError:
    """The error of a lazy load."""
    with loadwise.watch(root=ROOT):
        async with async_engine() as engine, AsyncSession(engine) as session:
            user = (await session.scalars(select(User).where(User.id == 100))).one()
            with pytest.raises(LazyReadError) as caught:
                _ = user.organization
    return caught.value


@asynchronous
async def test_its_fields_are_those_of_its_finding() -> None:
    error = await raised()
    assert error.attribute == error.finding.attribute == "User.organization"
    assert error.instance == error.finding.instance == "User 100"
    assert error.cause == error.finding.cause
    assert error.cause.kind is CauseKind.NEVER_LOADED
    assert error.fixes == error.finding.fixes
    assert error.read is not None
    assert error.load is not None
    assert error.read.code.strip() == "_ = user.organization"
    assert error.load.code.strip().startswith("user = (await session.scalars(select(User)")
    assert error.read.line == error.load.line + 2


@asynchronous
async def test_its_text_is_the_explanation_without_a_link_behind() -> None:
    error = await raised()
    assert str(error) == full(error.finding)
    assert "sqlalche.me" not in str(error)
    assert error.args == (str(error),)


@asynchronous
async def test_it_is_what_handlers_catch() -> None:
    error = await raised()
    assert isinstance(error, MissingGreenlet)
    assert isinstance(error, InvalidRequestError)
    assert error.code == MissingGreenlet.code


@asynchronous
async def test_it_travels() -> None:
    error = await raised()
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is LazyReadError
        assert other.finding == error.finding
        assert str(other) == str(error)


@asynchronous
async def test_it_is_small() -> None:
    """It may wait in a queue for long, with thousands of others."""
    assert len(pickle.dumps(await raised())) < 10_000


@asynchronous
async def test_two_errors_of_a_place_are_one_finding() -> None:
    first, second = await raised(), await raised()
    assert first.finding == second.finding
    assert first.finding.fingerprint == second.finding.fingerprint
    assert replace(first.finding, fingerprint="") != first.finding
