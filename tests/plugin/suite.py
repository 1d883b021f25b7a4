"""A suite of tests that fail of an unloaded attribute in every way, and of other things."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

from tests.plugin.inner import make_project

CONFTEST: Final = """\
import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

READS: Final = """\
import pytest
from shop import load_user, opened, organization_of
from sqlalchemy.exc import MissingGreenlet

pytestmark = pytest.mark.asyncio


async def test_first():
    async with opened() as session:
        organization_of(await load_user(session))


async def test_second():
    async with opened() as session:
        user = await load_user(session)
        with pytest.raises(MissingGreenlet):
            organization_of(user)
        organization_of(user)


async def test_caught():
    async with opened() as session:
        user = await load_user(session)
        with pytest.raises(MissingGreenlet):
            assert user.organization


async def test_loaded():
    async with opened() as session:
        user = await load_user(session)
        await session.refresh(user, ["organization"])
        assert organization_of(user).name == "Research"
"""

OTHERS: Final = """\
import pytest
from shop import load_user, opened, organization_of
from sqlalchemy.exc import MissingGreenlet

pytestmark = pytest.mark.asyncio


async def test_unrelated():
    async with opened() as session:
        with pytest.raises(MissingGreenlet):
            organization_of(await load_user(session))
    assert "one" == "another"


@pytest.mark.xfail(raises=MissingGreenlet, strict=True)
async def test_expected_to_fail():
    async with opened() as session:
        organization_of(await load_user(session))
"""

GROUP: Final = """\
import asyncio

import pytest
from shop import load_user, opened

pytestmark = pytest.mark.asyncio


async def read(user):
    return user.organization.name


async def test_group():
    async with opened() as session:
        user = await load_user(session)
        async with asyncio.TaskGroup() as group:
            group.create_task(read(user))
"""

FIXTURES: Final = """\
import pytest
import pytest_asyncio
from shop import load_user, opened, organization_of


@pytest_asyncio.fixture
async def organization():
    async with opened() as session:
        yield organization_of(await load_user(session))


@pytest_asyncio.fixture
async def user():
    async with opened() as session:
        user = await load_user(session)
        yield user
        organization_of(user)


@pytest.mark.asyncio
async def test_set_up(organization):
    pass


@pytest.mark.asyncio
async def test_torn_down(user):
    assert user.id == 100
"""

STYLES: Final = """\
import unittest

import pytest
from shop import load_user, opened, organization_of


class TestCase(unittest.IsolatedAsyncioTestCase):
    async def test_unittest(self):
        async with opened() as session:
            organization_of(await load_user(session))


@pytest.mark.anyio
async def test_anyio():
    async with opened() as session:
        organization_of(await load_user(session))
"""

SUBTESTS: Final = """\
import pytest
from shop import load_user, opened, organization_of


@pytest.mark.asyncio
async def test_subtests(subtests):
    async with opened() as session:
        user = await load_user(session)
        with subtests.test("part"):
            organization_of(user)
"""

HAS_GROUPS: Final = sys.version_info >= (3, 11)
HAS_SUBTESTS: Final = pytest.version_tuple >= (9, 0)
PLUGINS: Final = ("loadwise_pytest", "pytest_asyncio.plugin", "anyio.pytest_plugin")


def make_suite(folder: Path) -> Path:
    """The suite, as far as this Python and this pytest have what it needs."""
    tests = {
        "conftest": CONFTEST,
        "test_reads": READS,
        "test_others": OTHERS,
        "test_fixtures": FIXTURES,
        "test_styles": STYLES,
    }
    if HAS_GROUPS:
        tests["test_group"] = GROUP
    if HAS_SUBTESTS:
        tests["test_subtests"] = SUBTESTS
    return make_project(folder, **tests)
