"""What is loaded for nobody is known of the whole run, however many processes it is spread over."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from loadwise.report.json import loads
from tests.plugin.inner import Run, make_project, run, run_once

REPOSITORY = """\
from shop import User
from sqlalchemy import select
from sqlalchemy.orm import joinedload


async def first(session):
    statement = select(User).options(joinedload(User.organization))
    return await session.scalar(statement)


async def second(session):
    statement = select(User).options(joinedload(User.organization))
    return await session.scalar(statement)


async def third(session):
    statement = select(User).options(joinedload(User.organization))
    return await session.scalar(statement)
"""
TESTS = """\
import pytest
import repository
from shop import opened

pytestmark = pytest.mark.asyncio


async def test_reads():
    async with opened() as session:
        assert (await repository.first(session)).organization.name == "Research"


async def test_does_not_read():
    async with opened() as session:
        assert (await repository.first(session)).id == 100


async def test_nobody_reads():
    async with opened() as session:
        assert (await repository.second(session)).id == 100


async def test_nobody_reads_either():
    async with opened() as session:
        assert (await repository.second(session)).id == 100


async def test_fails_before_it_reads():
    async with opened() as session:
        user = await repository.third(session)
        assert user.id == 7
        assert user.organization.name == "Research"
"""


@pytest.fixture(scope="module", params=["alone", "spread"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in one process; and one in which who reads and who does not are apart."""

    def make(folder: Path, *, spread: bool) -> Run:
        project = make_project(folder / "project", test_waste=TESTS)
        (project / "repository.py").write_text(REPOSITORY, encoding="utf-8")
        plugins: tuple[str, ...] = ("loadwise_pytest", "pytest_asyncio.plugin")
        arguments: tuple[str, ...] = ("--loadwise-json=found.json", "--loadwise-mode=strict")
        if spread:
            plugins, arguments = (*plugins, "xdist.plugin"), (*arguments, "-n2", "--dist=load")
        return run(project, *arguments, "tests", plugins=plugins)

    spread = request.param == "spread"
    return run_once(tmp_path_factory, f"waste-{request.param}", partial(make, spread=spread))


def test_what_one_process_reads_is_no_waste_for_another(done: Run) -> None:
    """One place is left: that which nobody reads. A failed test says nothing of it."""
    waste = [one for one in loads(done.read("found.json")).findings if one.code == "LW301"]
    lines = REPOSITORY.splitlines()
    [finding] = waste
    assert finding.load is not None
    assert finding.load.file == "repository.py"
    assert finding.load.line == lines.index("async def second(session):") + 3
    assert finding.evidence.executions == 2
    assert finding.evidence.tests == ()


def test_it_is_listed_and_fails_no_test(done: Run) -> None:
    """It shows only when all tests are over."""
    assert "`User.organization` is loaded here and never read" in done.section("loadwise:")
    assert "  seen  2 executions, 2 objects\n" in done.section("loadwise:")
    assert "1 failed, 4 passed in" in done.out
