"""A fault of loadwise itself becomes one warning; the application's outcome is that of vanilla."""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

import pytest
from sqlalchemy import select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column

import loadwise
from loadwise import LazyReadError, LoadwiseWarning
from loadwise.fix.planner import Planner
from loadwise.observe import explain as explain_module
from loadwise.observe import guard, hooks, notes
from loadwise.observe import recorder as recorder_module
from loadwise.observe import watch as watch_module
from loadwise.observe.eager import EagerLoads
from loadwise.observe.journal import journal_of as whole_journal_of
from tests.observe.models import User, async_engine
from tests.observe.program import outcome
from tests.observe.vanilla import failure_of, is_missing_greenlet

asynchronous: Final = pytest.mark.asyncio
NOTE: Final = "loadwise could not explain this: BrokenError: no luck"


class BrokenError(Exception):
    """What is wrong with loadwise in these tests."""


def failing(error: BaseException) -> Callable[..., Any]:
    """A function that only raises."""

    def fail(*arguments: Any, **words: Any) -> Any:
        raise error

    return fail


def fails_in(caller: str, error: BaseException) -> Callable[..., Any]:
    """`journal_of`, which every listener calls, failing in one of them."""

    def journal_of(session: Any) -> Any:
        if sys._getframe(1).f_code.co_name == caller:
            raise error
        return whole_journal_of(session)

    return journal_of


def break_journal(monkeypatch: pytest.MonkeyPatch, caller: str, error: BaseException) -> None:
    """Have the journal fail in one listener."""
    for module in (guard, notes):
        monkeypatch.setattr(module, "journal_of", fails_in(caller, error))


LISTENERS: Final = [
    "_noted" if function is guard.on_execute else function.__name__
    for _, _, function, _ in watch_module.LISTENERS
    if (function.__module__ == notes.__name__ and function is not notes.on_instrument)
    or function is guard.on_execute
]
"""The function of each listener that has to do with a journal, and does its work."""


async def unloaded_read(session: AsyncSession) -> BaseException | None:
    """What a lazy load raises, while a new object waits in the session."""
    user = (await session.scalars(select(User).where(User.id == 100))).one()
    session.add(User(id=7, name="New"))
    return failure_of(lambda: user.organization)


async def read_error() -> BaseException | None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        error = await unloaded_read(session)
        session.expunge_all()
        return error


def notes_of(error: BaseException) -> str:
    """The notes of an error; on Python 3.10 they are in its text."""
    return "\n".join(getattr(error, "__notes__", [])) or str(error)


@contextmanager
def warned(*starts: str) -> Iterator[list[str]]:
    """Collect the warnings of a block under a watch: just these, by how they start."""
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        with loadwise.watch():
            yield texts
    assert all(one.category is LoadwiseWarning for one in recorded)
    texts.extend(sorted(str(one.message) for one in recorded))
    assert len(texts) == len(starts)
    for text, start in zip(texts, starts, strict=True):
        assert text.startswith(f"loadwise: {start} failed ("), text


@asynchronous
@pytest.mark.parametrize("name", LISTENERS)
async def test_a_listener_that_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vanilla = await outcome()
    break_journal(monkeypatch, name, BrokenError("no luck"))
    said = "on_execute" if name == "_noted" else name
    with warned(said) as texts:
        assert await outcome() == vanilla
    assert texts == [
        f"loadwise: {said} failed (BrokenError: no luck); the application goes on",
    ]


@asynchronous
@pytest.mark.parametrize("name", LISTENERS)
async def test_a_listener_that_fails_where_warnings_are_errors(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    vanilla = await outcome()
    break_journal(monkeypatch, name, BrokenError("no luck"))
    with warnings.catch_warnings(), loadwise.watch():
        warnings.simplefilter("error")
        assert await outcome() == vanilla
    assert [(one.name, one.levelno) for one in caplog.records] == [("loadwise", logging.WARNING)]
    assert "failed (BrokenError: no luck); the application goes on" in caplog.text


def test_a_listener_of_new_classes_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "watch_attribute", failing(BrokenError("no luck")))
    with warned("on_instrument"):

        class Own(DeclarativeBase):
            pass

        class Late(Own):
            __tablename__ = "late"
            id: Mapped[int] = mapped_column(primary_key=True)

        assert Late(id=3).id == 3


@asynchronous
async def test_every_watch_says_it_once_again(monkeypatch: pytest.MonkeyPatch) -> None:
    break_journal(monkeypatch, "on_add", BrokenError("no luck"))
    for _ in range(2):
        with warned("on_add"):
            await outcome()
            await outcome()


@asynchronous
async def test_a_guard_that_fails_leaves_the_vanilla_error(monkeypatch: pytest.MonkeyPatch) -> None:
    break_journal(monkeypatch, "_noted", BrokenError("no luck"))
    with warned("on_execute"):
        error = await read_error()
    assert is_missing_greenlet(error)
    assert not isinstance(error, LazyReadError)


STAGES: Final = [
    pytest.param(guard, "explain", id="explain"),
    pytest.param(guard, "LazyReadError", id="error"),
    pytest.param(explain_module, "find_reader", id="find_reader"),
    pytest.param(explain_module, "gather", id="gather"),
    pytest.param(explain_module, "cause_of", id="cause_of"),
    pytest.param(explain_module, "use_of", id="use_of"),
    pytest.param(explain_module, "judge", id="judge"),
    pytest.param(Planner, "cure", id="planner"),
]


@asynchronous
@pytest.mark.parametrize(("place", "name"), STAGES)
async def test_an_explanation_that_fails(
    place: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanilla, said = await outcome(), hooks.original_error().args[0]
    monkeypatch.setattr(place, name, failing(BrokenError("no luck")))
    with warned("explain"):
        error = await read_error()
        assert await outcome() == vanilla
    assert error is not None
    assert type(error) is MissingGreenlet
    assert notes_of(error).count(NOTE) == 1
    assert error.args[0].startswith(said)
    assert error.__context__ is None
    assert error.__cause__ is None


@asynchronous
@pytest.mark.skipif(sys.version_info < (3, 11), reason="add_note() is new in Python 3.11")
async def test_the_reason_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "explain", failing(BrokenError("no luck")))
    with warned("explain"):
        error = await read_error()
    assert error is not None
    assert getattr(error, "__notes__", None) == [NOTE]
    assert str(error) == str(hooks.original_error())


@asynchronous
async def test_the_reason_is_in_the_text_on_python_3_10(monkeypatch: pytest.MonkeyPatch) -> None:
    class OldError(MissingGreenlet):
        add_note = None  # type: ignore[assignment,unused-ignore]

    said = str(hooks.original_error())
    monkeypatch.setattr(hooks, "original_error", lambda: OldError(said))
    monkeypatch.setattr(guard, "explain", failing(BrokenError("no luck")))
    with warned("explain"):
        error = await read_error()
    assert error is not None
    assert error.args[0] == f"{said}\n{NOTE}"


@asynchronous
@pytest.mark.parametrize(("place", "name"), STAGES[:2])
async def test_an_explanation_that_fails_where_warnings_are_errors(
    place: Any, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(place, name, failing(BrokenError("no luck")))
    with warnings.catch_warnings(), loadwise.watch():
        warnings.simplefilter("error")
        error = await read_error()
    assert error is not None
    assert type(error) is MissingGreenlet
    assert notes_of(error).count(NOTE) == 1
    assert [one.name for one in caplog.records] == ["loadwise"]


@asynchronous
async def test_an_explanation_that_fails_still_comes_before_autoflush(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "explain", failing(BrokenError("no luck")))
    with warned("explain"):
        async with async_engine() as engine, AsyncSession(engine) as session:
            assert type(await unloaded_read(session)) is MissingGreenlet
            assert len(session.new) == 1
            await session.commit()
            assert (await session.get_one(User, 7)).name == "New"


@asynchronous
async def test_not_even_the_vanilla_error_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "explain", failing(BrokenError("no luck")))
    monkeypatch.setattr(hooks, "original_error", failing(BrokenError("worse")))
    with warned("explain", "on_execute"):
        error = await read_error()
    assert is_missing_greenlet(error)


@asynchronous
async def test_an_on_finding_that_raises() -> None:
    with warned("on_finding"), loadwise.watch(on_finding=failing(BrokenError("no luck"))) as watch:
        for _ in range(2):
            assert type(await read_error()) is LazyReadError
    assert len(watch.findings) == 2


@asynchronous
async def test_an_error_that_cannot_say_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise BrokenError

    monkeypatch.setattr(guard, "explain", failing(MuteError()))
    with warned("explain") as texts:
        error = await read_error()
    assert texts == ["loadwise: explain failed (MuteError); the application goes on"]
    assert error is not None
    assert type(error) is MissingGreenlet
    assert "loadwise could not explain this: MuteError" in notes_of(error)


@pytest.fixture(params=[KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def passing(request: pytest.FixtureRequest) -> type[BaseException]:
    """What is no fault, and nobody may swallow."""
    return cast("type[BaseException]", request.param)


@asynchronous
@pytest.mark.parametrize("name", ["_noted", "on_add", "on_flush", "on_commit"])
async def test_what_is_no_fault_passes_through_a_listener(
    name: str, passing: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_journal(monkeypatch, name, passing())
    with loadwise.watch(), pytest.raises(passing):
        await outcome()


@asynchronous
@pytest.mark.parametrize(("place", "name"), STAGES)
async def test_what_is_no_fault_passes_through_an_explanation(
    place: Any, name: str, passing: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, failing(passing()))
    with loadwise.watch(), pytest.raises(passing):
        await read_error()


@asynchronous
async def test_what_is_no_fault_passes_through_on_finding(passing: type[BaseException]) -> None:
    with loadwise.watch(on_finding=failing(passing())), pytest.raises(passing):
        await read_error()


IN_FULL: Final = [
    pytest.param(recorder_module, "load_of", "look", id="look"),
    pytest.param(recorder_module, "callers", "on_statement", id="callers"),
    pytest.param(recorder_module, "described", "look", id="described"),
    pytest.param(recorder_module, "lucky_use", "look", id="lucky_use"),
    pytest.param(EagerLoads, "loaded", "on_load", id="loaded"),
    pytest.param(EagerLoads, "met", "on_met", id="met"),
    pytest.param(EagerLoads, "used", "used", id="used"),
    pytest.param(EagerLoads, "escaped", "on_pickle", id="escaped"),
    pytest.param(EagerLoads, "take", "Recorder", id="take"),
    pytest.param(recorder_module, "judge", "look", id="judge"),
]
"""What the recorder does, and who says that it failed."""


async def needless() -> list[str]:
    """What gives the recorder something to do: masked reads, repeats, eager loads."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        query = select(User).options(joinedload(User.organization))
        users = (await session.scalars(query.where(User.id == 1))).all()
        other = (await session.scalars(select(User).where(User.id == 2))).one()
        names = [users[0].organization.name, other.organization.name]  # type: ignore[union-attr]
        for number in (1, 2, 100):
            session.expunge_all()
            user = await session.get_one(User, number)
            await session.refresh(user)
        again = (await session.scalars(query)).all()
        names += [await user.awaitable_attrs.motto for user in again]
        pickle.dumps(again[0])
        return names


@asynchronous
@pytest.mark.parametrize(("place", "name", "said"), IN_FULL)
async def test_a_recorder_that_fails(
    place: Any, name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanilla = await needless()
    monkeypatch.setattr(place, name, failing(BrokenError("no luck")))
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        with loadwise.watch(mode="full"):
            assert await needless() == vanilla
    texts = {str(one.message) for one in recorded}
    assert f"loadwise: {said} failed (BrokenError: no luck); the application goes on" in texts
    assert {one.category for one in recorded} == {LoadwiseWarning}


@asynchronous
@pytest.mark.parametrize(("place", "name", "said"), IN_FULL[:7])
async def test_what_is_no_fault_passes_through_a_recorder(
    place: Any, name: str, said: str, passing: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, failing(passing()))
    with loadwise.watch(mode="full"), pytest.raises(passing):
        await needless()
