"""Objects that outlive their sessions: each is put down to its own session, or to none."""

from __future__ import annotations

import asyncio
import gc
import pickle
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

import loadwise
from loadwise import DetachedReadError, Watch
from loadwise.core.cause import CauseKind
from loadwise.core.site import Site
from loadwise.observe import detached, journal
from tests.observe.models import User, async_engine, sync_engine
from tests.observe.vanilla import failure_of

asynchronous: Final = pytest.mark.asyncio
ROOT: Final = Path(__file__).parents[2]


@pytest.fixture
def watched() -> Iterator[Watch]:
    """A watch that is on."""
    with loadwise.watch(root=ROOT) as watch:
        yield watch


def read(user: User) -> DetachedReadError:
    """What reading the organization of a detached user raises."""
    error = failure_of(lambda: user.organization)
    assert isinstance(error, DetachedReadError)
    return error


def function(site: Site | None) -> str:
    """The last name of the function that a site is in."""
    return site.function.rpartition(".")[2] if site else ""


async def first(engine: AsyncEngine, pause: asyncio.Event | None = None) -> User:
    async with AsyncSession(engine) as session:
        user = (await session.scalars(select(User).where(User.id == 1))).one()
        if pause is not None:
            await pause.wait()
    return user


async def second(engine: AsyncEngine, pause: asyncio.Event | None = None) -> User:
    async with AsyncSession(engine) as session:
        user = (await session.scalars(select(User).where(User.id == 2))).one()
        if pause is not None:
            pause.set()
    return user


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_sessions_that_are_interleaved_are_told_apart(tmp_path: Path) -> None:
    async with async_engine(file=tmp_path / "data") as engine:
        for _ in range(20):
            pause = asyncio.Event()
            users = await asyncio.gather(first(engine, pause), second(engine, pause))
            for user, name in zip(users, ("first", "second"), strict=True):
                error = read(user)
                assert (function(error.load), function(error.cause.site)) == (name, name)


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_a_session_that_is_forgotten_has_no_line() -> None:
    async with async_engine() as engine:
        user = await first(engine)
        for _ in range(journal.JOURNALS):
            await second(engine)
        error = read(user)
    assert error.load is None
    assert error.cause.site is None
    assert error.cause.kind is CauseKind.DETACHED


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_one_that_two_sessions_may_have_loaded_has_no_line() -> None:
    async with (
        async_engine() as engine,
        AsyncSession(engine) as one,
        AsyncSession(engine) as other,
    ):
        await other.get_one(User, 2)
        user = await one.get_one(User, 1)
        one.expunge(user)
        assert read(user).load is None


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_a_journal_is_found_by_what_it_has_noted_of_an_object() -> None:
    async with async_engine() as engine, AsyncSession(engine) as other:
        await other.get_one(User, 2)
        async with AsyncSession(engine) as session:
            user = await session.get_one(User, 1)
            session.expire(user, ["name"])
            session.expunge(user)
            assert function(read(user).load).startswith("test_a_journal_is_found")


@asynchronous
async def test_what_left_is_noted_in_the_mode_full() -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        with loadwise.watch(mode="full", root=ROOT):
            user = await session.get_one(User, 1)
            session.expunge(user)
            error = read(user)
    assert error.cause.site is not None
    assert "session.expunge(user)" in error.cause.site.code


@asynchronous
async def test_an_object_of_before_the_watch_has_no_line() -> None:
    async with async_engine() as engine:
        user = await first(engine)
        with loadwise.watch(root=ROOT):
            assert read(user).load is None


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_the_error_says_it_all_and_travels() -> None:
    async with async_engine() as engine:
        error = read(await first(engine))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is DetachedReadError
    assert (again.finding, str(again)) == (error.finding, str(error))
    assert error.instance == "User 1"
    assert isinstance(error, DetachedInstanceError)


@asynchronous
async def test_nothing_is_kept_alive() -> None:
    async def held(engine: AsyncEngine) -> tuple[BaseException, list[weakref.ref[Any]]]:
        user = await first(engine)
        return read(user), [weakref.ref(user), weakref.ref(inspect(user))]

    gc.collect()
    gc.disable()
    try:
        with loadwise.watch():
            async with async_engine() as engine:
                error, references = await held(engine)
                assert [one() for one in references] == [None, None]
                assert error.__context__ is None
    finally:
        gc.enable()


@asynchronous
async def test_a_fault_leaves_sqlalchemy_s_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def explain(*arguments: Any) -> Any:
        raise ValueError("no luck")

    monkeypatch.setattr(detached, "explain_detached", explain)
    async with async_engine() as engine:
        with loadwise.watch():
            user = await first(engine)
            with pytest.warns(loadwise.LoadwiseWarning, match="explained_read"):
                error = failure_of(lambda: user.organization)
    assert type(error) is DetachedInstanceError


@asynchronous
async def test_after_the_watch_the_error_is_sqlalchemy_s() -> None:
    async with async_engine() as engine:
        with loadwise.watch():
            user = await first(engine)
        assert type(failure_of(lambda: user.organization)) is DetachedInstanceError
    assert len(journal.recent) == 0


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_the_end_of_a_generator_s_block_is_found() -> None:
    @asynccontextmanager
    async def opened(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            yield session

    async with async_engine() as engine:
        async with opened(engine) as session:
            user = await session.get_one(User, 1)
        error = read(user)
    assert function(error.cause.site) == "opened"


@pytest.mark.usefixtures("watched")
def test_an_object_of_a_synchronous_session_is_explained_without_lines() -> None:
    with sync_engine() as engine:
        with Session(engine) as session:
            user = session.get_one(User, 1)
        error = read(user)
    assert (error.load, error.cause.site) == (None, None)
