"""The marks: what a test allows, how many statements it plans, and what is wrong with a mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.inner import Run, make_project, run, run_once

ALLOWING = """\
import pytest
from shop import load_user, opened, organization_of
from sqlalchemy.exc import MissingGreenlet

pytestmark = pytest.mark.asyncio


async def swallow():
    async with opened() as session:
        user = await load_user(session)
        with pytest.raises(MissingGreenlet):
            organization_of(user)


@pytest.mark.loadwise_allow("User.organization", reason="the error is what is tested")
async def test_an_attribute():
    await swallow()


@pytest.mark.loadwise_allow("User.id", "lazy-read", reason="the error is what is tested")
async def test_a_rule():
    await swallow()


@pytest.mark.loadwise_allow("lazy-read", reason="the error is what is tested")
class TestClass:
    async def test_of_a_class(self):
        await swallow()


@pytest.mark.loadwise_allow("User.id", "lazy-write", reason="something else")
async def test_another():
    await swallow()


@pytest.mark.loadwise_allow("User.organization", reason="it fails all the same")
async def test_fails():
    async with opened() as session:
        organization_of(await load_user(session))
"""
BUDGETS = """\
import pytest
import pytest_asyncio
from shop import load_user, opened
from sqlalchemy import select, text

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def session():
    async with opened() as session:
        yield session
        await session.execute(text("SELECT 'in the teardown'"))


async def load_twice(session):
    await session.execute(text("SELECT 1"))
    await session.execute(text("SELECT 1"))


@pytest.mark.loadwise_budget(statements=3)
async def test_within(session):
    await load_user(session)
    await load_twice(session)


@pytest.mark.loadwise_budget(statements=2)
async def test_over(session):
    await load_user(session)
    await load_twice(session)


@pytest.mark.loadwise_budget(statements=0)
async def test_none(session):
    await load_user(session)


@pytest.mark.loadwise_budget(statements=0)
async def test_over_and_failed(session):
    await load_user(session)
    assert "one" == "another"
"""
WRONG = """\
import pytest


@pytest.mark.loadwise_allow("User.organization")
def test_no_reason():
    pass


@pytest.mark.loadwise_allow("User.organization", reason=" ")
def test_empty_reason():
    pass


@pytest.mark.loadwise_allow(reason="why not")
def test_no_name():
    pass


@pytest.mark.loadwise_allow("lazy-reed", reason="why not")
def test_unknown_rule():
    pass


@pytest.mark.loadwise_allow("lazy-read", because="why not")
def test_unknown_argument():
    pass


@pytest.mark.loadwise_allow(7, reason="why not")
def test_no_string():
    pass


@pytest.mark.loadwise_budget(3)
def test_position():
    pass


@pytest.mark.loadwise_budget(statements="3")
def test_no_number():
    pass


@pytest.mark.loadwise_budget(queries=3)
def test_unknown_limit():
    pass


def test_all_is_well():
    pass
"""
MARK = "@pytest.mark.loadwise_"
SAID = {
    "no_reason": "allow: say why it is allowed: reason='...'",
    "empty_reason": "allow: say why it is allowed: reason='...'",
    "no_name": "allow: what is allowed? Give an attribute (User.organization) or a rule",
    "unknown_rule": "allow: there is no rule 'lazy-reed': did you mean lazy-read",
    "unknown_argument": "allow: there is no argument 'because': give reason",
    "no_string": "allow: names and reason are strings",
    "position": "budget: give statements=N, a number from 0",
    "no_number": "budget: give statements=N, a number from 0",
    "unknown_limit": "budget: there is no argument 'queries': give statements",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All the tests, in the mode that fails."""

    def make(folder: Path) -> Run:
        tests = {"test_allowing": ALLOWING, "test_budgets": BUDGETS, "test_wrong": WRONG}
        project = make_project(folder / "project", **tests)
        arguments = ("--loadwise-mode=fail", "--strict-markers", "--loadwise-json=found.json")
        return run(project, *arguments, "tests")

    return run_once(tmp_path_factory, "marks", make)


def test_what_is_allowed_fails_nothing(done: Run) -> None:
    """By attribute and by rule; what raises raises all the same, and is explained."""
    errors = [line for line in done.out.splitlines() if line.startswith("ERROR tests/test_allow")]
    assert len(errors) == 1
    assert "::test_another - " in errors[0]
    assert "LW101 lazy-read" in done.failure("test_fails")


def test_what_is_allowed_is_not_listed(done: Run) -> None:
    """How many tests allow something is said."""
    section = done.section("loadwise:")
    assert "test_allowing.py::test_another" in section
    assert "seen" not in section
    assert "\nnot listed: what 4 tests allow\n" in section
    assert "test_an_attribute" not in done.read("found.json")


def test_a_budget_that_is_kept(done: Run) -> None:
    """What the fixtures run, before and after, does not count."""
    assert "test_within" not in done.section("short test summary info")


def test_a_budget_that_is_exceeded(done: Run) -> None:
    """The statements, by the place that ran them."""
    said = done.failure("ERROR at teardown of test_over")
    line = BUDGETS.splitlines().index('    await session.execute(text("SELECT 1"))') + 1
    assert said.splitlines()[0] == "3 statements ran, the budget is 2"
    assert f"  tests/test_budgets.py:{line}:11\n     1 × SELECT 1\n" in said
    assert f"  tests/test_budgets.py:{line + 1}:11\n     1 × SELECT 1\n" in said
    assert "     1 × SELECT users.id" in said
    assert "in the teardown" not in said
    assert "1 statement ran, the budget is 0" in done.failure("ERROR at teardown of test_none")
    assert "ERROR tests/test_budgets.py::test_over_and_failed" in done.out


@pytest.mark.parametrize("name", SAID)
def test_a_wrong_mark(done: Run, name: str) -> None:
    """An error of its test, in one line; the test does not run."""
    said = done.failure(f"ERROR at setup of test_{name}").rstrip()
    assert said.startswith(MARK + SAID[name])
    assert "\n" not in said


def test_the_others_run(done: Run) -> None:
    """A wrong mark is its own test's alone."""
    assert "ERROR tests/test_wrong.py::test_all_is_well" not in done.out
    assert done.code == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in done.out + done.err


def test_without_the_flag(tmp_path: Path) -> None:
    """The marks are known, and do nothing."""
    project = make_project(tmp_path / "project", test_budgets=BUDGETS, test_wrong=WRONG)
    done = run(project, "--strict-markers", "tests")
    assert "1 failed, 13 passed" in done.out
    assert "loadwise:" not in done.out


def test_they_are_described(tmp_path: Path) -> None:
    """`pytest --markers` says what they do, and what they need."""
    project = make_project(tmp_path / "project", test_wrong=WRONG)
    out = run(project, "--markers").out
    assert '@pytest.mark.loadwise_allow(name, ..., reason="..."): ' in out
    assert "@pytest.mark.loadwise_budget(statements=N): " in out
