"""What a strategy costs agrees with what was measured, for every kind and strategy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from loadwise.core.cost import Cost, Kind, Related, chain, cost, each, further, kind_of
from loadwise.core.loading import plan_of
from loadwise.core.path import Path
from loadwise.core.statement import Statement
from loadwise.core.strategy import COLUMNS, Strategy
from tests.truth.cells import VERSIONS, Cell, cells, depth_cells
from tests.truth.predict import KINDS, LEGACY, graph

REL: Final = Path.parse("P.rel")


LAZY: Final = frozenset(Strategy) - COLUMNS - {Strategy.CONTAINS_EAGER}
"""What `lazy=` takes; the other strategies are for options alone."""


def related(cell: Cell) -> Related:
    """How many objects a cell has on the two sides: what `kinds.py` says of its rows."""
    n = cell.n or 0
    if KINDS[cell.kind].empty:
        partly = n if cell.kind == "m2o_comp_part" else 0
        return Related(objects=n, rows=0, targets=0, empty=n, partly=partly)
    rows = 2 * n if KINDS[cell.kind].uselist else n
    targets = {"m2o_shared": 1, "m2m": n + 1}.get(cell.kind, rows)
    return Related(objects=n, rows=rows, targets=targets, held=targets if cell.held else 0)


def applied(cell: Cell) -> Strategy:
    """What a plain select makes of the strategy: where it is not applied, a first read loads."""
    lazy = LEGACY.get(cell.strategy) or Strategy(cell.strategy)
    subclass = KINDS[cell.kind].subclass
    path = Path.parse("P[M].rel") if subclass else REL
    choice = plan_of(graph(cell.kind, lazy), Statement(entity="P")).choice(path)
    assert choice is not None
    return lazy if choice.loaded else Strategy.SELECT


def alone(cell: Cell) -> Cost:
    """The cost of the objects and of the relationship alone."""
    mapping = graph(cell.kind, Strategy.SELECT)
    relationship = mapping["M" if KINDS[cell.kind].subclass else "P"].relationship("rel")
    assert relationship is not None
    return cost(kind_of(relationship), applied(cell), related(cell))


def _other_side(cell: Cell) -> Cost:
    """`T.back` loads immediately, too: the P that each new T belongs to, one statement each.

    Where it is a many-to-one (bidi_o2m), its P is in the session, and nothing is asked for.
    """
    found = related(cell)
    new = found.targets - found.held
    return further(Kind.COLLECTION, Strategy.IMMEDIATE, each(new))


def _grandchildren(cell: Cell) -> Cost:
    """Each new child loads its own children immediately, of which there are none."""
    new = related(cell).targets - related(cell).held
    return further(Kind.COLLECTION, Strategy.IMMEDIATE, each(new, 0))


def _foreign_key(cell: Cell) -> Cost:
    """The foreign key is a column of the subclass, which is fetched first, for each object."""
    return Cost(statements=related(cell).objects, rows=related(cell).objects)


BESIDE: Final[dict[str, Callable[[Cell], Cost]]] = {
    "bidi_m2o": _other_side,
    "self_o2m": _grandchildren,
    "inh_m2o": _foreign_key,
}
"""What immediate loading takes beside the relationship itself, by kind; the reasons say why."""


def predicted(cell: Cell) -> Cost:
    """What a cell takes in all."""
    found = alone(cell)
    if cell.strategy == "immediate" and cell.kind in BESIDE:
        found += BESIDE[cell.kind](cell)
    return found


def plain_selects(version: str) -> list[Cell]:
    """The cells of a plain select with `lazy=` in the mapping."""
    return [cell for cell in cells(version) if (cell.table, cell.way) == ("lazy_config", "select")]


def measured(cell: Cell) -> Cost:
    """What a cell took."""
    assert cell.statements is not None
    return Cost(statements=cell.statements, rows=cell.rows or 0, joins=cell.joins or 0)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_plain_select_costs_what_was_measured(version: str) -> None:
    wrong = [
        f"{cell.key}: {measured(cell)} measured, {predicted(cell)} predicted"
        for cell in plain_selects(version)
        if measured(cell) != predicted(cell)
    ]
    assert wrong == []


@pytest.mark.parametrize("version", VERSIONS)
def test_only_immediate_loading_of_three_kinds_takes_more_than_the_relationship(
    version: str,
) -> None:
    more = {cell.kind for cell in plain_selects(version) if measured(cell) != alone(cell)}
    assert more == set(BESIDE)


def test_all_kinds_and_strategies_are_there() -> None:
    found = plain_selects("2.1")
    assert {cell.kind for cell in found} == set(KINDS)
    assert {cell.strategy for cell in found} == {*map(str, LAZY), *LEGACY}
    assert {(cell.n, cell.held) for cell in found} == {
        (1, False),
        (1, True),
        (20, False),
        (20, True),
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("strategy", ["select", "joined", "selectin", "subquery", "immediate"])
def test_three_levels_of_children_cost_what_was_measured(version: str, strategy: str) -> None:
    label = f"chain o2m x3 lazy={strategy}"
    found = [cell for cell in depth_cells(version) if cell.label == label]
    assert {cell.n for cell in found} == {1, 20}
    for cell in found:
        levels = [(Kind.COLLECTION, each(cell.n * 2**depth, 2)) for depth in range(3)]
        taken = Cost(statements=cell.statements, rows=cell.rows, joins=cell.joins)
        assert chain(Strategy(strategy), *levels) == taken


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("strategy", ["select", "joined", "selectin", "subquery", "immediate"])
def test_three_levels_of_parents_cost_what_was_measured(version: str, strategy: str) -> None:
    """Immediate loading goes no further than one level, from two objects on (C6)."""
    label = f"chain m2o x3 lazy={strategy}"
    for cell in (cell for cell in depth_cells(version) if cell.label == label):
        reached = 1 if strategy == "immediate" and cell.n > 1 else 3
        levels = [(Kind.MANY_TO_ONE, each(cell.n))] * reached
        taken = Cost(statements=cell.statements, rows=cell.rows, joins=cell.joins)
        assert chain(Strategy(strategy), *levels) == taken
