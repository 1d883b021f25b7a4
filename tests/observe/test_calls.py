"""Synchronous calls in plain async code: what is explained, and what is left alone."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError, MissingGreenlet, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

import loadwise
from loadwise import SyncCallError, Watch
from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.observe import calls, hooks
from tests.observe.models import Base, User, async_engine, sync_engine
from tests.observe.vanilla import failure_of, is_missing_greenlet

asynchronous: Final = pytest.mark.asyncio
ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).relative_to(ROOT).as_posix()


@pytest.fixture
def watched() -> Iterator[Watch]:
    """A watch that is on; what SQLAlchemy leaves unawaited is not heard."""
    with warnings.catch_warnings(), loadwise.watch(root=ROOT) as watch:
        warnings.simplefilter("ignore", RuntimeWarning)
        yield watch


ON_SESSION: Final[dict[str, Callable[[Session], Any]]] = {
    "Session.execute": lambda session: session.execute(text("SELECT 1")),
    "Session.get": lambda session: session.get(User, 1),
    "Session.scalars": lambda session: session.scalars(select(User)),
    "Query.all": lambda session: session.query(User).all(),
    "Query.first": lambda session: session.query(User).first(),
}


@asynchronous
@pytest.mark.parametrize("name", ON_SESSION)
async def test_a_statement_of_the_synchronous_session(name: str, watched: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        error = failure_of(lambda: ON_SESSION[name](session.sync_session))
        assert isinstance(error, SyncCallError)
        assert isinstance(error, MissingGreenlet)
        assert error.attribute == name
        assert error.cause.kind is CauseKind.OUTSIDE_GREENLET
        assert (error.read.file if error.read else "") == HERE
        assert error.finding.level is Level.ERROR
        assert watched.findings == (error.finding,)
        assert pickle.loads(pickle.dumps(error)).finding == error.finding
        assert (await session.get_one(User, 1)).name == "Ann"


WRITING: Final[dict[str, Callable[[Session], Any]]] = {
    "Session.flush": lambda session: session.flush(),
    "Session.commit": lambda session: session.commit(),
}


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_a_flush_is_seen_before_it_and_nothing_is_lost() -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        session.add(User(id=7, name="New"))
        error = failure_of(session.sync_session.flush)
        assert isinstance(error, SyncCallError)
        assert len(session.new) == 1
        await session.commit()
        assert (await session.get_one(User, 7)).name == "New"


@asynchronous
@pytest.mark.parametrize("name", ["commit", "rollback", "close"])
async def test_the_end_of_a_transaction(name: str, watched: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        await session.get_one(User, 1)
        error = failure_of(getattr(session.sync_session, name))
        assert isinstance(error, SyncCallError)
        assert error.attribute == f"Session.{name}"
        assert len(watched.findings) == 1


def fresh() -> AsyncEngine:
    """An engine that has no connection yet."""
    return create_async_engine("sqlite+aiosqlite://")


ON_ENGINE: Final[dict[str, Callable[[AsyncEngine], Any]]] = {
    "Engine.connect": lambda engine: engine.sync_engine.connect(),
    "inspect": lambda engine: inspect(engine.sync_engine),
    "MetaData.create_all": lambda engine: Base.metadata.create_all(engine.sync_engine),
}


@asynchronous
@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("name", ON_ENGINE)
async def test_what_connects_the_synchronous_engine(name: str) -> None:
    engine = fresh()
    error = failure_of(lambda: ON_ENGINE[name](engine))
    assert isinstance(error, SyncCallError)
    assert error.attribute == name
    assert error.fixes[0].text.startswith("async with engine.")
    await engine.dispose()


@asynchronous
async def test_a_connection_that_has_run_nothing(watched: Watch) -> None:
    async with async_engine() as engine, engine.connect() as connection:
        statement = text("SELECT 1")
        error = failure_of(lambda: connection.sync_connection.execute(statement))  # type: ignore[union-attr]
    assert [finding.attribute for finding in watched.findings] == ["Connection.execute"]
    if sqlalchemy.__version__ < "2.1":
        assert isinstance(error, SyncCallError)
        return
    assert isinstance(error, DBAPIError)
    noted: list[str] = []
    behind: BaseException | None = error
    while behind is not None:
        noted += getattr(behind, "__notes__", [])
        behind = behind.__cause__ or behind.__context__
    assert any("`Connection.execute()` is synchronous" in note for note in noted) or (
        not hasattr(error, "add_note")
    )


@asynchronous
async def test_what_is_legal_is_left_alone(watched: Watch) -> None:
    def work(session: Session) -> int:
        session.add(User(id=8))
        session.flush()
        return len(session.query(User).all())

    engine = fresh()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert names == ["organizations", "users"]
    async with AsyncSession(engine) as session:
        assert await session.run_sync(work) == 1
        user = await session.get_one(User, 8)
        user.name = str(user.name)
        session.sync_session.flush()
    await engine.dispose()
    assert watched.findings == ()


def test_a_synchronous_engine_is_left_alone(watched: Watch) -> None:
    with sync_engine() as engine, Session(engine) as session:
        session.add(User(id=9))
        session.flush()
        assert len(session.query(User).all()) == 4
        Base.metadata.create_all(engine)
        error = failure_of(lambda: session.execute(text("SELECT nothing")))
        assert type(error) is OperationalError
    assert watched.findings == ()


@asynchronous
async def test_other_errors_are_left_alone(watched: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        with pytest.raises(OperationalError):
            await session.execute(text("SELECT nothing"))
    assert watched.findings == ()


@asynchronous
async def test_a_fault_leaves_sqlalchemy_s_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> Any:
        raise ValueError("no luck")

    monkeypatch.setattr(calls, "_call", fail)
    engine = fresh()
    with loadwise.watch():
        with pytest.warns(loadwise.LoadwiseWarning, match="found_call"):
            error = failure_of(engine.sync_engine.connect)
        assert is_missing_greenlet(error)
        assert not isinstance(error, SyncCallError)
    await engine.dispose()


@asynchronous
async def test_after_the_watch_the_error_is_sqlalchemy_s() -> None:
    before = hooks.dialects_have_events()
    engine = fresh()
    with loadwise.watch():
        assert isinstance(failure_of(engine.sync_engine.connect), SyncCallError)
    error = failure_of(engine.sync_engine.connect)
    assert is_missing_greenlet(error)
    assert not isinstance(error, SyncCallError)
    assert hooks.dialects_have_events() is before
    await engine.dispose()
