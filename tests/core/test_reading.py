"""What a read gives: the order in which SQLAlchemy decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.graph import Graph, Join, Relationship
from loadwise.core.reading import HELD, Outcome, Reading, Target, read
from loadwise.core.state import Held, Life, Slot, State, blank
from loadwise.core.strategy import Strategy
from tests.core.mapping import GRAPH, TEAM, USER, having, to_many, to_one

S, T = Strategy, Target
WHY = Cause(kind=CauseKind.NEVER_LOADED, text="the statement does not ask for it")


def user(life: Life = Life.PERSISTENT, graph: Graph = GRAPH, **slots: Slot) -> State:
    """A user that holds its key and its foreign key, and has the slots that are given."""
    here = {"id": Slot(name="id", held=Held.YES), "team_id": Slot(name="team_id", held=Held.YES)}
    given = {**here, **slots}
    state = blank(graph["User"], life, WHY)
    return state.change(given, lambda slot: replace(given[slot.name], name=slot.name))


def slot(held: Held = Held.NO, **more: Any) -> Slot:
    return Slot(name="", held=held, **{"cause": WHY, **more})


def outcomes(
    name: str, state: State, target: Target = Target.ABSENT, graph: Graph = GRAPH
) -> set[str]:
    return {str(outcome) for outcome in read(graph, state, name, target).outcomes}


def mapped(relationship: Relationship) -> Graph:
    return having(replace(USER, relationships=(relationship,)))


# --- values


def test_a_value_that_is_there_is_taken_whatever_else_is_so() -> None:
    found = user(Life.DETACHED, orders=slot(Held.YES, strategy=S.RAISE))
    assert read(GRAPH, found, "orders") == HELD


def test_a_value_that_was_put_there_without_looking_is_empty() -> None:
    assert outcomes("orders", user(orders=slot(Held.YES, empty=True))) == {"empty"}


def test_a_value_from_other_columns_is_unrelated() -> None:
    assert outcomes("team", user(team=slot(Held.YES, unrelated=True))) == {"unrelated"}


def test_what_may_be_there_gives_what_either_gives() -> None:
    found = read(GRAPH, user(orders=slot(Held.MAYBE)), "orders", Target.ABSENT)
    assert found.outcomes == {Outcome.VALUE, Outcome.IO}
    assert (found.is_certain, found.cause) == (False, WHY)


def test_a_reading_is_certain_where_one_outcome_can_be_and_has_the_cause_of_the_slot() -> None:
    found = read(GRAPH, user(orders=slot()), "orders")
    assert found == Reading(outcomes=frozenset({Outcome.IO}), cause=WHY)
    assert found.is_certain


def test_an_attribute_that_is_not_mapped_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        read(GRAPH, user(), "nothing")


# --- columns


def test_a_new_object_without_a_key_cannot_be_looked_for() -> None:
    def pending(key: Held) -> set[str]:
        return outcomes("name", user(Life.PENDING, name=slot(expired=True), id=slot(key)))

    assert pending(Held.YES) == {"io"}
    assert pending(Held.NO) == {"raises"}
    assert pending(Held.MAYBE) == {"io", "raises"}


def test_a_column_of_a_new_object_that_a_rollback_left_expired_is_looked_for() -> None:
    assert outcomes("name", user(Life.PENDING, name=slot(expired=True))) == {"io"}
    assert outcomes("name", user(Life.TRANSIENT, name=slot(expired=True))) == {"detached"}
    assert outcomes("bio", user(Life.TRANSIENT, bio=slot(expired=True))) == {"empty"}


@pytest.mark.parametrize("life", [Life.TRANSIENT, Life.PENDING])
def test_a_new_object_reads_as_empty_what_was_not_set(life: Life) -> None:
    assert outcomes("name", user(life)) == {"empty"}
    assert outcomes("orders", user(life)) == {"empty"}


def test_an_expired_column_is_loaded_and_a_detached_object_cannot() -> None:
    assert outcomes("name", user(name=slot(expired=True))) == {"io"}
    assert outcomes("name", user(Life.DETACHED, name=slot(expired=True))) == {"detached"}


def test_a_deferred_column_is_loaded_or_refuses_to_be() -> None:
    assert outcomes("bio", user()) == {"io"}
    assert outcomes("secret", user()) == {"raises"}
    assert outcomes("secret", user(Life.DETACHED)) == {"detached"}


def test_an_expired_column_loads_unless_its_mapping_defers_it() -> None:
    """An option is forgotten when the column expires; `deferred=True` is not."""
    assert outcomes("name", user(name=slot(expired=True, strategy=S.DEFER_RAISE))) == {"io"}
    assert outcomes("secret", user(secret=slot(expired=True))) == {"raises"}


def test_what_a_statement_left_on_the_object_comes_before_the_mapping() -> None:
    assert outcomes("name", user(name=slot(strategy=S.DEFER))) == {"io"}
    assert outcomes("name", user(name=slot(strategy=S.DEFER_RAISE))) == {"raises"}


def test_a_column_that_an_insert_left_out_is_none() -> None:
    assert outcomes("name", user()) == {"value"}


# --- relationships, by their strategy


@pytest.mark.parametrize(
    ("strategy", "outcome"),
    [
        (S.SELECT, "io"),
        (S.SELECTIN, "io"),
        (S.JOINED, "io"),
        (S.RAISE, "raises"),
        (S.RAISE_ON_SQL, "raises-on-sql"),
        (S.NOLOAD, "empty"),
        (S.DYNAMIC, "query"),
        (S.WRITE_ONLY, "write-only"),
    ],
)
def test_a_collection_that_is_not_there_obeys_its_mapping(strategy: Strategy, outcome: str) -> None:
    graph = mapped(to_many("orders", "Order", strategy))
    assert outcomes("orders", user(graph=graph), graph=graph) == {outcome}


def test_a_dynamic_relationship_is_a_query_even_on_a_new_object() -> None:
    assert outcomes("logs", user(Life.TRANSIENT, logs=slot(Held.YES))) == {"query"}


def test_an_option_that_was_left_on_the_object_wins() -> None:
    assert outcomes("orders", user(orders=slot(strategy=S.RAISE))) == {"raises"}
    assert outcomes("posts", user(posts=slot(strategy=S.SELECT))) == {"io"}
    assert outcomes("posts", user(posts=slot(strategy=S.NOLOAD))) == {"empty"}


def test_without_a_session_a_relationship_cannot_be_loaded_but_may_raise_or_be_empty() -> None:
    def gone(strategy: Strategy) -> set[str]:
        return outcomes("orders", user(Life.DETACHED, orders=slot(strategy=strategy)))

    assert gone(S.SELECT) == gone(S.RAISE_ON_SQL) == {"detached"}
    assert gone(S.RAISE) == {"raises"}
    assert gone(S.NOLOAD) == {"empty"}


def test_a_deleted_object_still_loads() -> None:
    assert outcomes("orders", user(Life.DELETED)) == {"io"}


# --- many-to-ones, which look in the session first


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (T.HELD, {"value"}),
        (T.NULL, {"value"}),
        (T.ABSENT, {"io"}),
        (T.PARTLY_NULL, {"io"}),
        (T.HELD_EXPIRED, {"io"}),
        (T.UNKNOWN, {"value", "io"}),
    ],
)
def test_a_many_to_one_needs_no_sql_where_its_target_is_in_the_session(
    target: Target, found: set[str]
) -> None:
    assert outcomes("team", user(), target) == found
    assert outcomes("orders", user(), target) == {"io"}


def test_raise_on_sql_lets_the_session_answer_and_raise_does_not() -> None:
    for_sql = user(team=slot(strategy=S.RAISE_ON_SQL))
    assert outcomes("team", for_sql, T.HELD) == {"value"}
    assert outcomes("team", for_sql, T.ABSENT) == {"raises-on-sql"}
    assert outcomes("team", for_sql, T.UNKNOWN) == {"value", "raises-on-sql", "io"}
    assert outcomes("team", user(team=slot(strategy=S.RAISE)), T.HELD) == {"raises"}


def test_an_expired_target_is_loaded_even_under_raise_on_sql() -> None:
    for_sql = user(team=slot(strategy=S.RAISE_ON_SQL))
    assert outcomes("team", for_sql, T.HELD_EXPIRED) == {"io"}


def test_a_many_to_one_by_other_columns_asks_the_database() -> None:
    by_code = Relationship(name="team", target="Team", join=Join(local=("team_id",)))
    graph = mapped(by_code)
    assert outcomes("team", user(graph=graph), T.HELD, graph) == {"io"}


def test_a_key_that_is_null_in_part_is_none_where_partial_keys_are_not_allowed() -> None:
    graph = having(replace(TEAM, partial_keys=False))
    assert outcomes("team", user(), T.PARTLY_NULL, graph) == {"value"}


def test_a_foreign_key_that_is_expired_is_loaded_first() -> None:
    for name in ("team", "orders"):
        lost = user(team_id=slot(expired=True), id=slot(expired=True))
        assert outcomes(name, lost, T.HELD) == {"io"}
    deferred = user(team_id=slot(strategy=S.DEFER))
    assert outcomes("team", deferred, T.HELD) == {"io"}


def test_a_foreign_key_that_may_be_expired_may_be_loaded_first() -> None:
    unsure = user(team_id=slot(Held.MAYBE, expired=True))
    assert outcomes("team", unsure, T.HELD) == {"value", "io"}
    for_sql = unsure.change({"team"}, lambda one: replace(one, strategy=S.RAISE_ON_SQL))
    assert outcomes("team", for_sql, T.ABSENT) == {"raises-on-sql", "io"}


def test_a_foreign_key_that_was_never_set_is_none() -> None:
    assert outcomes("team", user(team_id=slot()), T.NULL) == {"value"}


def test_by_other_columns_that_were_never_set_it_is_none_without_a_look() -> None:
    by_code = Relationship(name="team", target="Team", join=Join(local=("team_id",)))
    graph = mapped(by_code)
    assert outcomes("team", user(graph=graph, team_id=slot()), graph=graph) == {"value"}


def test_a_target_outside_the_graph_is_one_like_any_other() -> None:
    graph = mapped(to_one("team", "Elsewhere"))
    assert outcomes("team", user(graph=graph), T.PARTLY_NULL, graph) == {"io"}
    assert outcomes("team", user(graph=graph), T.HELD, graph) == {"value"}
