"""A fault of loadwise itself, in a suite where every warning is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.inner import Run, make_project, run, run_once

FAULTS = """\
import pytest
import shop
from sqlalchemy.exc import MissingGreenlet

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("error")]


def fail(*arguments, **words):
    raise RuntimeError("a fault")


@pytest.fixture
def explaining(monkeypatch):
    monkeypatch.setattr("loadwise.observe.guard.explain", fail)


@pytest.fixture
def showing(monkeypatch):
    monkeypatch.setattr("loadwise.report.full.full", fail)


async def test_explaining_is_caught(explaining):
    async with shop.opened() as session:
        user = await shop.load_user(session)
        with pytest.raises(MissingGreenlet):
            shop.organization_of(user)


async def test_explaining_fails(explaining):
    async with shop.opened() as session:
        shop.organization_of(await shop.load_user(session))


async def test_showing_fails(showing):
    async with shop.opened() as session:
        shop.organization_of(await shop.load_user(session))


async def test_all_is_well():
    async with shop.opened() as session:
        assert await shop.load_user(session)
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which explaining fails, then showing."""

    def make(folder: Path) -> Run:
        project = make_project(folder / "project", test_faults=FAULTS)
        return run(project, "--loadwise", "-W", "error", "tests")

    return run_once(tmp_path_factory, "faults", make)


def test_outcomes_stay(done: Run) -> None:
    """What passes passes, what fails fails, and pytest goes on to the end."""
    assert "2 failed, 2 passed" in done.out
    assert done.code == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in done.out + done.err


def test_the_original_error_is_raised(done: Run) -> None:
    """SQLAlchemy's own, with its traceback, and why there is no explanation."""
    shown = done.failure("test_explaining_fails")
    assert "MissingGreenlet: greenlet_spawn has not been called" in shown
    assert "loadwise could not explain this: RuntimeError: a fault" in shown


def test_the_traceback_stays_where_showing_fails(done: Run) -> None:
    """The error is the explained one; pytest shows it as it would any other."""
    shown = done.failure("test_showing_fails")
    assert "orm/attributes.py" in shown
    assert "this could not be explained: RuntimeError: a fault" in shown
