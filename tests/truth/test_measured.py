"""A sample of the truth table is measured again, on each database that is there.

The whole of it is measured by `uv run python -m tests.truth.measure`.
"""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from tests.databases import AIOSQLITE, DATABASES, Database, empty, require
from tests.truth.cells import Cell, Key, Outcome, Result, cells
from tests.truth.differences import DIFFERENCES, Difference, covering, disagreement
from tests.truth.kinds import KINDS
from tests.truth.measure import measured, sample, version
from tests.truth.options import OPTIONS
from tests.truth.ways import WAYS

pytestmark = pytest.mark.deep

SIZE: Final = 900


@pytest.mark.parametrize("database", DATABASES, ids=lambda database: database.name)
def test_a_sample_of_the_table_is_measured_as_it_is_stored(database: Database) -> None:
    """What may differ, differs: an exception without a use would hide what changes one day."""
    require(database)
    chosen = sampled(database)

    found = asyncio.run(all_measured(chosen, database))

    wrong = [told for cell, now in found if (told := disagreement(cell, now, database))]
    assert not wrong, "\n".join(wrong)
    used = {id(known) for cell, now in found for known in needed(cell, now, database)}
    for known in DIFFERENCES:
        assert database not in known.databases or id(known) in used, f"needless: {known.why}"


def sampled(database: Database) -> list[Cell]:
    """The sample for a database, and some cells of each difference of it.

    Servers get every second cell: what they could do otherwise is less than what SQLAlchemy could.
    """
    table = cells(version())
    step = 1 if database is AIOSQLITE else 2
    chosen = {cell.key: cell for cell in sample(table, SIZE)[::step]}
    for known in DIFFERENCES:
        covered = [cell for cell in table if known.covers(cell, database)]
        chosen |= {cell.key: cell for cell in covered[:: max(1, len(covered) // 12)]}
    return list(chosen.values())


async def all_measured(chosen: list[Cell], database: Database) -> list[tuple[Cell, Result]]:
    """The cells with what they come to on an empty database."""
    async with empty(database) as engine:
        return [found async for found in measured(chosen, engine)]


def needed(cell: Cell, now: Result, database: Database) -> list[Difference]:
    """The differences without which the cell would contradict the table."""
    if now == cell.result:
        return []
    return [known for known in covering(cell, database) if known.allows(cell, now)]


def test_the_sample_has_each_kind_with_each_strategy_and_each_way() -> None:
    table = cells(version())
    chosen = sample(table, SIZE)

    assert {(cell.kind, cell.strategy) for cell in chosen} == {
        (cell.kind, cell.strategy) for cell in table
    }
    assert {cell.way for cell in chosen} == {cell.way for cell in table}
    assert chosen == sample(table, SIZE)


@pytest.mark.parametrize("minor", ["2.0", "2.1"])
def test_the_program_knows_each_name_of_the_table(minor: str) -> None:
    table = cells(minor)

    assert {cell.kind for cell in table} == set(KINDS)
    assert {cell.way for cell in table} == {*WAYS, "*"}
    options = {cell.strategy for cell in table if cell.table == "option_on_select"}
    assert options == set(OPTIONS)
    assert len({cell.key for cell in table}) == len(table)


def test_a_cell_that_differs_is_named() -> None:
    cell = next(cell for cell in cells("2.1") if cell.outcome is Outcome.OK)
    now = Result(outcome=Outcome.OTHER, detail="KeyError")

    told = disagreement(cell, now, AIOSQLITE)

    assert str(cell.key) in told
    assert "OTHER (KeyError) measured" in told


def test_a_key_reads_as_the_table_does() -> None:
    key = Key(table="lazy_config", kind="m2o", strategy="raise", way="select", held=True, n=20)

    assert str(key) == "lazy_config / m2o / raise / select / held / n=20"
