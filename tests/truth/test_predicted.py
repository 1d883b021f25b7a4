"""The model agrees with what was measured: cell by cell, and never certain of what is wrong."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from loadwise.core.reading import Outcome as Given
from tests.truth.cells import VERSIONS, Cell, Key, Outcome, cells, depth_cells, two_hop_cells
from tests.truth.deep import depths, two_hops
from tests.truth.predict import MEASURED, UNDECIDED, predict, undecided

LEAST = 99.5
"""Percent of the cells for which the model has to be certain and right."""

MEASURED_CELLS = 53_316
"""So many cells the table has of each version, not counting the mappings that cannot be configured;
360 of them could not be run, as there is no such statement."""


@cache
def predicted(version: str) -> tuple[tuple[Cell, frozenset[Outcome]], ...]:
    """The cells that were run, each with what the model allows."""
    return tuple(
        (cell, predict(cell))
        for cell in cells(version)
        if cell.outcome is not Outcome.NOT_APPLICABLE
    )


def is_certain(outcomes: frozenset[Outcome]) -> bool:
    """Whether the model says one thing: an unrelated value is one, whether right or wrong."""
    return len(outcomes) == 1 or outcomes == MEASURED[Given.UNRELATED]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_table_is_whole(version: str) -> None:
    found = Counter(cell.outcome for cell in cells(version) if cell.way != "*")
    assert sum(found.values()) == MEASURED_CELLS
    assert found[Outcome.NOT_APPLICABLE] == 360


@pytest.mark.parametrize("version", VERSIONS)
def test_the_model_never_excludes_what_was_measured(version: str) -> None:
    wrong = [
        f"{cell.key}: {cell.result}" for cell, may in predicted(version) if cell.outcome not in may
    ]
    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_model_is_certain_of_nearly_every_cell(version: str) -> None:
    sure = sum(is_certain(may) for _, may in predicted(version))
    assert 100 * sure / len(predicted(version)) >= LEAST


@pytest.mark.parametrize("version", VERSIONS)
def test_each_cell_that_the_model_leaves_open_has_a_reason(version: str) -> None:
    left_open = {cell.key for cell, may in predicted(version) if not is_certain(may)}
    reasons: dict[Key, str] = {cell.key: undecided(cell) for cell, _ in predicted(version)}
    assert {key for key in left_open if not reasons[key]} == set()
    assert {reasons[key] for key in left_open} == set(UNDECIDED)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_model_knows_how_deep_each_strategy_loads(version: str) -> None:
    found = {(cell.label, cell.n): (cell.depth, depths(cell)) for cell in depth_cells(version)}
    assert {key: both for key, both in found.items() if both[0] not in both[1]} == {}
    unsure = {label for (label, _), (_, may) in found.items() if len(may) > 1}
    assert all("immediate" in label for label in unsure)
    assert len(unsure) <= 6


@pytest.mark.parametrize("version", VERSIONS)
def test_the_model_knows_what_two_hops_load(version: str) -> None:
    found = [(cell, two_hops(cell)) for cell in two_hop_cells(version)]
    assert [cell for cell, may in found if not set(cell.depths) <= set(may)] == []
    unsure = {(cell.strategies, cell.hops[1]) for cell, may in found if len(may) > 1}
    assert unsure == {(("immediate", "immediate"), "m2o")}
