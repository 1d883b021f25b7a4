"""`watch()` keeps nothing of the application alive, and what it remembers is bounded."""

from __future__ import annotations

import functools
import gc
import queue
import sys
import tracemalloc
import warnings
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
from sqlalchemy import event, inspect, select, text
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, joinedload

import loadwise
from loadwise import LazyReadError
from loadwise.core.use import Via
from loadwise.observe import guard, repeats, sites
from loadwise.observe import watch as watch_module
from loadwise.observe.journal import JOURNALS, KEY, LENGTH, NOTES
from tests.observe.models import User, async_engine

asynchronous: Final = pytest.mark.asyncio


@pytest.fixture(params=["explain", "full"], autouse=True)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The mode of the watches of a test: each is run in both."""
    monkeypatch.setattr(loadwise, "watch", functools.partial(loadwise.watch, mode=request.param))
    return str(request.param)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only what reference counting frees is freed."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Local:
    """What a coroutine of the application has in a variable."""


async def failing_read(session: AsyncSession, held: list[weakref.ref[Any]]) -> None:
    """A read that fails; `held` gets references to all that is in reach of it."""
    local = Local()
    user = (await session.scalars(select(User).where(User.id == 100))).one()
    held += [weakref.ref(one) for one in (local, user, inspect(user))]
    assert user.organization is None


async def explained(session: AsyncSession, held: list[weakref.ref[Any]]) -> LazyReadError:
    """The error of that read; `pytest.raises` would keep its traceback."""
    try:
        await failing_read(session, held)
    except LazyReadError as error:
        return error
    raise AssertionError("nothing was raised")


def alive(held: list[weakref.ref[Any]]) -> list[Any]:
    """What is still there."""
    return [one for reference in held if (one := reference()) is not None]


@asynchronous
@pytest.mark.usefixtures("no_collector")
async def test_an_error_keeps_nothing_alive_once_its_traceback_is_gone() -> None:
    held: list[weakref.ref[Any]] = []
    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            error = await explained(session, held)
            assert alive(held) != []
            error.__traceback__ = None
            assert alive(held) == []
    assert error.attribute == "User.organization"


@asynchronous
@pytest.mark.usefixtures("no_collector")
async def test_an_error_that_is_dropped_leaves_no_cycle() -> None:
    """Else the objects live on until the collector runs, and reads of them work by luck."""
    held: list[weakref.ref[Any]] = []
    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            with suppress(LazyReadError):
                await failing_read(session, held)
            assert alive(held) == []


@asynchronous
@pytest.mark.usefixtures("no_collector")
async def test_a_fault_leaves_no_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    def explain(*arguments: Any) -> Any:
        raise ValueError("no luck")

    held: list[weakref.ref[Any]] = []
    monkeypatch.setattr(guard, "explain", explain)
    with warnings.catch_warnings(), loadwise.watch():
        warnings.simplefilter("ignore", loadwise.LoadwiseWarning)
        async with async_engine() as engine, AsyncSession(engine) as session:
            with suppress(MissingGreenlet):
                await failing_read(session, held)
            assert alive(held) == []


@asynchronous
@pytest.mark.usefixtures("no_collector")
async def test_a_variable_is_free_while_its_function_still_runs() -> None:
    """Up to Python 3.12, `f_locals` leaves a copy in the frame (facts/runtime.md, 3 iv)."""
    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            user = (await session.scalars(select(User).where(User.id == 100))).one()
            local = Local()
            held: list[weakref.ref[Any]] = [weakref.ref(local), weakref.ref(user)]
            try:
                _ = user.organization
            except LazyReadError as error:
                error.__traceback__ = None
            del user, local
            assert alive(held) == []


@asynchronous
async def test_the_variables_of_the_application_stay_as_they_are() -> None:
    """Who called `locals()` has the very copy that is emptied for the reason above."""
    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            user = (await session.scalars(select(User).where(User.id == 100))).one()
            local = Local()
            names = locals()
            with pytest.raises(LazyReadError):
                _ = user.organization
            assert names["local"] is local
            assert names["user"] is user


@asynchronous
async def test_sessions_and_code_are_free() -> None:
    scope: dict[str, Any] = {}
    code = compile("async def read(user):\n    return user.organization\n", "made.py", "exec")
    exec(code, scope)
    errors = []
    with loadwise.watch() as watch:
        async with async_engine() as engine:
            async with AsyncSession(engine) as session:
                user = await session.get_one(User, 100)
                with pytest.raises(LazyReadError) as caught:
                    await scope["read"](user)
                errors.append(caught.value.with_traceback(None))
                held = [
                    weakref.ref(one)
                    for one in (session, session.sync_session, scope["read"].__code__, user)
                ]
            scope.clear()
            del code, session, user, caught
            gc.collect()
            assert alive(held) == []
        assert len(watch.findings) == 1
    assert errors[0].finding == watch.findings[0]


@asynchronous
async def test_a_queue_of_errors_keeps_no_instance_alive() -> None:
    kept: queue.Queue[LazyReadError] = queue.Queue()
    held: list[weakref.ref[Any]] = []
    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            for _ in range(300):
                kept.put((await explained(session, held)).with_traceback(None))
            gc.collect()
            assert alive(held) == []
    assert kept.qsize() == 300


@asynchronous
async def test_the_files_that_were_parsed_are_let_go() -> None:
    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            await explained(session, [])
        assert sites._parsed.cache_info().currsize > 0
    assert sites._parsed.cache_info().currsize == 0


@asynchronous
async def test_findings_are_bounded() -> None:
    with loadwise.watch() as watch:
        async with async_engine() as engine, AsyncSession(engine) as session:
            error = await explained(session, [])
        for _ in range(watch_module.KEPT + 10):
            watch.record(error.finding)
        assert len(watch.findings) == watch_module.KEPT


@asynchronous
async def test_a_journal_is_bounded() -> None:
    def work(session: Session) -> None:
        user = session.get_one(User, 1)
        for _ in range(LENGTH):
            session.refresh(user)
        journal = session.info[KEY]
        assert len(journal.entries) == LENGTH
        assert len(journal.notes[inspect(user)]) == NOTES

    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            await session.run_sync(work)


@asynchronous
async def test_a_journal_knows_no_object_that_is_gone() -> None:
    def work(session: Session) -> None:
        users = [User(id=number) for number in range(10, 20)]
        session.add_all(users)
        session.flush()
        session.scalars(select(User).execution_options(populate_existing=True)).all()
        for user in users:
            session.expire(user)
        journal = session.info[KEY]
        kept = (journal.added, journal.notes, journal.seen)
        assert [len(of_objects) for of_objects in kept] == [10, 10, 10]
        session.expunge_all()
        users.clear()
        del user
        gc.collect()
        assert [len(of_objects) for of_objects in kept] == [0, 0, 0]

    with loadwise.watch():
        async with async_engine() as engine, AsyncSession(engine) as session:
            await session.run_sync(work)


def statements(session: Session, count: int) -> None:
    """Run statements; most are served behind the listeners of `watch()`, which is quicker."""
    statement = text("SELECT 1")
    result = session.execute(statement)

    def serve(execution: ORMExecuteState) -> Any:
        return result if execution.statement is statement else None

    event.listen(session, "do_orm_execute", serve)
    for number in range(count):
        session.execute(statement)
        if number % 200 == 0:
            session.expire(session.get_one(User, 1))
            session.rollback()
            with Session(session.bind) as other:
                other.get_one(User, 1)


@asynchronous
async def test_twenty_thousand_statements_keep_memory_flat() -> None:
    async def run(count: int) -> None:
        async with async_engine() as engine, AsyncSession(engine) as session:
            await session.run_sync(statements, count)
        watch.settle()  # else what may become a finding is kept, up to so much

    with loadwise.watch() as watch:
        await run(200 * JOURNALS)  # those of sessions that are gone are kept, up to so many
        gc.collect()
        tracemalloc.start()
        try:
            await run(200 * JOURNALS)
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            await run(20_000)
            gc.collect()
            after = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
    assert after - before < 100_000


def test_file_names_without_end_are_not_all_remembered() -> None:
    """A notebook or a template engine makes a new one for each piece of code."""
    for number in range(20_000):
        sites.whose(f"<cell {number}>")
    assert sys.getsizeof(sites._whose) < 1_000_000
    assert len(sites._whose) < 20_000


@asynchronous
async def test_what_may_become_a_finding_is_bounded(mode: str) -> None:
    with loadwise.watch() as watch:
        if watch.recorder is None:
            assert mode == "explain"
            return
        async with async_engine() as engine:
            for _ in range(100):
                async with AsyncSession(engine) as session:
                    await session.get_one(User, 1)
        seen = watch.recorder.repeats._seen
        assert 0 < len(seen) <= 100
        for number in range(repeats.MOST + 10):
            watch.recorder.repeats.of(repeats.Load(Via.GET, -number, "User", "", ()))
        assert len(seen) == repeats.MOST


@asynchronous
async def test_reads_and_repeats_keep_no_object_alive() -> None:
    held: list[weakref.ref[Any]] = []
    with loadwise.watch() as watch:
        async with async_engine() as engine, AsyncSession(engine) as session:
            query = select(User).options(joinedload(User.organization))
            users = (await session.scalars(query)).all()
            other = await session.get_one(User, 2)
            for user in users:
                await session.refresh(user)
                await user.awaitable_attrs.motto
            assert other.organization is not None
            held += [weakref.ref(one) for one in (*users, session, inspect(other))]
            del user, other
            users = []
        del session
        gc.collect()
        assert alive(held) == []
        watch.settle()
