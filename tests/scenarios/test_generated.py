"""Programs that nobody wrote: each is fixed by its source or by what it records, and runs then."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.databases import AIOSQLITE
from tests.scenarios.fixing import fix_sources, fix_what_is_met
from tests.scenarios.generated import Drawn, programs
from tests.scenarios.harness import Run, fail, run
from tests.scenarios.program import Program

SLOW = (HealthCheck.too_slow, HealthCheck.differing_executors)
few = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=SLOW)
many = settings(max_examples=1000, deadline=None, suppress_health_check=SLOW)


@few
@given(programs())
def test_a_program_is_fixed_by_its_source(drawn: Drawn) -> None:
    asyncio.run(check_source(drawn))


@few
@given(programs())
def test_a_program_is_fixed_by_what_it_records(drawn: Drawn) -> None:
    asyncio.run(check_recorded(drawn))


@pytest.mark.deep
@many
@given(programs())
def test_any_program_is_fixed_by_its_source(drawn: Drawn) -> None:
    asyncio.run(check_source(drawn))


@pytest.mark.deep
@many
@given(programs())
def test_any_program_is_fixed_by_what_it_records(drawn: Drawn) -> None:
    asyncio.run(check_recorded(drawn))


async def check_source(drawn: Drawn) -> None:
    """The safe fixes are enough, change nothing the second time, and nothing is found behind.

    The source does not tell whether the object that one of its own class points at is held.
    """
    with tempfile.TemporaryDirectory() as folder:
        program = written(drawn, Path(folder))
        said = fix_sources(program)
        if "self" in drawn.kinds:
            met = await run(program, AIOSQLITE, watched=True)
            await fix_what_is_met(program, met)
        await check_fixed(program, said)


async def check_recorded(drawn: Drawn) -> None:
    """Likewise, one run after the other; a run stops at its first gap."""
    with tempfile.TemporaryDirectory() as folder:
        program = written(drawn, Path(folder))
        met = await run(program, AIOSQLITE, watched=True)
        await fix_what_is_met(program, met)
        await check_fixed(program, met.said)


def written(drawn: Drawn, folder: Path) -> Program:
    """The program as a file in a folder."""
    (folder / "drawn.py").write_text(drawn.text, encoding="utf-8")
    return Program(folder=folder, name="drawn", head={})


async def check_fixed(program: Program, said: str) -> None:
    """A program runs, without a finding, by one statement for what it loads at most."""
    text = program.path.read_text(encoding="utf-8")
    after: Run = await run(program, AIOSQLITE, watched=True, mode="full")
    found = [one for one in after.findings if one.rule != "masked-read"]
    if after.error or found:
        fail(f"{said}\n{text}\n{after.error} {after.said}", after)
    if len(after.statements) > 1 + text.count("selectinload("):
        fail(f"{len(after.statements)} statements\n{said}\n{text}", after)
