"""A fault of loadwise itself, in a suite where every warning is an error."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.plugin.inner import Run, make_project, run, run_once
from tests.plugin.test_modes import TESTS

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
FAILED = (
    "explain failed (RuntimeError: a fault)",
    "showing a failure failed (RuntimeError: a fault)",
)
CONFTEST = """
import loadwise.plugin.recorder
import loadwise.observe.recorder


def fail(*arguments, **words):
    raise RuntimeError("a fault")


loadwise.plugin.recorder.verdict = fail
loadwise.plugin.recorder.roots = fail
loadwise.observe.recorder.Recorder.settle = fail
"""
"""Faults that last: the end of each test fails, and the verdict on it."""


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


def test_the_faults_are_told_at_the_end(done: Run) -> None:
    """In one line, which says what failed and what comes of it."""
    told = [line for line in done.section("loadwise:").splitlines() if "failed" in line]
    assert [line.partition(": ")[::2] for line in told] == [
        ("loadwise itself failed and may have missed something", "; ".join(FAILED)),
    ]


@pytest.fixture(scope="module", params=["alone", "spread"])
def lasting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in the mode that fails tests, in which each end of a test fails."""

    def make(folder: Path, *, spread: bool) -> Run:
        project = make_project(folder / "project", test_modes=TESTS)
        (project / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        plugins: tuple[str, ...] = ("loadwise_pytest", "pytest_asyncio.plugin")
        arguments: tuple[str, ...] = ("--loadwise-mode=fail", "-W", "error::RuntimeWarning")
        if spread:
            plugins, arguments = (*plugins, "xdist.plugin"), (*arguments, "-n2")
        return run(project, *arguments, "tests", plugins=plugins)

    spread = request.param == "spread"
    name = f"lasting-{request.param}"
    return run_once(tmp_path_factory, name, partial(make, spread=spread))


def test_a_fault_fails_no_test(lasting: Run) -> None:
    """Not even in the mode that fails tests, nor one of the section itself."""
    assert "2 failed, 3 passed, 1 xfailed in" in lasting.out
    assert "INTERNALERROR" not in lasting.out + lasting.err
    assert "LW101 lazy-read" in lasting.failure("test_fails_of_it")


def test_a_lasting_fault_is_told_once(lasting: Run) -> None:
    """However many tests it happens in, and however many processes."""
    told = [line for line in lasting.section("loadwise").splitlines() if "failed and" in line]
    assert len(told) == 1
    for what in ("Recorder", "the verdict on a test", "the section"):
        assert told[0].count(f"{what} failed (RuntimeError: a fault)") == 1
