"""Run from another folder than the project's, in pytest-asyncio's auto mode, on a small API."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from loadwise.report.json import loads
from tests.plugin.inner import Run, line_of, make_project, run, run_once

API: Final = """\
import fastapi
import httpx
from pydantic import BaseModel
from shop import load_user, opened

app = fastapi.FastAPI()


class OrganizationOut(BaseModel):
    name: str


class UserOut(BaseModel):
    id: int
    organization: OrganizationOut


async def session():
    async with opened() as session:
        yield session


@app.get("/user", response_model=UserOut)
async def show_user(session=fastapi.Depends(session)):
    return await load_user(session)


async def test_response_model():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/user")


async def test_serialised():
    async with opened() as session:
        UserOut.model_validate(await load_user(session), from_attributes=True)


async def test_status():
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/user")
    assert response.status_code == 200
"""

MOVING: Final = """\
import os


def test_moves(tmp_path):
    os.chdir(tmp_path)
"""
CURE: Final = "session.get(User, 100, options=[joinedload(User.organization)])"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in a folder beside the project's; its root is the folder of both."""

    def make(folder: Path) -> Run:
        make_project(folder / "project", test_api=API, test_moves=MOVING)
        (folder / "here").mkdir()
        return run(
            folder / "here",
            "--loadwise",
            "--loadwise-json=found.json",
            "--rootdir=..",
            "--override-ini=asyncio_mode=auto",
            "../project/tests",
        )

    return run_once(tmp_path_factory, "elsewhere", make)


def test_a_response_model_is_looked_through(done: Run) -> None:
    """FastAPI makes a ResponseValidationError; the line that returned the object is shown."""
    shown = done.failure("test_response_model")
    line = API.splitlines().index("    return await load_user(session)") + 1
    assert shown.startswith(f"project/tests/test_api.py:{line}:")
    assert "`User.organization` is not loaded here" in shown
    assert CURE in shown
    assert "the test saw ResponseValidationError: 1 validation error" in shown


def test_a_serialiser_that_swallows_the_error_is_looked_through(done: Run) -> None:
    """Pydantic makes a ValidationError of its own, without a cause, which quotes the error."""
    shown = done.failure("test_serialised")
    assert "`User.organization` is not loaded here" in shown
    assert CURE in shown
    assert "\nthe test saw ValidationError: 1 validation error for UserOut\n" in shown


def test_an_answer_that_hides_the_error(done: Run) -> None:
    """The test only sees status 500: its own failure, and below it what was found."""
    own, _, findings = done.failure("test_status").partition("- loadwise -")
    assert "assert 500 == 200" in own
    assert CURE in findings


def test_paths_are_relative_to_the_root(done: Run) -> None:
    """Not to the folder that pytest was run from. FILE is, whatever a test does with the folder."""
    assert "1 passed" in done.out
    document = loads(done.read("found.json"))
    finding = max(document.findings, key=lambda finding: finding.evidence.observed)
    assert finding.read is not None
    assert finding.read.file == "project/tests/test_api.py"
    assert finding.load is not None
    assert finding.load.file == "project/shop.py"
    assert finding.load.line == line_of("return await session.get(User, 100)")
    assert finding.evidence.tests == (
        "project/tests/test_api.py::test_response_model",
        "project/tests/test_api.py::test_status",
    )
