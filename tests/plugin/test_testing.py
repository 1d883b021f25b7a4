"""The assertions of `loadwise.testing`: what they see, what they say, and what their types are."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm import Session

from loadwise import LazyReadError, testing
from loadwise.core.finding import Finding
from loadwise.observe.cursor import on_cursor
from loadwise.observe.guard import on_execute
from loadwise.observe.watchers import watchers
from loadwise.testing import (
    Block,
    Recording,
    Statement,
    assert_no_gaps,
    capture_uses,
    statement_budget,
)
from tests.plugin.inner import SHOP

if TYPE_CHECKING:
    from typing_extensions import assert_type
else:

    def assert_type(value: Any, kind: Any) -> Any:
        """Of no effect at run time."""
        return value


Shop = Any
BLOCKS: list[Callable[[], Block]] = [assert_no_gaps, capture_uses, lambda: statement_budget(9)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The application of the inner tests, imported."""
    file = tmp_path_factory.mktemp("shop") / "shop_of_these_tests.py"
    file.write_text(SHOP, encoding="utf-8")
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[file.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest_asyncio.fixture
async def session(shop: Shop) -> AsyncIterator[Any]:
    """A session in which nothing is loaded yet."""
    async with shop.opened() as session:
        yield session


def swallow(shop: Shop, user: Any) -> None:
    """Read what is not loaded, as a serialiser does that hides the error."""
    try:
        shop.organization_of(user)
    except MissingGreenlet:
        return
    raise AssertionError("it was loaded")


def fail_after(shop: Shop, user: Any) -> None:
    """Fail of something else than what was read."""
    swallow(shop, user)
    raise LookupError


@pytest.mark.asyncio
async def test_nothing_is_missing(shop: Shop, session: Any) -> None:
    """The block passes."""
    with assert_no_gaps():
        user = await shop.load_user(session)
        assert user.organization_id == 2


@pytest.mark.asyncio
async def test_something_is_missing(shop: Shop, session: Any) -> None:
    """Also where the code hides the error: each finding is explained."""
    with pytest.raises(AssertionError) as caught, assert_no_gaps():
        swallow(shop, await shop.load_user(session))
    said = str(caught.value)
    assert said.startswith("what is touched here is not loaded: 1 finding\n\n")
    assert "LW101 lazy-read  `User.organization` is not loaded here" in said
    assert "options=[joinedload(User.organization)]" in said


@pytest.mark.asyncio
async def test_what_raises_raises(shop: Shop, session: Any) -> None:
    """It explains itself; so does any other error that leaves the block."""
    with pytest.raises(LazyReadError), assert_no_gaps():
        shop.organization_of(await shop.load_user(session))
    user = await shop.load_user(session)
    with pytest.raises(LookupError), assert_no_gaps():
        fail_after(shop, user)


async def be_lucky(shop: Shop, session: Any) -> None:
    """Read what is not loaded while the session holds it."""
    held = await session.get(shop.Organization, 2)
    assert shop.organization_of(await shop.load_user(session)) is held


@pytest.mark.asyncio
async def test_what_works_by_luck(shop: Shop, session: Any) -> None:
    """It counts where that is asked for."""
    with assert_no_gaps():
        await be_lucky(shop, session)
    session.expunge_all()
    with pytest.raises(AssertionError, match="LW102 masked-read"), assert_no_gaps(masked=True):
        await be_lucky(shop, session)


@pytest.mark.asyncio
async def test_what_is_allowed(shop: Shop, session: Any) -> None:
    """Within the block, before it happens or after."""
    with assert_no_gaps() as recording:
        swallow(shop, await shop.load_user(session))
        recording.allow("User.organization", reason="the error is what is tested")


@pytest.mark.asyncio
async def test_the_uses_of_a_block(shop: Shop, session: Any) -> None:
    """What was found in it, and the statements that it ran."""
    await session.execute(text("SELECT 1"))
    with capture_uses() as uses:
        assert (uses.findings, uses.statements) == ((), ())
        swallow(shop, await shop.load_user(session))
    assert [one.attribute for one in uses.findings] == ["User.organization"]
    assert [one.text.split()[0] for one in uses.statements] == ["SELECT"]
    await session.execute(text("SELECT 1"))
    assert len(uses.statements) == 1, "the block is over"


@pytest.mark.asyncio
async def test_a_budget(shop: Shop, session: Any) -> None:
    """Kept, and exceeded: the statements stand by the lines that ran them."""
    with statement_budget(2) as recording:
        await session.execute(text("SELECT 1"))
    assert len(recording.statements) == 1
    with pytest.raises(AssertionError) as caught, statement_budget(2):
        await run_three(session)
    said = str(caught.value).splitlines()
    line = run_three.__code__.co_firstlineno + 3
    assert said == [
        "3 statements ran, the budget is 2",
        f"  tests/plugin/test_testing.py:{line}:15",
        "     3 × SELECT ?",
    ]


async def run_three(session: Any) -> None:
    """Run three statements from one line."""
    for number in range(3):
        await session.execute(text("SELECT :number"), {"number": number})


def test_a_synchronous_engine_counts_too() -> None:
    """Any engine, and no session is needed; many rows in one execution are one statement."""
    engine = create_engine("sqlite://")
    with statement_budget(2), engine.begin() as connection:
        connection.execute(text("CREATE TABLE things (id INTEGER)"))
        connection.execute(text("INSERT INTO things VALUES (:id)"), [{"id": n} for n in range(9)])
    engine.dispose()


def test_a_budget_of_nothing() -> None:
    """Zero is a budget, and less is none."""
    with statement_budget(0):
        pass
    with pytest.raises(ValueError, match="0 or more, not -1"):
        statement_budget(-1)


@pytest.mark.parametrize("make", BLOCKS)
def test_nothing_is_left(make: Callable[[], Block]) -> None:
    """After the block, also one that failed, SQLAlchemy has none of our listeners."""
    with pytest.raises(LookupError), make():
        raise LookupError
    assert not watchers
    assert not event.contains(Session, "do_orm_execute", on_execute)
    assert not event.contains(Engine, "before_cursor_execute", on_cursor)


@pytest.mark.parametrize("make", BLOCKS)
def test_a_block_is_entered_once(make: Callable[[], Block]) -> None:
    """It is no decorator either: on a coroutine function that would check nothing."""
    block = make()
    with block:
        pass
    with pytest.raises(RuntimeError, match="make a new one"), block:
        pass
    assert not callable(block)


@pytest.mark.asyncio
async def test_blocks_within_each_other(shop: Shop, session: Any) -> None:
    """Each has what happened in it."""
    with capture_uses() as outer:
        await session.execute(text("SELECT 1"))
        with capture_uses() as inner:
            swallow(shop, await shop.load_user(session))
        await session.execute(text("SELECT 2"))
    assert len(inner.statements) == 1
    assert len(outer.statements) == 3
    assert inner.findings == outer.findings != ()


@pytest.mark.asyncio
async def test_another_task_is_seen(shop: Shop, session: Any) -> None:
    """A block sees the whole process while it is entered."""
    task = asyncio.create_task(swallow_soon(shop, await shop.load_user(session)))
    with pytest.raises(AssertionError, match=r"User\.organization"), assert_no_gaps():
        await task


async def swallow_soon(shop: Shop, user: Any) -> None:
    """Read what is not loaded, as soon as others have had their turn."""
    await asyncio.sleep(0)
    swallow(shop, user)


@pytest.mark.parametrize(
    ("names", "reason", "problem"),
    [
        ((), "why not", "what is allowed"),
        (("User.organization",), "", "say why"),
        (("lazy-reed",), "why not", "did you mean lazy-read"),
    ],
)
def test_what_cannot_be_allowed(names: tuple[str, ...], reason: str, problem: str) -> None:
    """Whoever allows something says what, and why."""
    with capture_uses() as uses, pytest.raises(ValueError, match=problem):
        uses.allow(*names, reason=reason)


def test_the_types() -> None:
    """What mypy and pyright see."""
    with assert_no_gaps(masked=True) as first, capture_uses() as second:
        assert_type(first, Recording)
        assert_type(second.findings, tuple[Finding, ...])
        assert_type(second.statements, tuple[Statement, ...])
        assert_type([one.text for one in second.statements], list[str])
    with statement_budget(statements=3) as third:
        assert_type(third, Recording)
    assert_type(capture_uses(), Block)


def test_all_is_documented() -> None:
    """Every exported name is there and says what it is."""
    for name in testing.__all__:
        assert (getattr(testing, name).__doc__ or "").strip(), name
