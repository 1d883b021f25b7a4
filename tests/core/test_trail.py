"""Trails: which options reach what lies below a subquery."""

from __future__ import annotations

import pytest

from loadwise.core.graph import Column, Entity, Graph, Inheritance, InheritanceKind
from loadwise.core.loading import plan_of
from loadwise.core.path import Path
from loadwise.core.statement import Option, Statement, Way, load_only
from loadwise.core.strategy import Strategy
from tests.core.mapping import ID, to_one

S = Strategy


def entity(name: str, *targets: str, base: str = "") -> Entity:
    """An entity with a name, and a many-to-one to each target."""
    return Entity(
        name=name,
        columns=(ID, Column(name="name"), *(Column(name=f"{one}_id") for one in targets)),
        relationships=tuple(to_one(one, one.title()) for one in targets),
        inherits=Inheritance(base=base, kind=InheritanceKind.SINGLE) if base else None,
    )


GRAPH = Graph(
    entities=(
        entity("A", "b"),
        entity("B", "c"),
        entity("C", "d", "b"),
        entity("D"),
        entity("Sub", "b", base="A"),
    )
)


def option(path: str, strategy: Strategy) -> Option:
    return Option(path=Path.parse(path), strategy=strategy)


@pytest.mark.parametrize(
    ("way", "reaches"),
    [(S.SELECTIN, False), (S.IMMEDIATE, False), (S.JOINED, True), (S.SUBQUERY, True)],
)
def test_below_a_subquery_options_count_that_are_for_its_path_from_where_it_begins(
    way: Strategy, reaches: bool
) -> None:
    below = Path.parse("A.b.c")
    statement = Statement(
        entity="A",
        options=(
            option("A.b", way),
            option("A.b.c", S.SUBQUERY),
            option("A.b.c.d", S.JOINED),
            *load_only(below, "d_id"),
        ),
    )
    plan = plan_of(GRAPH, statement)
    assert plan.strategy(below / "name") is (S.DEFER if reaches else S.UNDEFER)
    assert plan.strategy(below / "d") is (S.JOINED if reaches else S.SELECT)
    assert bool(plan.kept(statement, below, "C")) is reaches


@pytest.mark.parametrize("root", ["A", "Sub"])
def test_below_a_subquery_of_a_lazy_load_options_count_that_fit_by_chance(root: str) -> None:
    every = Option(path=Path(), strategy=S.RAISE, every=True)
    around = (option(f"{root}.b", S.RAISE), option(f"{root}.b.c", S.JOINED), every)
    statement = Statement(
        entity="A", way=Way.LAZY, options=(option("A.b", S.SUBQUERY),), around=around
    )
    plan = plan_of(GRAPH, statement)
    assert plan.strategy(Path.parse("A.b.c")) is S.JOINED
    assert plan.strategy(Path.parse("A.b.c.d")) is S.RAISE
    kept = {str(one.path) for one in plan.kept(statement, Path.parse("A.b"), "B")}
    assert kept == {"B.c"}


def test_options_that_are_for_another_root_do_not_count_below_a_subquery() -> None:
    statement = Statement(
        entity="B",
        way=Way.LAZY,
        options=(option("B.c", S.SUBQUERY),),
        around=(option("A.b", S.SELECT), option("A.b.c.d", S.JOINED)),
    )
    plan = plan_of(GRAPH, statement)
    assert plan.strategy(Path.parse("B.c.d")) is S.SELECT
