"""What a strategy costs: counts that must come out, whatever is measured elsewhere."""

from __future__ import annotations

import pytest

from loadwise.core.cost import CHUNK, Cost, Kind, Related, chain, cost, each, further, kind_of
from loadwise.core.graph import Direction, Join, Relationship
from loadwise.core.strategy import LAZY, QUERIES, Strategy

S = Strategy
LEFT_TO_A_READ = sorted(LAZY | QUERIES | {S.NOLOAD})
FURTHER = (S.SELECTIN, S.SUBQUERY, S.IMMEDIATE)
M2O, O2M, M2M = Direction.MANY_TO_ONE, Direction.ONE_TO_MANY, Direction.MANY_TO_MANY


@pytest.mark.parametrize(
    ("direction", "uselist", "join", "kind"),
    [
        (M2O, False, Join(local=("t_id",), get=("t_id",)), Kind.MANY_TO_ONE),
        (M2O, False, Join(local=("code",)), Kind.OTHER_MANY_TO_ONE),
        (O2M, False, Join(local=("id",)), Kind.TO_ONE),
        (O2M, True, Join(local=("id",)), Kind.COLLECTION),
        (M2M, True, Join(local=("id",), secondary=True), Kind.SECONDARY),
    ],
)
def test_kinds(direction: Direction, uselist: bool, join: Join, kind: Kind) -> None:
    found = Relationship(name="rel", target="T", direction=direction, uselist=uselist, join=join)
    assert kind_of(found) is kind
    assert str(kind) == kind.value


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("strategy", LEFT_TO_A_READ)
def test_what_is_left_to_a_read_costs_nothing_before_it(kind: Kind, strategy: Strategy) -> None:
    assert cost(kind, strategy, each(7)) == Cost(statements=1, rows=7)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("strategy", FURTHER)
def test_without_objects_nothing_more_is_asked(kind: Kind, strategy: Strategy) -> None:
    assert cost(kind, strategy, each(0)) == Cost(statements=1)


@pytest.mark.parametrize("kind", Kind)
def test_only_joined_loading_joins_and_it_needs_no_more_statements(kind: Kind) -> None:
    costs = {strategy: further(kind, strategy, each(100)) for strategy in (S.JOINED, *FURTHER)}
    assert {one for one, found in costs.items() if found.joins} == {S.JOINED}
    assert {one for one, found in costs.items() if not found.statements} == {S.JOINED}


@pytest.mark.parametrize("kind", Kind)
def test_immediate_loading_needs_a_statement_for_each_object(kind: Kind) -> None:
    assert cost(kind, S.IMMEDIATE, each(100)).statements == 101


def test_what_is_shared_or_held_spares_immediate_loading_of_a_many_to_one_alone() -> None:
    shared = Related(objects=100, rows=100, targets=1)
    held = Related(objects=100, rows=100, targets=100, held=100)
    assert cost(Kind.MANY_TO_ONE, S.IMMEDIATE, shared) == Cost(statements=2, rows=101)
    assert cost(Kind.MANY_TO_ONE, S.IMMEDIATE, held) == Cost(statements=1, rows=100)
    for kind in set(Kind) - {Kind.MANY_TO_ONE}:
        assert cost(kind, S.IMMEDIATE, shared).statements == 101
        assert cost(kind, S.IMMEDIATE, held).statements == 101


def test_a_null_key_spares_a_statement_but_not_to_subquery_loading() -> None:
    null = Related(objects=20, rows=0, targets=0, empty=20)
    statements = {one: cost(Kind.MANY_TO_ONE, one, null).statements for one in FURTHER}
    assert statements == {S.SELECTIN: 1, S.SUBQUERY: 2, S.IMMEDIATE: 1}
    partly = Related(objects=20, rows=0, targets=0, empty=20, partly=20)
    assert cost(Kind.MANY_TO_ONE, S.IMMEDIATE, partly) == Cost(statements=21, rows=20)


def test_an_object_without_related_rows_keeps_its_row_in_a_joined_load() -> None:
    some = Related(objects=3, rows=4, targets=4, empty=1)
    assert cost(Kind.COLLECTION, S.JOINED, some) == Cost(statements=1, rows=5, joins=1)


@pytest.mark.parametrize(("objects", "statements"), [(1, 1), (CHUNK, 1), (CHUNK + 1, 2)])
def test_selectin_loading_asks_for_so_many_at_once(objects: int, statements: int) -> None:
    for kind in Kind:
        assert further(kind, S.SELECTIN, each(objects)).statements == statements


def test_three_levels() -> None:
    """The measured counts of 100 parents with 10 children of 5 (T10)."""
    levels = (Kind.COLLECTION, each(100, 10)), (Kind.COLLECTION, each(1000, 5))
    assert {one: chain(one, *levels) for one in (S.JOINED, *FURTHER, S.RAISE)} == {
        S.JOINED: Cost(statements=1, rows=5000, joins=2),
        S.SELECTIN: Cost(statements=4, rows=6100),
        S.SUBQUERY: Cost(statements=3, rows=6100),
        S.IMMEDIATE: Cost(statements=1101, rows=6100),
        S.RAISE: Cost(statements=1, rows=100),
    }


def test_a_branch_that_ends_early_is_a_row_of_a_joined_chain() -> None:
    children = Related(objects=3, rows=4, targets=4, empty=1)
    grandchildren = Related(objects=4, rows=6, targets=6, empty=2)
    found = chain(S.JOINED, (Kind.COLLECTION, children), (Kind.COLLECTION, grandchildren))
    assert found == Cost(statements=1, rows=9, joins=2)
