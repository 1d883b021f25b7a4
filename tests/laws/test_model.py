"""The model of SQLAlchemy: what holds for every mapping, object and effect."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loadwise.core.effect import (
    Add,
    Append,
    Commit,
    Effect,
    Expire,
    Get,
    Load,
    Merge,
    New,
    Queue,
    Set,
    Unknown,
)
from loadwise.core.effects import apply
from loadwise.core.graph import Graph
from loadwise.core.loading import plan_of
from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.reading import Target, read
from loadwise.core.state import Held, Life, State, have_of
from loadwise.core.statement import Option, Statement, kept
from loadwise.core.strategy import Strategy
from tests.laws.models import graphs, happenings, is_legal, known, statements, worlds

S = Strategy

LAW = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
World = tuple[Graph, State]
Happening = tuple[Graph, State, Effect]


# --- apply


@LAW
@given(happenings())
def test_an_effect_can_happen_to_any_object(happening: Happening) -> None:
    graph, state, effect = happening
    after = apply(state, effect, graph)
    if not isinstance(effect, Load):
        assert after.entity == state.entity
        assert [slot.name for slot in after.slots] == [slot.name for slot in state.slots]


@LAW
@given(happenings())
def test_the_same_effect_on_the_same_object_gives_the_same(happening: Happening) -> None:
    graph, state, effect = happening
    before, once = replace(state), apply(state, effect, graph)
    assert apply(before, effect, graph) == once
    assert state == before


@LAW
@given(happenings())
def test_what_is_held_for_certain_may_be_held(happening: Happening) -> None:
    graph, state, effect = happening
    have = have_of(apply(state, effect, graph))
    assert have.must <= have.may


@LAW
@given(worlds())
def test_a_commit_that_does_not_expire_changes_no_attribute(world: World) -> None:
    graph, state = world
    assert apply(state, Commit(expire_on_commit=False), graph).slots == state.slots


@LAW
@given(happenings())
def test_nothing_that_happens_to_its_session_changes_a_detached_object(
    happening: Happening,
) -> None:
    graph, state, effect = happening
    assume(not isinstance(effect, (*BACK, *ITS_OWN)))
    detached = replace(state, life=Life.DETACHED)
    assert apply(detached, effect, graph) == detached


BACK = (Load, Merge, Add)
"""What brings a detached object back to a session, or another one in its place."""
ITS_OWN = (New, Set, Append, Queue, Unknown)
"""What is done to the object itself, in a session or not."""


@LAW
@given(worlds())
def test_a_reload_of_what_was_expired_brings_the_columns_back_but_for_those_mapped_as_deferred(
    world: World,
) -> None:
    graph, state = world
    again = apply(apply(replace(state, life=Life.PERSISTENT), Expire(), graph), Get(), graph)
    columns = graph[state.entity].columns
    brought = {column.name for column in columns if again.holds(column.name)}
    assert brought == {column.name for column in columns if not column.deferred}
    assert not again.expired


@LAW
@given(happenings(), st.data())
def test_in_doubt_an_effect_leaves_in_doubt_what_it_would_leave_in_either_way(
    happening: Happening, data: st.DataObject
) -> None:
    graph, state, effect = happening
    one = data.draw(st.sampled_from(sorted(state.names)))
    doubtful = state.change({one}, lambda slot: replace(slot, held=Held.MAYBE))
    after = apply(doubtful, effect, graph)
    for held in (Held.YES, Held.NO):
        for slot in apply(settled(doubtful, one, held), effect, graph).slots:
            assert after[slot.name].held in {slot.held, Held.MAYBE}


def settled(state: State, name: str, held: Held) -> State:
    """The object where it is known whether it holds an attribute."""
    return state.change({name}, lambda slot: known(replace(slot, held=held)))


# --- read

targets = st.sampled_from(Target)


@LAW
@given(worlds(), targets)
def test_a_reading_gives_something_and_never_more_where_more_is_known_of_the_target(
    world: World, target: Target
) -> None:
    graph, state = world
    for name in state.names:
        found = read(graph, state, name, target).outcomes
        assert found
        assert found <= read(graph, state, name).outcomes


@LAW
@given(worlds(), targets, st.data())
def test_in_doubt_a_read_gives_no_less_than_where_it_is_known_what_is_held(
    world: World, target: Target, data: st.DataObject
) -> None:
    graph, state = world
    one = data.draw(st.sampled_from(sorted(state.names)))
    wider = state.change({one}, lambda slot: replace(slot, held=Held.MAYBE))
    for name in state.names:
        found = read(graph, state, name, target).outcomes
        assert found <= read(graph, wider, name, target).outcomes


# --- plans


@LAW
@given(st.data())
def test_what_a_plan_loads_for_certain_it_may_load(data: st.DataObject) -> None:
    graph = data.draw(graphs())
    plan = planned(graph, data.draw(statements(graph)))
    assert plan.tree <= plan.may
    assert {choice.path for choice in plan.choices if choice.loaded is not False} <= set(
        plan.may.paths()
    )


def planned(graph: Graph, statement: Statement) -> Plan:
    """The plan of a statement that is not refused."""
    assume(is_legal(graph, statement))
    return plan_of(graph, statement)


@LAW
@given(graphs(), st.sampled_from([S.JOINED, S.SELECTIN, S.IMMEDIATE, S.SELECT, S.RAISE, S.NOLOAD]))
def test_without_a_cycle_a_wildcard_is_a_name_for_each_relationship(
    graph: Graph, strategy: Strategy
) -> None:
    graph = without_cycles(graph)
    root = Path.parse("A")
    wild = Option(path=root, strategy=strategy, every=True)
    each = tuple(
        Option(path=root / one.name, strategy=strategy) for one in graph["A"].relationships
    )
    short = planned(graph, Statement(entity="A", options=(wild,)))
    long = planned(graph, Statement(entity="A", options=each))
    assert (short.tree, short.may) == (long.tree, long.may)


def without_cycles(graph: Graph) -> Graph:
    """The mapping, with those relationships alone that lead to a later entity."""
    return Graph(
        entities=tuple(
            replace(
                entity,
                relationships=tuple(
                    one for one in entity.relationships if one.target > entity.name[:1]
                ),
            )
            for entity in graph.entities
            if entity.inherits is None
        )
    )


@LAW
@given(st.data())
def test_what_an_object_keeps_of_what_it_has_kept_is_all_of_it(data: st.DataObject) -> None:
    graph = data.draw(graphs())
    statement = data.draw(statements(graph))
    path = data.draw(st.sampled_from([one.path for one in statement.options if one.path] or [A]))
    once = kept(statement.options, path, "B")
    assert kept(once, Path.parse("B"), "B") == once
    assert all(option.is_kept for option in once)


A = Path.parse("A")
