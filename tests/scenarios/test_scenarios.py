"""Small programs that fail: each is explained, line by line, and each printed cure works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import DATABASES, Database, require
from tests.scenarios.harness import check_cure, check_explanation, check_vanilla, editable, run
from tests.scenarios.program import Program, programs

HERE = Path(__file__).parent
FAILING = [pytest.param(one, id=one.name) for one in programs(HERE / "programs")]
WORKING = [pytest.param(one, id=one.name) for one in programs(HERE / "near_misses")]


@pytest.fixture(autouse=True)
def no_fault(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Loadwise has no fault of its own to tell of."""
    yield
    assert [record.message for record in caplog.get_records("call")] == []


@pytest.fixture(params=[pytest.param(one, id=one.name) for one in DATABASES])
def database(request: pytest.FixtureRequest) -> Database:
    """A database that is there."""
    found: Database = request.param
    require(found)
    return found


@pytest.mark.asyncio
@pytest.mark.parametrize("program", FAILING)
async def test_is_explained_and_cured(program: Program, database: Database, tmp_path: Path) -> None:
    here = program.make(tmp_path / "as_it_is")
    vanilla = await run(here, database, watched=False)
    check_vanilla(here, vanilla)
    explained = await run(here, database, watched=True)
    finding = check_explanation(here, explained)
    assert not Counter(explained.statements) - Counter(vanilla.statements)

    for place, fix in enumerate(editable(finding)):
        after = await check_cure(here, finding, fix, database, tmp_path / f"cure_{place}")
        if fix is finding.fixes[0]:
            added = len(after.statements) - len(explained.statements)
            assert added == int(program.head.get("adds", "0")), after.statements


@pytest.mark.asyncio
@pytest.mark.parametrize("program", WORKING)
async def test_is_left_alone(program: Program, database: Database, tmp_path: Path) -> None:
    here = program.make(tmp_path / "as_it_is")
    vanilla = await run(here, database, watched=False)
    watched = await run(here, database, watched=True)
    assert watched.findings == ()
    assert watched == vanilla
