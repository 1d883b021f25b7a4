"""The fixture `loadwise`, with the flag and without."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.plugin.inner import Run, make_project, run, run_once

TESTS = """\
import pytest
import pytest_asyncio
from shop import load_user, opened, organization_of
from sqlalchemy.exc import MissingGreenlet

from loadwise.testing import Recording

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def user():
    async with opened() as session:
        yield await load_user(session)


async def swallow(user):
    with pytest.raises(MissingGreenlet):
        organization_of(user)


async def test_findings(user, loadwise: Recording):
    assert isinstance(loadwise, Recording)
    assert loadwise.findings == ()
    await swallow(user)
    await swallow(user)
    [finding] = loadwise.findings
    assert finding.attribute == "User.organization"
    assert finding.evidence.observed == 2
    loadwise.allow("User.organization", reason="it was looked at")
    assert loadwise.findings == ()


async def test_statements(loadwise, user):
    assert loadwise.statements == ()
    async with opened() as session:
        before = len(loadwise.statements)
        await load_user(session)
        *_, last = loadwise.statements
        assert len(loadwise.statements) == before + 1
        assert last.text.startswith("SELECT users.id")
        assert (last.site.file, last.site.code.strip()) == (
            "shop.py",
            "return await session.get(User, 100)",
        )


@pytest.mark.loadwise_allow("User.organization", reason="the error is what is tested")
async def test_a_mark(user, loadwise):
    await swallow(user)
    assert loadwise.findings == ()


async def test_a_wrong_rule(loadwise):
    with pytest.raises(ValueError, match="did you mean lazy-read"):
        loadwise.allow("lazy-reed", reason="a slip of the pen")


async def test_it_is_new_in_each_test(loadwise):
    assert not loadwise.findings
    assert not loadwise.statements


async def test_without(user):
    assert user.id == 100
"""
WRONG = """\
import pytest


@pytest.mark.loadwise_allow("lazy-reed", reason="a slip of the pen")
def test_wrong(loadwise):
    pass
"""
AFTER = """\
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from loadwise.observe.cursor import on_cursor
from loadwise.observe.guard import on_execute


def test_nothing_is_left():
    assert not event.contains(Engine, "before_cursor_execute", on_cursor)
    assert not event.contains(Session, "do_orm_execute", on_execute)
"""


@pytest.fixture(scope="module", params=["with", "without"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tests, with the flag and without; what is allowed within is not a failure either."""
    flags = ["--loadwise-mode=strict"] if request.param == "with" else []

    def make(folder: Path, flags: list[str]) -> Run:
        tests = {"test_fixture": TESTS, "test_wrong": WRONG}
        project = make_project(folder / "project", **tests, test_z=AFTER if not flags else "")
        return run(project, *flags, "tests")

    return run_once(tmp_path_factory, f"fixture-{request.param}", partial(make, flags=flags))


def test_it_gives_the_recording(done: Run) -> None:
    """The same in both; without the flag, nothing of the watch is left after the test."""
    passed = 7 - ("loadwise:" in done.out)
    assert f"{passed} passed, 1 error" in done.out


def test_a_wrong_mark(done: Run) -> None:
    """It is said in both."""
    said = done.failure("ERROR at setup of test_wrong")
    assert "@pytest.mark.loadwise_allow: there is no rule 'lazy-reed': did you mean" in said


def test_it_is_described(tmp_path: Path) -> None:
    """`pytest --fixtures` says what it is."""
    project = make_project(tmp_path / "project", test_it="")
    out = run(project, "--fixtures", "tests").out
    assert "What loadwise finds in this test: `findings`, `statements`, and `allow(...)`." in out
