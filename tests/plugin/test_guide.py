"""The guide to pytest: its examples are run as tests, and it names all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import loadwise_pytest
from loadwise import testing
from loadwise.plugin.verdict import MODES
from loadwise.report.shown import WORDS, levels_of
from tests.plugin.inner import Run, make_project, run, run_once

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "pytest.md").read_text(encoding="utf-8")

APP = """\
from shop import User, Organization
from sqlalchemy.orm import joinedload


async def load_user(session, number):
    return await session.get(User, number)


async def show_user(session, number):
    user = await session.get(User, number, options=[joinedload(User.organization)])
    return user.organization.name
"""
CONFTEST = """\
import pytest_asyncio
from shop import opened


@pytest_asyncio.fixture
async def session():
    async with opened() as session:
        yield session
"""


def blocks(language: str) -> list[str]:
    """The blocks of code of the guide."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The examples, in one file, with its configuration."""

    def make(folder: Path) -> Run:
        example = "from app import load_user, show_user\n\n" + "\n\n".join(blocks("python"))
        project = make_project(folder / "project", test_guide=example, conftest=CONFTEST)
        (project / "app.py").write_text(APP, encoding="utf-8")
        options = ("--loadwise-mode=strict", "--strict-markers", "-o", "asyncio_mode=auto")
        return run(project, *options, "tests")

    return run_once(tmp_path_factory, "guide", make)


def test_the_examples_pass(done: Run) -> None:
    """All of them, in the mode that fails of anything."""
    tests = sum(block.count("async def test_") for block in blocks("python"))
    assert tests == 6
    assert f"= {tests} passed in" in done.out


def test_the_levels_of_the_examples_are_right() -> None:
    """The ini file and pyproject.toml say the same, and name rules that there are."""
    ini = [line.strip() for line in blocks("ini")[0].splitlines() if line.startswith("    ")]
    toml = re.findall(r'"([^"]+)"', blocks("toml")[0])
    assert levels_of(ini) == levels_of(toml) != {}


def test_everything_is_named() -> None:
    """Options, modes, levels, marks, and what `loadwise.testing` exports to call."""
    source = Path(loadwise_pytest.__file__).read_text(encoding="utf-8")
    options = re.findall(r'"(--loadwise[\w-]*)"', source)
    assert len(set(options)) == 5
    calls = [name for name in testing.__all__ if name.islower()]
    marks = [text.partition("(")[0] for text in (loadwise_pytest.ALLOW, loadwise_pytest.BUDGET)]
    modes = [f"--loadwise-mode={mode}" for mode in MODES]
    levels = [f"`{word}`" for word in WORDS]
    missing = [name for name in (*options, *calls, *marks, *modes, *levels) if name not in GUIDE]
    assert missing == []
    assert tuple(MODES) == loadwise_pytest.MODES
