"""Inner runs: pytest on a small project of its own, in a process of its own.

Processes are dear, so that one run serves many tests (`run_once`). pytest's own `pytester` lives
for one test only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from tests.shared import once

SHOP: Final = '''\
"""User 100 is in organization 2, and both are in the database only."""

from contextlib import asynccontextmanager

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped["Organization"] = relationship()


@asynccontextmanager
async def opened():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add(Organization(id=2, name="Research"))
        session.add(User(id=100, organization_id=2))
        await session.commit()
    try:
        async with AsyncSession(engine) as session:
            yield session
    finally:
        await engine.dispose()


async def load_user(session):
    return await session.get(User, 100)


def organization_of(user):
    return user.organization
'''
"""The application that inner tests use; their folder is beside it."""

INI: Final = """\
[pytest]
pythonpath = .
asyncio_mode = strict
"""
PYTEST_ASYNCIO: Final = tuple(map(int, version("pytest-asyncio").split(".")[:2]))
SCOPE: Final = (
    "asyncio_default_fixture_loop_scope = function\n" if PYTEST_ASYNCIO >= (0, 24) else ""
)
"""Releases that know this option warn where it is not set; older ones where it is."""

UNSET: Final = ("PYTEST", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "COLUMNS", "CI", "BUILD_NUMBER")
"""How the variables begin that would change what pytest prints."""


def line_of(text: str) -> int:
    """The number of the line of `shop.py` that holds a text."""
    return next(n for n, line in enumerate(SHOP.splitlines(), start=1) if text in line)


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run, and the folder that it ran in."""

    code: int
    out: str
    err: str
    folder: str

    def read(self, name: str) -> str:
        """The text of a file that it wrote."""
        return (Path(self.folder) / name).read_text(encoding="utf-8")

    def failure(self, heading: str) -> str:
        """What is shown of a failed test; `heading` as pytest writes it, between underscores."""
        _, _, rest = self.out.partition(f"_ {heading} _")
        assert rest, f"no failure of {heading} in:\n{self.out}\n{self.err}"
        end = r"^(?:_+ .* _+|=+ .* =+|-+ generated .* -+)$"
        return re.split(end, rest.partition("\n")[2], flags=re.MULTILINE)[0]

    def section(self, heading: str) -> str:
        """What is shown below a heading between equals signs."""
        found = re.search(rf"^=+ {re.escape(heading)}.*=+$", self.out, re.MULTILINE)
        assert found, f"no section {heading} in:\n{self.out}\n{self.err}"
        return re.split(r"^=+ .* =+$", self.out[found.end() + 1 :], flags=re.MULTILINE)[0]

    def summary(self, test: str) -> str:
        """The line of pytest's short summary about a test."""
        lines = self.section("short test summary info").splitlines()
        return next(line for line in lines if test in line)


def make_project(folder: Path, **tests: str) -> Path:
    """A project in a folder: the shop, and files of tests by their names."""
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text(INI + SCOPE, encoding="utf-8")
    (folder / "shop.py").write_text(SHOP, encoding="utf-8")
    for name, text in tests.items():
        (folder / "tests" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def run_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Run]) -> Run:
    """The run that `make` makes in a new folder; made once for all processes of pytest-xdist."""
    return Run(**once(factory, name, lambda folder: asdict(make(folder))))


def run(
    folder: Path,
    *arguments: str,
    plugins: tuple[str, ...] = ("loadwise_pytest", "pytest_asyncio.plugin"),
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run pytest in a folder, with these plugins alone; with those of entry points if none."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(UNSET)}
    loading = [part for plugin in plugins for part in ("-p", plugin)]
    if plugins:
        kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *loading, *arguments],
        cwd=folder,
        env={**kept, "COLUMNS": "80", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, str(folder))
