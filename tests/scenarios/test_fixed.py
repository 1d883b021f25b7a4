"""`loadwise fix` on the small programs that fail: what it changes runs, and is changed once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.databases import AIOSQLITE
from tests.scenarios.fixing import fix_sources, fix_what_is_met
from tests.scenarios.harness import editable, fail, require_columns, run
from tests.scenarios.program import Program, programs

FAILING: Final = programs(Path(__file__).parent / "programs")
FIXABLE: Final = [one for one in FAILING if not one.head["cure"].startswith("display")]
ONE_OF_EACH: Final = {(one.head["cause"], one.head["rule"]): one for one in reversed(FIXABLE)}
"""A program for every cause that has a fix, by the rule that says so."""
ASKED: Final[dict[str, tuple[str, ...]]] = {"safe": (), "unsafe": ("--unsafe",)}
each_cause = pytest.mark.parametrize("program", ONE_OF_EACH.values(), ids=lambda one: one.name)
each = pytest.mark.parametrize("program", FAILING, ids=lambda one: one.name)


@pytest.mark.asyncio
@each_cause
async def test_what_a_run_records_is_fixed(program: Program, tmp_path: Path) -> None:
    """It raises, the command fixes it, it runs, by as many statements as the cure says."""
    await check_recorded(program, tmp_path, *ASKED[program.cure.partition(":")[0]])


@pytest.mark.deep
@pytest.mark.asyncio
@each
async def test_what_any_run_records_is_fixed(program: Program, tmp_path: Path) -> None:
    """The same for all; a fix that is unsafe may take a statement for each object."""
    await check_recorded(program, tmp_path, "--unsafe", adds=20)


async def check_recorded(program: Program, folder: Path, *arguments: str, adds: int = 0) -> None:
    """Fix what runs of a program record, one after the other."""
    require_columns(program)
    here = program.make(folder)
    met = await run(here, AIOSQLITE, watched=True)
    if not any(editable(finding) for finding in met.findings):
        assert program.cure.startswith("display")
        return
    after = await fix_what_is_met(here, met, *arguments)
    if after.error or after.findings:
        fail("not fixed", after)
    added = len(after.statements) - len(met.statements)
    if added > int(program.head.get("adds", "0")) + adds:
        fail(f"{added} statements more", after)


@pytest.mark.deep
@pytest.mark.asyncio
@each
async def test_what_the_source_tells_is_fixed(program: Program, tmp_path: Path) -> None:
    """What is fixed by the source alone runs; where nothing is fixed, nothing is changed."""
    here = program.make(tmp_path)
    said = fix_sources(here, "--unsafe")
    if " fixed in " not in said:
        return
    after = await run(here, AIOSQLITE, watched=True)
    if after.error or after.findings:
        fail(f"not fixed:\n{said}", after)
