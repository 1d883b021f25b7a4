"""Small programs that fail: each is explained, line by line, and each printed cure works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.databases import AIOMYSQL, AIOSQLITE, ASYNCPG, Database, require
from tests.scenarios.contexts import CONTEXTS, Context
from tests.scenarios.harness import (
    check_added,
    check_cure,
    check_explanation,
    check_noticed,
    check_relief,
    check_the_same,
    check_vanilla,
    editable,
    require_columns,
    run,
)
from tests.scenarios.program import Program, programs

HERE = Path(__file__).parent
FAILING = programs(HERE / "programs")
WORKING = programs(HERE / "near_misses")
NEEDLESS = programs(HERE / "needless")
IDLE = programs(HERE / "idle")
each_failing = pytest.mark.parametrize("program", FAILING, ids=lambda one: one.name)
each_writing = pytest.mark.parametrize(
    "program", [one for one in FAILING if one.writes], ids=lambda one: one.name
)
each_reading = pytest.mark.parametrize(
    "program", [one for one in FAILING if not one.writes], ids=lambda one: one.name
)
each_needless = pytest.mark.parametrize("program", NEEDLESS, ids=lambda one: one.name)
each_idle = pytest.mark.parametrize("program", IDLE, ids=lambda one: one.name)
each_request = pytest.mark.parametrize(
    "request_of",
    [
        pytest.param(CONTEXTS["fastapi"], id="fastapi"),
        pytest.param(CONTEXTS["litestar"], id="litestar", marks=pytest.mark.deep),
    ],
)
each_working = pytest.mark.parametrize("program", WORKING, ids=lambda one: one.name)


@pytest.fixture(autouse=True)
def no_fault(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Loadwise has no fault of its own to tell of."""
    yield
    said = [one.message for one in caplog.get_records("call") if one.name == "loadwise"]
    assert said == []


@pytest.fixture(scope="module")
def postgresql() -> Database:
    """PostgreSQL, with asyncpg."""
    require(ASYNCPG)
    return ASYNCPG


@pytest.fixture(scope="module")
def mariadb() -> Database:
    """MariaDB, with aiomysql."""
    require(AIOMYSQL)
    return AIOMYSQL


@pytest.mark.asyncio
@each_failing
async def test_is_explained_and_cured(program: Program, tmp_path: Path) -> None:
    """On SQLite: without loadwise, under `watch()`, and with each cure applied alone."""
    require_columns(program)
    here = program.make(tmp_path / "as_it_is")
    vanilla = await run(here, AIOSQLITE, watched=False)
    check_vanilla(here, vanilla)
    explained = await run(here, AIOSQLITE, watched=True)
    finding = check_explanation(here, explained)
    assert not Counter(explained.statements) - Counter(vanilla.statements)

    for place, fix in enumerate(editable(finding)):
        after = await check_cure(here, finding, fix, AIOSQLITE, tmp_path / f"cure_{place}")
        if fix is finding.fixes[0]:
            check_added(here, explained, after)


@pytest.mark.asyncio
@each_writing
async def test_on_postgresql(program: Program, postgresql: Database, tmp_path: Path) -> None:
    """The same explanation, and the first cure, where databases differ."""
    await check_on(postgresql, program, tmp_path)


@pytest.mark.asyncio
@each_writing
async def test_on_mariadb(program: Program, mariadb: Database, tmp_path: Path) -> None:
    """Likewise."""
    await check_on(mariadb, program, tmp_path)


@pytest.mark.deep
@pytest.mark.asyncio
@each_reading
async def test_reads_on_postgresql(program: Program, postgresql: Database, tmp_path: Path) -> None:
    """Where they do not differ, likewise."""
    await check_on(postgresql, program, tmp_path)


@pytest.mark.deep
@pytest.mark.asyncio
@each_reading
async def test_reads_on_mariadb(program: Program, mariadb: Database, tmp_path: Path) -> None:
    """Likewise."""
    await check_on(mariadb, program, tmp_path)


async def check_on(database: Database, program: Program, folder: Path) -> None:
    """The program is explained and cured on a database as it is on SQLite."""
    require_columns(program)
    here = program.make(folder / "as_it_is")
    explained = await run(here, database, watched=True)
    finding = check_explanation(here, explained)
    for fix in editable(finding)[:1]:
        after = await check_cure(here, finding, fix, database, folder / "cure")
        if fix is finding.fixes[0]:
            check_added(here, explained, after)


@pytest.mark.asyncio
@each_working
async def test_is_left_alone(program: Program, tmp_path: Path) -> None:
    """Whatever works, or fails for another reason, does so under `watch()` as well."""
    here = program.make(tmp_path / "as_it_is")
    vanilla = await run(here, AIOSQLITE, watched=False)
    check_the_same(here, vanilla, await run(here, AIOSQLITE, watched=True))


@pytest.mark.asyncio
@each_needless
async def test_is_noticed_and_relieved(program: Program, tmp_path: Path) -> None:
    """What does no harm this time is a finding in the mode "full", and each cure works."""
    require_columns(program)
    here = program.make(tmp_path / "as_it_is")
    vanilla = await run(here, AIOSQLITE, watched=False)
    noticed = await run(here, AIOSQLITE, watched=True, mode="full")
    finding = check_noticed(here, vanilla, noticed)
    for place, fix in enumerate(editable(finding)):
        await check_relief(here, noticed, fix, AIOSQLITE, tmp_path / f"cure_{place}")


@pytest.mark.deep
@pytest.mark.asyncio
@each_needless
async def test_is_noticed_on_postgresql(
    program: Program, postgresql: Database, tmp_path: Path
) -> None:
    """The same finding."""
    await check_noticed_on(postgresql, program, tmp_path)


@pytest.mark.deep
@pytest.mark.asyncio
@each_needless
async def test_is_noticed_on_mariadb(program: Program, mariadb: Database, tmp_path: Path) -> None:
    """Likewise."""
    await check_noticed_on(mariadb, program, tmp_path)


async def check_noticed_on(database: Database, program: Program, folder: Path) -> None:
    """What is needless is noticed on a database as it is on SQLite."""
    require_columns(program)
    here = program.make(folder / "as_it_is")
    vanilla = await run(here, database, watched=False)
    check_noticed(here, vanilla, await run(here, database, watched=True, mode="full"))


@pytest.mark.asyncio
@each_idle
async def test_is_not_noticed(program: Program, tmp_path: Path) -> None:
    """What looks like it and is not stays silent in the mode "full"."""
    here = program.make(tmp_path / "as_it_is")
    vanilla = await run(here, AIOSQLITE, watched=False)
    check_the_same(here, vanilla, await run(here, AIOSQLITE, watched=True, mode="full"))


@pytest.mark.asyncio
@each_working
async def test_does_the_same_in_full(program: Program, tmp_path: Path) -> None:
    """The mode "full" changes nothing that a program does, and says at most that it is lucky."""
    here = program.make(tmp_path / "as_it_is")
    vanilla = await run(here, AIOSQLITE, watched=False)
    noticed = await run(here, AIOSQLITE, watched=True, mode="full")
    assert {finding.rule for finding in noticed.findings} <= {"masked-read"}
    check_the_same(here, vanilla, replace(noticed, findings=()))


@pytest.mark.asyncio
@each_request
@each_failing
async def test_is_explained_in_a_request(
    program: Program, request_of: Context, tmp_path: Path
) -> None:
    """Inside an endpoint, what injects the session makes no difference."""
    require_columns(program)
    here = program.make(tmp_path)
    check_explanation(here, await run(here, AIOSQLITE, watched=True, context=request_of))


@pytest.mark.asyncio
@each_request
@each_needless
async def test_is_noticed_in_a_request(
    program: Program, request_of: Context, tmp_path: Path
) -> None:
    """Nor does it in the mode "full"."""
    require_columns(program)
    here = program.make(tmp_path)
    noticed = await run(here, AIOSQLITE, watched=True, mode="full", context=request_of)
    check_noticed(here, replace(noticed, findings=(), error=""), noticed)


@pytest.mark.asyncio
@each_request
@pytest.mark.parametrize(
    ("program", "mode"),
    [*((one, "explain") for one in WORKING), *((one, "full") for one in IDLE)],
    ids=lambda one: one.name if isinstance(one, Program) else one,
)
async def test_is_left_alone_in_a_request(
    program: Program, mode: str, request_of: Context, tmp_path: Path
) -> None:
    """Nothing is found there, either."""
    here = program.make(tmp_path)
    left = await run(here, AIOSQLITE, watched=True, mode=mode, context=request_of)
    assert (left.error, left.findings) == (program.head.get("error", ""), ()), left.said
