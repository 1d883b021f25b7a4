"""Effects: what happens to a session, and what an object holds afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadwise.core.cause import UNKNOWN, Cause, CauseKind
from loadwise.core.effect import (
    Add,
    Append,
    BulkUpdate,
    Commit,
    Delete,
    Detach,
    Effect,
    Expire,
    Flush,
    Get,
    Load,
    Merge,
    New,
    PopulateExisting,
    Queue,
    Read,
    Refresh,
    Reselect,
    Returns,
    Rollback,
    SavepointRollback,
    Set,
    Unknown,
)
from loadwise.core.effects import apply, load
from loadwise.core.graph import Graph, Inheritance, InheritanceKind, Relationship
from loadwise.core.path import Path
from loadwise.core.state import Held, Life, Slot, State, blank
from loadwise.core.statement import Option, Statement, load_only
from loadwise.core.strategy import Strategy
from tests.core.mapping import (
    ALONE,
    COLUMNS,
    GRAPH,
    HERE,
    MANAGER,
    PLAIN,
    USER,
    after,
    expired,
    having,
    held,
    kinds,
    option,
    to_many,
    to_one,
)

S = Strategy
ROOT = Path.parse("User")
EVERY = USER.names
LOADED = {"id", *PLAIN, "tags"}
"""What a plain statement brings: all columns but the deferred ones, and what is mapped eagerly."""


def select(*options: Option, graph: Graph = GRAPH, **more: Any) -> Load:
    return load(graph, Statement(entity="User", options=options, **more))


def again(*options: Option, graph: Graph = GRAPH) -> Reselect:
    return Reselect(plan=select(*options, graph=graph).plan, path=ROOT)


def over(*options: Option, graph: Graph = GRAPH) -> PopulateExisting:
    found = select(*options, graph=graph)
    return PopulateExisting(plan=found.plan, path=ROOT, options=found.options or None, site=HERE)


def eagerly(name: str, strategy: Strategy = S.SELECTIN, **more: Any) -> Option:
    return option(f"User.{name}", strategy, **more)


def named(*names: str) -> frozenset[str]:
    return frozenset(names)


def mapped(*relationships: Relationship) -> Graph:
    """The mapping, where users have just these relationships."""
    return having(replace(USER, relationships=relationships))


def at(kind: CauseKind, state: State, *names: str) -> bool:
    """Whether attributes were lost for one reason, here."""
    causes = [state[name].cause for name in names]
    return all(one is not None and (one.kind, one.site) == (kind, HERE) for one in causes)


PLAIN_SELECT = select()
NEW = New(names=named("name", "team_id"))
RETURNING = Returns()


# --- load


def test_a_load_brings_what_its_plan_says_and_gives_a_reason_for_the_rest() -> None:
    state = after(PLAIN_SELECT)
    assert (state.life, held(state)) == (Life.PERSISTENT, LOADED)
    assert kinds(state, ["orders", "bio", "posts", "logs"]) == {
        "never-loaded",
        "deferred",
        "raise-configured",
        "dynamic",
    }


def test_a_load_makes_the_object_anew_whatever_was_there() -> None:
    assert after(select(eagerly("orders")), PLAIN_SELECT) == after(PLAIN_SELECT)


def test_a_loaded_object_keeps_the_options_and_what_differs_from_the_mapping() -> None:
    raising, orders = eagerly("team", S.RAISE), eagerly("orders")
    state = after(select(raising, orders))
    assert state.options == (raising, orders)
    assert state["team"].strategy is S.RAISE
    assert state["orders"].strategy is None


def test_noload_and_contains_eager_leave_values_that_may_be_wrong() -> None:
    joins = eagerly("team", S.CONTAINS_EAGER, joins=False)
    state = after(select(eagerly("orders", S.NOLOAD), joins))
    assert (state["orders"].held, state["orders"].empty) == (Held.YES, True)
    assert (state["team"].held, state["team"].unrelated) == (Held.YES, True)


def test_an_object_below_the_root_is_loaded_as_the_options_for_it_say() -> None:
    statement = Statement(
        entity="Order",
        options=(option("Order.user", S.JOINED), *load_only(Path.parse("Order.user"), "name")),
    )
    state = after(load(GRAPH, statement, path=Path.parse("Order.user"), entity="User", site=HERE))
    assert held(state) == {"id", "name", "tags"}
    assert [str(one.path) for one in state.options] == ["User", "User.name"]


def test_the_columns_of_a_subclass_are_expired_where_its_base_was_selected() -> None:
    loaded = load(GRAPH, Statement(entity="User"), entity="Manager")
    state = after(loaded, of=blank(MANAGER, Life.TRANSIENT))
    assert held(state) == LOADED
    assert expired(state) == {"level"}
    assert kinds(state, ["level"]) == {"subclass-column"}
    assert held(after(Read(name="level"), of=state)) == {*LOADED, "level"}


def test_an_object_of_the_base_has_nothing_of_a_subclass() -> None:
    polymorphic = Statement(entity="User", polymorphic=named("Manager"))
    assert after(load(GRAPH, polymorphic)) == after(PLAIN_SELECT)
    state = after(load(GRAPH, polymorphic, entity="Manager"), of=blank(MANAGER, Life.TRANSIENT))
    assert held(state) == {*LOADED, "level"}


def looping() -> Graph:
    """A user has a boss, each loaded at once: which ends where it comes back to User."""
    return mapped(to_one("team", "User", S.IMMEDIATE))


@pytest.mark.parametrize(
    ("present", "found"),
    [(None, Held.MAYBE), (named(), Held.NO), (named("team"), Held.YES)],
)
def test_a_cycle_of_immediate_loads_takes_what_the_session_has(
    present: frozenset[str] | None, found: Held
) -> None:
    graph = looping()
    state = after(replace(select(graph=graph), present=present), graph=graph)
    assert state["team"].held is found


def test_immediate_loading_reads_its_foreign_key_first() -> None:
    options = (eagerly("team", S.IMMEDIATE), *load_only(ROOT, "name"))
    assert {"team", "team_id"} <= held(after(select(*options, graph=ALONE), graph=ALONE))
    assert "team_id" in held(after(select(*options)))
    state = after(select(eagerly("team", S.SELECTIN), *load_only(ROOT, "name")))
    assert "team_id" not in held(state)


# --- a statement meets an object that is there


def test_a_second_statement_fills_what_is_missing() -> None:
    assert held(after(PLAIN_SELECT, again(eagerly("orders")))) == {*LOADED, "orders"}


def test_a_second_statement_replaces_nothing_and_leaves_no_options() -> None:
    first = after(select(eagerly("orders", S.NOLOAD)))
    second = after(again(eagerly("orders")), of=first)
    assert second == first


def test_a_second_statement_brings_back_what_a_commit_expired() -> None:
    state = after(PLAIN_SELECT, Commit(), again())
    assert (held(state), state.expired) == (LOADED, False)
    assert kinds(state, ["orders"]) == {"expired-by-commit"}


def test_a_second_statement_leaves_in_doubt_what_was_in_doubt() -> None:
    state = after(PLAIN_SELECT, Unknown(), again(eagerly("team")))
    assert (state["team"].held, state["orders"].held) == (Held.YES, Held.MAYBE)


def met_lazily(*below: Option) -> Reselect:
    """The load of the user of one order, by its first read, which meets a user that is there."""
    immediate = option("Order.user", S.IMMEDIATE)
    found = load(GRAPH, Statement(entity="Order", options=(immediate, *below)))
    return Reselect(plan=found.plan, path=Path.parse("Order.user"))


@pytest.mark.parametrize("strategy", [S.SELECTIN, S.IMMEDIATE])
def test_the_load_of_one_relationship_does_no_more_statements_for_what_is_there(
    strategy: Strategy,
) -> None:
    lost = after(PLAIN_SELECT, Expire(names=named("name")))
    state = after(met_lazily(option("Order.user.orders", strategy)), of=lost)
    assert held(state) == LOADED
    assert "orders" in held(after(met_lazily(option("Order.user.orders", S.JOINED)), of=lost))


def test_a_statement_does_not_meet_objects_outside_the_session() -> None:
    for outside in (after(), after(PLAIN_SELECT, Detach())):
        assert after(again(), of=outside) == outside
        assert after(over(), of=outside) == outside


# --- populate_existing


def test_populate_existing_drops_a_relationship_that_its_statement_leaves_out() -> None:
    state = after(select(eagerly("orders")), over())
    assert held(state) == LOADED
    assert at(CauseKind.REPLACED_BY_POPULATE_EXISTING, state, "orders")


def test_populate_existing_keeps_the_reason_of_what_was_missing_already() -> None:
    assert kinds(after(PLAIN_SELECT, Commit(), over()), ["orders"]) == {"expired-by-commit"}


def test_populate_existing_replaces_what_it_selects_and_forgets_the_first_options() -> None:
    first = select(eagerly("orders", S.NOLOAD), eagerly("team", S.RAISE))
    state = after(first, over(eagerly("orders")))
    assert not state["orders"].empty
    assert state["team"].strategy is None
    assert state.options == (eagerly("orders"),)


def test_populate_existing_without_options_keeps_those_of_the_first_statement() -> None:
    assert after(select(eagerly("orders")), over()).options == (eagerly("orders"),)


def test_populate_existing_leaves_a_relationship_alone_that_immediate_loading_finds_there() -> None:
    state = after(select(eagerly("orders", S.NOLOAD)), over(eagerly("orders", S.IMMEDIATE)))
    assert state["orders"].empty


def test_populate_existing_drops_a_deferred_column_unless_its_own_option_defers_it() -> None:
    loaded = select(eagerly("bio", S.UNDEFER))
    assert "bio" not in held(after(loaded, over()))
    state = after(PLAIN_SELECT, over(eagerly("name", S.DEFER)))
    assert (state["name"].held, state["name"].strategy) == (Held.YES, S.DEFER)


def test_populate_existing_leaves_what_it_was_asked_for_in_vain() -> None:
    graph = having(replace(USER, relationships=(to_one("team", "User", S.SELECTIN),)))
    loaded = after(select(eagerly("team"), graph=graph), graph=graph)
    assert "team" in held(after(over(graph=graph), of=loaded, graph=graph))


def test_populate_existing_with_an_option_to_raise_keeps_a_many_to_one_but_no_collection() -> None:
    state = after(
        select(eagerly("team"), eagerly("orders")),
        over(eagerly("team", S.RAISE), eagerly("orders", S.RAISE)),
    )
    assert (state["team"].held, state["team"].strategy) == (Held.YES, S.RAISE)
    assert (state["orders"].held, state["orders"].strategy) == (Held.NO, S.RAISE)


# --- expire, refresh, reload


def test_expire_lets_go_of_everything() -> None:
    state = after(PLAIN_SELECT, Expire(site=HERE))
    assert held(state) == set()
    assert expired(state) == EVERY
    assert state.expired
    assert at(CauseKind.EXPIRED_EXPLICITLY, state, "name", "tags")


def test_expire_of_some_attributes_leaves_the_others() -> None:
    state = after(PLAIN_SELECT, Expire(names=named("name"), site=HERE))
    assert (held(state), expired(state), state.expired) == (LOADED - {"name"}, {"name"}, False)


def test_a_relationship_that_is_expired_by_name_is_left_to_its_strategy() -> None:
    state = after(select(eagerly("team", S.RAISE)), Expire(names=named("tags", "team", "name")))
    assert expired(state) == {"name"}
    assert state["team"].strategy is S.RAISE
    assert "tags" not in held(after(Read(name="name"), of=state))


def test_only_an_object_of_the_session_is_expired_or_refreshed() -> None:
    for outside in (after(NEW), after(NEW, Add()), after(PLAIN_SELECT, Detach())):
        assert after(Expire(), of=outside) == outside
        assert after(Refresh(), of=outside) == outside


def test_a_read_brings_back_all_that_is_expired_and_what_is_mapped_eagerly() -> None:
    state = after(select(eagerly("bio", S.UNDEFER)), Commit(), Read(name="name"))
    assert held(state) == LOADED
    assert (expired(state), state.expired) == (set(), False)


def test_a_reload_brings_the_relationships_that_the_first_statement_loaded() -> None:
    state = after(select(eagerly("orders")), Commit(), Get())
    assert held(state) == {*LOADED, "orders"}
    assert kinds(state, ["posts"]) == {"expired-by-commit"}


def test_a_reload_brings_a_column_that_an_option_deferred_not_one_that_the_mapping_defers() -> None:
    state = after(select(eagerly("token", S.DEFER), eagerly("bio", S.UNDEFER)), Commit(), Get())
    assert held(state) == LOADED


def test_get_reloads_an_object_only_if_all_of_it_was_expired() -> None:
    assert held(after(PLAIN_SELECT, Expire(), Get())) == LOADED
    partly = after(PLAIN_SELECT, Expire(names=named("name")))
    assert after(Get(), of=partly) == partly
    detached = after(PLAIN_SELECT, Expire(), Detach())
    assert after(Get(), of=detached) == detached


def test_refresh_brings_columns_and_eager_relationships_and_drops_the_rest() -> None:
    state = after(PLAIN_SELECT, again(eagerly("orders")), Refresh(site=HERE))
    assert held(state) == LOADED
    assert at(CauseKind.DROPPED_BY_REFRESH, state, "orders")


def test_refresh_brings_what_the_options_of_the_first_statement_say() -> None:
    assert held(after(select(eagerly("orders")), Refresh())) == {*LOADED, "orders"}


def test_refresh_of_some_attributes_touches_no_others() -> None:
    before = after(PLAIN_SELECT, again(eagerly("team")))
    state = after(Refresh(names=named("orders", "bio")), of=before)
    assert held(state) == {*LOADED, "team", "orders", "bio"}


# --- reads with IO


def test_a_read_brings_a_relationship() -> None:
    state = after(PLAIN_SELECT, Read(name="orders"))
    assert held(state) == {*LOADED, "orders"}


def test_a_read_of_a_deferred_column_brings_its_group() -> None:
    assert held(after(PLAIN_SELECT, Read(name="bio"))) == {*LOADED, "bio", "cv"}
    state = after(select(eagerly("name", S.DEFER)), Read(name="name"))
    assert held(state) == LOADED


def test_a_read_of_an_expired_object_brings_a_deferred_column_alone() -> None:
    state = after(PLAIN_SELECT, Commit(), Read(name="bio"))
    assert held(state) == {"bio", "cv"}


def test_a_read_of_what_may_be_expired_may_bring_what_is_expired() -> None:
    unsure = after(
        PLAIN_SELECT, Expire(names=named("token")), BulkUpdate(expires=named("name"), site=HERE)
    )
    state = after(Read(name="name"), of=unsure)
    assert state["name"].held is Held.YES
    assert state["token"].held is Held.MAYBE
    assert kinds(state, ["token"]) == {"expired-explicitly"}


def test_a_read_of_what_is_there_or_of_no_column_of_the_row_changes_nothing() -> None:
    loaded = after(PLAIN_SELECT)
    assert after(Read(name="name"), of=loaded) == loaded
    unset = after(NEW, Add(), Flush(returns=RETURNING))
    assert "name" in held(unset)
    assert after(Read(name="changed"), of=unset) == unset


@pytest.mark.parametrize("name", ["posts", "logs"])
def test_a_read_that_raises_or_makes_a_query_brings_nothing(name: str) -> None:
    loaded = after(PLAIN_SELECT)
    assert after(Read(name=name), of=loaded) == loaded


def test_a_read_of_a_relationship_brings_its_foreign_key_and_all_that_is_expired() -> None:
    state = after(PLAIN_SELECT, Commit(), Read(name="team"))
    assert held(state) == {*LOADED, "team"}


def test_a_read_that_raise_on_sql_allows_found_its_target_in_the_session() -> None:
    assert "team" in held(after(select(eagerly("team", S.RAISE_ON_SQL)), Read(name="team")))


def test_no_read_brings_anything_to_an_object_outside_the_session() -> None:
    for outside in (after(NEW), after(PLAIN_SELECT, Detach())):
        assert after(Read(name="orders"), of=outside) == outside


# --- new objects, and the flush that writes them


def test_a_new_object_holds_what_was_set() -> None:
    state = after(NEW)
    assert (state.life, held(state)) == (Life.TRANSIENT, {"name", "team_id"})
    assert state["orders"].cause == Cause(
        kind=CauseKind.NEW_OBJECT, text="a new object has no orders until it is set or loaded"
    )


def test_add_makes_a_new_object_wait_and_brings_a_detached_one_back_as_it_was() -> None:
    assert after(NEW, Add()) == replace(after(NEW), life=Life.PENDING)
    loaded = after(PLAIN_SELECT)
    assert after(Detach(), Add(), of=loaded) == loaded
    assert after(Add(), of=loaded) == loaded


def test_an_insert_gives_the_key_the_python_defaults_and_what_the_database_returns() -> None:
    state = after(NEW, Add(), Flush(returns=RETURNING, site=HERE))
    assert (state.life, state.born) == (Life.PERSISTENT, True)
    assert held(state) == {"id", "name", "team_id", "token", "created"}


@pytest.mark.parametrize(
    ("fetches", "returns", "found"),
    [
        (None, Returns(), Held.YES),
        (None, Returns(insert=False), Held.NO),
        (None, None, Held.MAYBE),
        (True, Returns(insert=False), Held.YES),
        (False, Returns(), Held.NO),
    ],
)
def test_whether_an_insert_brings_a_server_default_depends_on_eager_defaults_and_the_database(
    fetches: bool | None, returns: Returns | None, found: Held
) -> None:
    graph = having(replace(USER, fetches=fetches))
    state = after(NEW, Add(), Flush(returns=returns, site=HERE), graph=graph)
    assert state["created"].held is found
    if found is not Held.YES:
        assert state["created"].expired
        assert at(CauseKind.EXPIRED_BY_FLUSH, state, "created")


def test_a_default_that_was_given_is_not_made() -> None:
    given = New(names=named("created", "token"))
    state = after(given, Add(), Flush(returns=Returns(insert=False)))
    assert {"created", "token"} <= held(state)


def test_after_an_insert_what_was_never_set_is_not_there_and_not_empty_any_more() -> None:
    state = after(NEW, Add(), Flush(returns=RETURNING))
    assert not state.holds("orders")
    assert state.life is Life.PERSISTENT


def test_a_flush_sets_the_foreign_keys_of_changed_relationships() -> None:
    flush = Flush(references=named("team_id"), returns=RETURNING)
    assert "team_id" in held(after(New(names=named("team")), Add(), flush))
    cleared = after(PLAIN_SELECT, Expire(names=named("team_id")), Set(name="team"))
    assert "team_id" in held(after(flush, of=cleared))


UPDATE = Flush(changed=named("name"), returns=RETURNING, site=HERE)


def test_an_update_expires_what_the_database_makes_and_keeps_what_python_made() -> None:
    state = after(PLAIN_SELECT, Set(name="name"), UPDATE)
    assert {"name", "version"} <= held(state)
    assert expired(state) == {"changed", "size"}
    assert at(CauseKind.EXPIRED_BY_FLUSH, state, "changed", "size")


def test_an_update_brings_what_the_database_makes_only_with_eager_defaults() -> None:
    graph = having(replace(USER, fetches=True))
    state = after(select(graph=graph), UPDATE, graph=graph)
    assert {"changed"} <= held(state)


def test_an_update_that_sets_an_expression_expires_it() -> None:
    flush = Flush(changed=named("name"), expressions=named("name"), returns=RETURNING)
    assert "name" in expired(after(PLAIN_SELECT, flush))


def test_an_update_that_sets_a_column_does_not_let_its_default_make_another_value() -> None:
    flush = Flush(changed=named("changed", "version"), returns=RETURNING)
    assert {"changed", "version"} <= held(after(PLAIN_SELECT, flush))


def test_a_computed_column_expires_with_a_flush_unless_it_is_deferred_and_not_there() -> None:
    assert expired(after(PLAIN_SELECT, UPDATE)) & {"size", "rank"} == {"size"}
    loaded = select(eagerly("rank", S.UNDEFER))
    assert expired(after(loaded, UPDATE)) & {"size", "rank"} == {"size", "rank"}


def test_a_flush_of_collections_alone_expires_what_the_database_computes() -> None:
    state = after(PLAIN_SELECT, Flush(relates=True, site=HERE))
    assert held(state) == LOADED - {"size"}
    assert at(CauseKind.EXPIRED_BY_FLUSH, state, "size")


def test_what_eager_defaults_fetch_is_found_by_the_key_whose_read_brings_what_is_expired() -> None:
    graph = having(replace(USER, fetches=True))
    flush = Flush(relates=True, site=HERE)
    loaded = after(select(graph=graph), graph=graph)
    assert expired(after(flush, of=loaded, graph=graph)) == {"size"}
    lost = after(Rollback(), flush, of=loaded, graph=graph)
    assert {"size", "created", "name"} <= held(lost)
    unsure = after(Unknown(), flush, of=loaded, graph=graph)
    assert unsure["created"].held is Held.YES
    assert unsure["name"].held is Held.MAYBE


def test_a_flush_leaves_alone_what_has_no_changes_or_is_not_in_the_session() -> None:
    loaded = after(PLAIN_SELECT)
    assert after(Flush(returns=RETURNING), of=loaded) == loaded
    detached = after(Detach(), of=loaded)
    assert after(UPDATE, of=detached) == detached


# --- changes


def test_an_attribute_that_is_set_is_there() -> None:
    state = after(PLAIN_SELECT, Commit(), Set(name="name"))
    assert (held(state), state["name"].expired) == ({"name"}, False)


def test_a_collection_that_is_set_or_changed_is_read_first() -> None:
    for effect in (Set(name="orders"), Append(name="orders")):
        assert held(after(PLAIN_SELECT, Commit(), effect)) == {*LOADED, "orders"}
        assert held(after(NEW, effect)) == {"name", "team_id", "orders"}


def test_a_many_to_one_that_is_set_is_not_read_first() -> None:
    assert held(after(PLAIN_SELECT, Commit(), Set(name="team"))) == {"team"}


def test_a_collection_that_the_other_side_changes_waits_for_the_next_flush() -> None:
    waiting = after(PLAIN_SELECT, Queue(name="orders"))
    rows = Option(path=ROOT / "orders", strategy=S.SUBQUERY)
    assert "orders" not in held(after(again(rows), of=waiting))
    assert "orders" in held(after(Flush(returns=RETURNING), again(rows), of=waiting))
    assert "orders" in held(after(again(eagerly("orders")), of=waiting))  # by selectin loading
    loaded = after(select(eagerly("orders")))
    assert after(Queue(name="orders"), of=loaded) == loaded


@pytest.mark.parametrize(
    ("kind", "found"), [(InheritanceKind.SINGLE, {"changed"}), (InheritanceKind.JOINED, set())]
)
def test_an_update_makes_new_values_in_the_tables_with_changes_alone(
    kind: InheritanceKind, found: set[str]
) -> None:
    graph = having(replace(MANAGER, inherits=Inheritance(base="User", kind=kind)))
    manager = after(
        load(graph, Statement(entity="Manager")), of=blank(MANAGER, Life.TRANSIENT), graph=graph
    )
    level = Flush(changed=named("level"), returns=RETURNING)
    assert expired(after(level, of=manager, graph=graph)) & {"changed"} == found


# --- bulk statements


def test_a_bulk_update_expires_what_only_the_database_can_work_out() -> None:
    bulk = BulkUpdate(sets=named("name"), expires=named("token", "bio"), matched=True, site=HERE)
    state = after(PLAIN_SELECT, bulk)
    assert held(state) == LOADED - {"token", "changed"}
    assert held(state, Held.MAYBE) == {"changed"}  # it has an onupdate: expired since 2.1
    assert expired(state) == {"token", "changed"}
    assert at(CauseKind.EXPIRED_BY_BULK_UPDATE, state, "token")


def test_a_bulk_update_that_may_have_met_the_object_leaves_its_columns_in_doubt() -> None:
    state = after(PLAIN_SELECT, BulkUpdate(expires=named("token"), site=HERE))
    assert held(state, Held.MAYBE) == {"token", "changed"}


def test_what_a_bulk_update_makes_by_itself_is_in_doubt_as_it_depends_on_the_version() -> None:
    bulk = BulkUpdate(sets=named("name"), matched=True, site=HERE)
    state = after(select(eagerly("version", S.DEFER)), bulk)
    assert held(state, Held.MAYBE) == {"changed", "version"}
    assert at(CauseKind.EXPIRED_BY_BULK_UPDATE, state, "changed")


def test_a_bulk_update_may_expire_what_an_insert_left_out() -> None:
    inserted = after(New(), Add(), Flush(returns=RETURNING))
    state = after(BulkUpdate(expires=named("name"), matched=True), of=inserted)
    assert (state["name"].held, state["name"].expired) == (Held.MAYBE, True)


def test_a_bulk_update_does_not_touch_objects_that_it_did_not_meet() -> None:
    loaded = after(PLAIN_SELECT)
    missed = BulkUpdate(expires=named("token"), matched=False)
    assert after(missed, of=loaded) == loaded
    new = after(NEW)
    assert after(replace(missed, matched=True), of=new) == new


def test_a_deleted_object_keeps_its_values_and_the_flush_may_read_what_it_lacked() -> None:
    state = after(PLAIN_SELECT, Expire(names=named("token")), Delete())
    assert state.life is Life.DELETED
    assert held(state) == LOADED - {"token"}
    assert held(state, Held.MAYBE) == {"token", "team", "orders", "posts"}


def test_what_is_not_in_the_session_cannot_be_deleted() -> None:
    assert after(NEW, Delete()) == after(NEW)


# --- transactions


def test_a_commit_expires_all() -> None:
    state = after(PLAIN_SELECT, Commit(site=HERE))
    assert (held(state), state.expired) == (set(), True)
    assert at(CauseKind.EXPIRED_BY_COMMIT, state, *EVERY)


def test_a_commit_without_expire_on_commit_keeps_all() -> None:
    loaded = after(PLAIN_SELECT)
    assert after(Commit(expire_on_commit=False), of=loaded) == loaded


def test_a_commit_ends_the_time_in_which_a_rollback_makes_a_new_object_transient() -> None:
    state = after(NEW, Add(), Flush(), Commit(expire_on_commit=False))
    assert not state.born
    assert after(Rollback(), of=state).life is Life.PERSISTENT


def test_a_commit_detaches_a_deleted_object_with_its_values() -> None:
    state = after(PLAIN_SELECT, Delete(), Commit())
    assert (state.life, held(state)) == (Life.DETACHED, LOADED)


def test_a_commit_does_not_touch_what_is_not_in_the_session() -> None:
    for outside in (after(NEW), after(PLAIN_SELECT, Detach())):
        assert after(Commit(), of=outside) == outside


def test_a_rollback_expires_all() -> None:
    state = after(PLAIN_SELECT, Rollback(site=HERE))
    assert (held(state), state.expired) == (set(), True)
    assert at(CauseKind.EXPIRED_BY_ROLLBACK, state, *EVERY)


def test_a_rollback_makes_a_new_object_transient_again_with_its_values() -> None:
    inserted = after(NEW, Add(), Flush(returns=RETURNING))
    state = after(Rollback(), of=inserted)
    assert (state.life, held(state)) == (Life.TRANSIENT, held(inserted))
    assert after(NEW, Add(), Rollback()) == after(NEW)


def test_a_rollback_brings_a_deleted_object_back_expired() -> None:
    state = after(PLAIN_SELECT, Delete(), Rollback())
    assert (state.life, state.expired) == (Life.PERSISTENT, True)


def test_a_rollback_does_not_touch_what_is_not_in_the_session() -> None:
    assert after(NEW, Rollback()) == after(NEW)


def test_a_rollback_to_a_savepoint_expires_what_was_changed_since() -> None:
    state = after(PLAIN_SELECT, SavepointRollback(touched=True, site=HERE))
    assert state.expired
    assert at(CauseKind.EXPIRED_BY_ROLLBACK, state, "name")


def test_a_rollback_to_a_savepoint_leaves_in_doubt_what_may_have_been_changed() -> None:
    state = after(PLAIN_SELECT, SavepointRollback(site=HERE))
    assert (held(state), held(state, Held.MAYBE)) == (set(), LOADED)
    assert at(CauseKind.EXPIRED_BY_ROLLBACK, state, "name")


def test_a_rollback_to_a_savepoint_leaves_what_was_not_changed() -> None:
    loaded = after(PLAIN_SELECT)
    assert after(SavepointRollback(touched=False), of=loaded) == loaded
    assert after(NEW, SavepointRollback()) == after(NEW)


def test_a_rollback_to_a_savepoint_makes_what_was_born_since_transient_again() -> None:
    born = SavepointRollback(touched=False, born=True)
    inserted = after(NEW, Add(), Flush(returns=RETURNING))
    assert after(born, of=inserted).life is Life.TRANSIENT
    assert after(NEW, Add(), SavepointRollback()).life is Life.TRANSIENT


def test_a_rollback_to_a_savepoint_brings_back_what_was_deleted_since() -> None:
    state = after(PLAIN_SELECT, Delete(), SavepointRollback(touched=True, died=True))
    assert (state.life, state.expired) == (Life.PERSISTENT, True)


def test_a_deletion_outlives_a_commit_that_expires_nothing_and_a_later_rollback() -> None:
    state = after(PLAIN_SELECT, Delete(), Commit(expire_on_commit=False))
    assert state.life is Life.DELETED
    assert after(Rollback(), of=state) == state


# --- merge


def merged(*effects: Effect, of: State | None = None, loads: bool = True) -> State:
    """A user that the session has just got, after a merge of another onto it."""
    onto = after(PLAIN_SELECT) if of is None else of
    return after(Merge(source=after(*effects), load=loads), of=onto)


def test_merge_copies_what_the_source_holds() -> None:
    state = merged(select(eagerly("orders"), eagerly("team")), Detach())
    assert held(state) == {*LOADED, "orders", "team"}
    assert state.life is Life.PERSISTENT


def test_merge_does_not_copy_along_a_relationship_without_that_cascade() -> None:
    assert "posts" not in held(merged(select(eagerly("posts"))))
    assert "posts" not in held(merged(select(eagerly("posts")), loads=False))


def test_merge_copies_the_options_of_the_source_and_what_they_left_for_first_reads() -> None:
    first = after(select(eagerly("team", S.RAISE), eagerly("bio", S.DEFER_RAISE)))
    state = merged(select(eagerly("orders", S.RAISE)), of=first)
    assert state.options == (eagerly("orders", S.RAISE),)
    assert (state["orders"].strategy, state["team"].strategy) == (S.RAISE, None)
    assert merged(NEW, of=first)["team"].strategy is S.RAISE


def test_merge_leaves_in_doubt_what_the_source_may_hold() -> None:
    state = merged(PLAIN_SELECT, Unknown())
    assert held(state, Held.MAYBE) == {"team", "orders", "logs"} | COLUMNS - LOADED
    assert held(state) == LOADED


def test_a_merge_without_a_load_takes_all_from_the_source() -> None:
    state = merged(select(eagerly("orders")), Detach(), of=after(), loads=False)
    assert (state.life, held(state)) == (Life.PERSISTENT, {*LOADED, "orders"})
    assert state.options == (eagerly("orders"),)


def test_a_merge_without_a_load_expires_the_columns_that_the_source_lacks() -> None:
    state = merged(PLAIN_SELECT, Commit(), Detach(), of=after(), loads=False)
    assert (held(state), state.expired) == (set(), False)
    assert expired(state) == {"id", *PLAIN}
    left = merged(select(eagerly("name", S.DEFER)), of=after(), loads=False)
    assert expired(left) == set()


# --- the end


def test_a_detached_object_keeps_what_it_holds() -> None:
    loaded = after(PLAIN_SELECT)
    assert after(Detach(), of=loaded) == replace(loaded, life=Life.DETACHED)


def test_a_new_object_that_leaves_the_session_is_transient() -> None:
    assert after(NEW, Add(), Detach()) == after(NEW)
    assert after(NEW, Detach()) == after(NEW)


def test_a_deleted_object_that_is_expunged_stays_deleted_whatever_is_rolled_back() -> None:
    state = after(PLAIN_SELECT, Delete(), Detach())
    assert state.life is Life.DELETED
    assert after(Rollback(), of=state) == state


def test_after_the_unknown_nothing_is_certain() -> None:
    state = after(PLAIN_SELECT, Unknown())
    assert held(state, Held.MAYBE) == EVERY
    assert state["name"].cause == UNKNOWN
    assert kinds(state, ["orders"]) == {"never-loaded"}


def test_an_effect_changes_no_record_that_it_is_given() -> None:
    loaded = after(PLAIN_SELECT)
    copy = replace(loaded)
    apply(loaded, Commit(), GRAPH)
    assert loaded == copy
    assert loaded["name"] == Slot(name="name", held=Held.YES)


def test_an_eager_mapping_is_reloaded_as_it_was_loaded() -> None:
    relationships = (to_many("orders", "Order", S.JOINED), to_one("team", "Team", S.IMMEDIATE))
    graph = having(replace(USER, relationships=relationships), ALONE)
    loaded = after(select(graph=graph), graph=graph)
    assert held(after(Commit(), Get(), of=loaded, graph=graph)) == held(loaded)


@pytest.mark.parametrize("effect", [Get(), Read(name="name"), Refresh(site=HERE)])
def test_nothing_is_certain_where_a_reload_is_refused(effect: Effect) -> None:
    refused = (option("User.team", S.SELECTIN), option("User.team", S.JOINED))
    gone = after(PLAIN_SELECT, Commit(site=HERE))
    state = apply(replace(gone, options=refused), effect, GRAPH)
    assert held(state, Held.MAYBE) == EVERY


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ((), CauseKind.DEFERRED),
        (load_only(ROOT, "name"), CauseKind.LOAD_ONLY),
        ((Option(path=ROOT, strategy=S.UNDEFER, every=True),), CauseKind.DEFERRED),
        ((*load_only(ROOT, "name"), option("User.bio", S.DEFER)), CauseKind.DEFERRED),
    ],
)
def test_a_reload_leaves_a_deferred_column_out_for_the_reason_that_the_load_had(
    options: tuple[Option, ...], kind: CauseKind
) -> None:
    cause = after(select(*options), Commit(), Read(name="name"))["bio"].cause
    assert cause is not None
    assert cause.kind is kind


# --- what the graph does not have


def test_of_an_entity_that_is_not_in_the_graph_nothing_is_known() -> None:
    loaded = apply(State(entity="User"), select(), GRAPH)
    assert {slot.held for slot in apply(loaded, Commit(), Graph()).slots} == {Held.MAYBE}
    assert apply(loaded, select(), Graph()) == State(entity="User")
