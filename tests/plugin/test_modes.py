"""The modes: what a green test fails of, and what stays as it is."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from tests.plugin.inner import Run, make_project, run, run_once

TESTS = """\
import pytest
from shop import Organization, load_user, opened, organization_of
from sqlalchemy.exc import MissingGreenlet

pytestmark = pytest.mark.asyncio


async def test_clean():
    async with opened() as session:
        assert (await load_user(session)).id == 100


async def test_swallowed():
    async with opened() as session:
        user = await load_user(session)
        try:
            organization_of(user)
        except MissingGreenlet:
            pass


async def test_lucky():
    async with opened() as session:
        organization = await session.get(Organization, 2)
        assert organization_of(await load_user(session)) is organization


async def test_fails_of_it():
    async with opened() as session:
        organization_of(await load_user(session))


async def test_fails_of_another_thing():
    async with opened() as session:
        user = await load_user(session)
        with pytest.raises(MissingGreenlet):
            organization_of(user)
    assert "one" == "another"


@pytest.mark.xfail(raises=MissingGreenlet, strict=True)
async def test_expected():
    async with opened() as session:
        organization_of(await load_user(session))
"""
LEVELS = "--override-ini=loadwise_levels=masked-read = note"


def run_in(folder: Path, *arguments: str, spread: bool = False) -> Run:
    """Run the tests; masked reads are notes."""
    project = make_project(folder / "project", test_modes=TESTS)
    plugins: tuple[str, ...] = ("loadwise_pytest", "pytest_asyncio.plugin")
    if spread:
        plugins, arguments = (*plugins, "xdist.plugin"), (*arguments, "-n2")
    return run(project, LEVELS, *arguments, "tests", plugins=plugins)


def errors(done: Run) -> list[str]:
    """The names of the tests that failed after their call."""
    lines = done.section("short test summary info").splitlines()
    return [line.split(" - ")[0].rpartition("::")[2] for line in lines if line.startswith("ERROR")]


@pytest.fixture(scope="module", params=["report", "fail", "strict", "fail, spread"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in a mode."""
    mode, _, spread = request.param.partition(", ")
    make = partial(run_in, spread=bool(spread))
    name = f"mode-{mode}-{spread}"
    return run_once(tmp_path_factory, name, lambda folder: make(folder, f"--loadwise-mode={mode}"))


def test_what_fails_at_its_end(done: Run, request: pytest.FixtureRequest) -> None:
    """Each mode more than the one before; never what the test failed of itself, or expects to."""
    mode = request.node.callspec.params["done"].partition(",")[0]
    expected = {
        "report": [],
        "fail": ["test_fails_of_another_thing", "test_swallowed"],
        "strict": ["test_fails_of_another_thing", "test_lucky", "test_swallowed"],
    }[mode]
    assert sorted(errors(done)) == expected
    ended = f", {len(expected)} errors" if expected else ""
    assert f"2 failed, 3 passed, 1 xfailed{ended}" in done.out, "no outcome of its own is changed"


def test_what_is_said(done: Run) -> None:
    """The fact, the explanation, and the mode that it is because of."""
    if "--loadwise-mode=fail makes" in done.out:
        pytest.skip("nothing is said in the mode report")
    said = done.failure("ERROR at teardown of test_swallowed")
    said = re.sub(r"\A\[gw\d\].*\n", "", said)  # pytest-xdist says which worker it was
    assert said.startswith("LW101 `User.organization` is not loaded here\n")
    assert "options=[joinedload(User.organization)]" in said
    assert "\nthe test fails of it because of --loadwise-mode=" in said
    assert "Traceback" not in said
    assert "LW101 `User.organization`" in done.summary("::test_swallowed")


def test_what_comes_next(done: Run) -> None:
    """The section ends with what there is to do in this mode."""
    section = done.section("loadwise:")
    strict = "--loadwise-mode=fail makes tests with an error or a warning fail"
    allow = "@pytest.mark.loadwise_allow(NAME, reason=...) allows it in a test"
    assert (strict in section) is ("ERROR at teardown" not in done.out)
    assert (allow in section) is ("ERROR at teardown" in done.out)


def test_a_note_is_marked(done: Run) -> None:
    """What is no error says what it is."""
    section = done.section("loadwise:")
    assert "LW102 masked-read   [note]\n" in section or "luck   [note]\n" in section


def test_an_unknown_mode(tmp_path: Path) -> None:
    """pytest says which ones there are."""
    project = make_project(tmp_path / "project", test_modes=TESTS)
    done = run(project, "--loadwise-mode=panic", "tests")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert "invalid choice: 'panic'" in done.err
    assert "report" in done.err
