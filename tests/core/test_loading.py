"""What a statement loads: which strategy wins, how far it reaches, where it is not applied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loadwise.core.cause import CauseKind
from loadwise.core.graph import Column, Entity, Graph, Inheritance, InheritanceKind, PolymorphicLoad
from loadwise.core.loading import DEEPEST, plan_of
from loadwise.core.path import Path
from loadwise.core.plan import Choice
from loadwise.core.statement import Option, RefusedError, Statement, Way, load_only
from loadwise.core.strategy import LAZY, Strategy
from tests.core.mapping import ALONE, GRAPH, ID, TEAM, USER, having, option, to_many, to_one

S = Strategy
NAMES = Path.parse("User")


def planned(*options: Option, graph: Graph = GRAPH, entity: str = "User", **more: Any) -> str:
    """What a statement loads for certain."""
    return str(plan_of(graph, Statement(entity=entity, options=options, **more)))


def choice(path: str, *options: Option, graph: Graph = GRAPH, **more: Any) -> Choice:
    """What a statement does for one attribute."""
    at = Path.parse(path)
    found = plan_of(graph, Statement(entity=at.root, options=options, **more)).choice(at)
    assert found is not None
    return found


def why(found: Choice) -> tuple[CauseKind, str]:
    assert found.cause is not None
    return found.cause.kind, found.cause.text


def mapped(lazy: Strategy, **more: Any) -> Graph:
    """The mapping, where the team of a user has a strategy."""
    return having(replace(USER, relationships=(to_one("team", "Team", lazy, **more),)))


def nodes(lazy: Strategy = S.SELECT, **more: Any) -> Graph:
    """A tree: each node has a parent and children."""
    parent, children = to_one("parent", "Node"), to_many("children", "Node", lazy, **more)
    columns = (ID, Column(name="parent_id"))
    return Graph(entities=(Entity(name="Node", columns=columns, relationships=(parent, children)),))


def pair(lazy: Strategy) -> Graph:
    """Two entities that point at each other, eagerly."""
    users = Entity(name="User", columns=(ID,), relationships=(to_many("orders", "Order", lazy),))
    order = Entity(
        name="Order",
        columns=(ID, Column(name="user_id")),
        relationships=(to_one("user", "User", lazy),),
    )
    return Graph(entities=(users, order))


def depth(text: str, name: str) -> int:
    return text.count(name)


# --- columns


def test_a_statement_brings_its_columns_and_what_the_mapping_loads_eagerly() -> None:
    loaded = "changed created id name size tags{id user_id} team_id token version"
    assert planned() == f"User{{{loaded}}}"


def test_a_deferred_column_is_left_to_its_first_read() -> None:
    found = choice("User.bio")
    assert (found.loaded, found.installs, found.by_option) == (False, None, False)
    assert why(found) == (CauseKind.DEFERRED, "the mapping defers it (deferred=True)")


def test_undefer_brings_a_deferred_column() -> None:
    found = choice("User.bio", option("User.bio", S.UNDEFER))
    assert (found.loaded, found.by_option) == (True, True)


def test_defer_leaves_a_column_out_and_the_object_remembers_it() -> None:
    found = choice("User.name", option("User.name", S.DEFER_RAISE))
    assert (found.loaded, found.installs) == (False, S.DEFER_RAISE)
    assert why(found) == (CauseKind.DEFERRED, "the statement defers it")


def test_load_only_leaves_out_all_else_but_never_the_primary_key() -> None:
    assert planned(*load_only(NAMES, "name")) == "User{id name tags{id user_id}}"
    assert why(choice("User.token", *load_only(NAMES, "name")))[0] is CauseKind.LOAD_ONLY


def test_a_primary_key_cannot_be_deferred() -> None:
    assert choice("User.id", option("User.id", S.DEFER)).loaded


def test_an_option_reaches_no_columns_of_other_entities() -> None:
    assert choice("User.tags.user_id", *load_only(NAMES, "name")).loaded
    below = load_only(NAMES / "tags")
    assert planned(*below, *load_only(NAMES)) == "User{id tags{id}}"


# --- which strategy wins


def test_a_relationship_is_left_to_its_first_read_unless_something_says_otherwise() -> None:
    found = choice("User.orders")
    assert (found.strategy, found.loaded, found.installs) == (S.SELECT, False, None)
    assert why(found) == (CauseKind.NEVER_LOADED, "the statement does not ask for it")


@pytest.mark.parametrize("strategy", [S.JOINED, S.SELECTIN, S.SUBQUERY, S.IMMEDIATE])
def test_an_option_loads_a_relationship_and_what_it_leads_to(strategy: Strategy) -> None:
    assert "orders{id total user_id}" in planned(option("User.orders", strategy))


def test_an_option_wins_over_the_mapping_in_both_directions() -> None:
    found = choice("User.tags", option("User.tags", S.SELECT))
    assert (found.loaded, found.by_option) == (False, True)
    assert why(found) == (CauseKind.NEVER_LOADED, "the statement says lazyload()")


def test_an_option_for_one_attribute_wins_over_a_wildcard() -> None:
    options = (option("User.orders", S.SELECTIN), option("User", S.RAISE, every=True))
    assert choice("User.orders", *options).loaded
    assert choice("User.team", *options).strategy is S.RAISE


def test_a_wildcard_for_an_entity_wins_over_one_for_all() -> None:
    joined = option("Order.user", S.JOINED)
    options = (joined, option("Order.user", S.SELECT, every=True), option("", S.RAISE, every=True))
    assert choice("Order.user.team", *options).strategy is S.SELECT


def test_of_two_wildcards_the_last_one_wins() -> None:
    options = (option("", S.SELECTIN, every=True), option("", S.RAISE, every=True))
    assert choice("User.team", *options).strategy is S.RAISE


def test_a_wildcard_for_all_holds_for_the_statement_itself_not_for_further_ones() -> None:
    wild = option("", S.RAISE, every=True, alone=True)
    joined, further = option("User.orders", S.JOINED), option("User.orders", S.SELECTIN)
    assert choice("User.orders.user", joined, wild).strategy is S.RAISE
    assert choice("User.orders.user", further, wild).strategy is S.SELECT


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), "lazy='raise' forbids it"),
        ((option("User.posts", S.RAISE_ON_SQL),), "raiseload() forbids it"),
    ],
)
def test_raise_forbids_the_first_read(options: tuple[Option, ...], text: str) -> None:
    assert why(choice("User.posts", *options)) == (CauseKind.RAISE_CONFIGURED, text)


@pytest.mark.parametrize("strategy", sorted(LAZY))
def test_what_differs_from_the_mapping_is_left_on_the_object_for_its_first_read(
    strategy: Strategy,
) -> None:
    same = strategy is S.RAISE
    found = choice("User.posts", option("User.posts", strategy))
    assert found.installs == (None if same else strategy)


def test_noload_puts_nothing_there_and_does_not_look() -> None:
    found = choice("User.orders", option("User.orders", S.NOLOAD))
    assert (found.strategy, found.loaded) == (S.NOLOAD, True)
    assert planned(option("User.orders", S.NOLOAD), *load_only(NAMES)).startswith("User{id orders ")


def test_a_dynamic_relationship_is_a_query_whatever_is_asked() -> None:
    text = "lazy='dynamic' makes it a query"
    assert why(choice("User.logs")) == (CauseKind.DYNAMIC, text)
    assert why(choice("User.logs", option("User.logs", S.RAISE))) == (CauseKind.DYNAMIC, text)
    with pytest.raises(RefusedError, match="logs does not support object population"):
        planned(option("User.logs", S.SELECTIN))


def test_a_target_that_the_graph_does_not_know_is_loaded_all_the_same() -> None:
    assert planned(option("User.team", S.JOINED), *load_only(NAMES), graph=pointing_out()) == (
        "User{id team}"
    )


def pointing_out() -> Graph:
    return Graph(entities=(replace(USER, relationships=(to_one("team", "Unknown"),)),))


# --- what options() and SQLAlchemy refuse


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("User.nothing", "User.nothing does not link up: User has no nothing"),
        ("User.nothing.id", "User.nothing: User has no relationship nothing"),
        ("Order.user", "Order does not start from User"),
        ("User.team.name", "User.team.name does not link up: Team has no name"),
        ("", "does not link up"),
    ],
)
def test_a_path_that_does_not_link_up_is_refused(path: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        planned(option(path, S.SELECTIN))


def test_two_strategies_for_one_attribute_are_refused() -> None:
    with pytest.raises(RefusedError, match="in conflict"):
        planned(option("User.orders", S.SELECTIN), option("User.orders", S.JOINED))
    assert planned(option("User.orders", S.JOINED), option("User.orders", S.JOINED))


def test_an_entity_that_is_not_mapped_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="Nobody"):
        planned(entity="Nobody")


def test_subquery_loading_needs_the_columns_that_its_rows_are_found_by() -> None:
    bare = load_only(NAMES, "name")
    with pytest.raises(RefusedError, match=r"subqueryload\(team\) needs team_id"):
        planned(option("User.team", S.SUBQUERY), *bare)
    assert planned(option("User.team", S.SELECTIN), *bare)
    assert planned(option("User.orders", S.SUBQUERY), *bare)


def test_a_key_that_is_not_mapped_is_not_missed() -> None:
    hidden = to_one("team", "Team")
    graph = having(replace(USER, columns=(ID,), relationships=(hidden,)))
    assert planned(option("User.team", S.SUBQUERY), graph=graph) == "User{id team{id title}}"


# --- cycles


@pytest.mark.parametrize("lazy", [S.JOINED, S.SELECTIN, S.SUBQUERY])
def test_an_eager_self_referential_relationship_loads_nothing_without_join_depth(
    lazy: Strategy,
) -> None:
    assert planned(entity="Node", graph=nodes(lazy)) == "Node{id parent_id}"
    assert why(choice("Node.children", graph=nodes(lazy))) == (
        CauseKind.DEPTH_EXHAUSTED,
        f"lazy='{lazy}' on a self-referential relationship needs join_depth",
    )


def test_join_depth_says_how_many_levels_are_loaded() -> None:
    graph = nodes(S.SELECTIN, join_depth=2)
    assert depth(planned(entity="Node", graph=graph), "children") == 2
    assert why(choice("Node.children.children.children", graph=graph)) == (
        CauseKind.DEPTH_EXHAUSTED,
        "join_depth=2 goes no deeper",
    )


def test_an_eager_strategy_stops_where_it_comes_back_to_where_it_has_been() -> None:
    assert planned(graph=pair(S.JOINED)) == "User{id orders{id user_id}}"
    assert why(choice("User.orders.user", graph=pair(S.JOINED))) == (
        CauseKind.CYCLE_CUT,
        "lazy='joined' stops where the way comes back to User",
    )


def test_options_go_as_far_round_a_cycle_as_they_are_written() -> None:
    path = Path.parse("Node.children")
    twice = (
        Option(path=path, strategy=S.SELECTIN),
        Option(path=path / "children", strategy=S.SELECTIN),
    )
    assert depth(planned(*twice, entity="Node", graph=nodes()), "children") == 2


def test_a_wildcard_is_cut_as_a_mapping_is() -> None:
    found = choice("Node.children", option("Node", S.SELECTIN, every=True), graph=nodes())
    assert why(found) == (
        CauseKind.DEPTH_EXHAUSTED,
        'selectinload("*") on a self-referential relationship needs join_depth',
    )


@pytest.mark.parametrize(("levels", "loaded"), [(1, 2), (2, 3), (3, 4)])
def test_a_recursion_depth_loads_one_level_more_than_it_says(levels: int, loaded: int) -> None:
    recursive = option("Node.children", S.SELECTIN, depth=levels)
    assert depth(planned(recursive, entity="Node", graph=nodes()), "children") == loaded


def test_a_recursion_without_end_is_followed_so_far_and_then_anything_may_be_loaded() -> None:
    endless = option("Node.children", S.SELECTIN, depth=-1)
    plan = plan_of(nodes(), Statement(entity="Node", options=(endless,)))
    assert depth(str(plan.tree), "children") == DEEPEST
    assert Path.parse("Node" + ".children" * (DEEPEST + 5)) in plan.may


# --- where a strategy is silently not applied


@pytest.mark.parametrize("way", [Way.RETURNING, Way.FROM_STATEMENT])
@pytest.mark.parametrize("strategy", [S.JOINED, S.SUBQUERY])
def test_joined_and_subquery_loading_are_dropped_without_a_select(
    way: Way, strategy: Strategy
) -> None:
    found = choice("User.orders", option("User.orders", strategy), way=way)
    kind, text = why(found)
    assert (found.loaded, kind) == (False, CauseKind.OPTIONS_IGNORED)
    assert text.startswith(f"{strategy}load() is not applied to ")
    assert choice("User.orders", option("User.orders", S.SELECTIN), way=way).loaded


def test_a_joined_load_that_is_dropped_leaves_a_lazy_load_even_where_the_mapping_raises() -> None:
    found = choice("User.posts", option("User.posts", S.JOINED), way=Way.RETURNING)
    assert found.installs is S.SELECT
    found = choice("User.orders", option("User.orders", S.JOINED), way=Way.RETURNING)
    assert found.installs is None


def test_a_mapped_joined_load_says_so_where_it_is_dropped() -> None:
    found = choice("User.team", graph=mapped(S.JOINED), way=Way.RETURNING)
    assert why(found) == (CauseKind.OPTIONS_IGNORED, "lazy='joined' is not applied to RETURNING")


@pytest.mark.parametrize("strategy", [S.JOINED, S.SUBQUERY, S.CONTAINS_EAGER])
def test_yield_per_refuses_to_load_collections_in_the_same_go(strategy: Strategy) -> None:
    with pytest.raises(RefusedError, match="yield_per does not go with"):
        planned(option("User.orders", strategy), way=Way.STREAM)
    assert planned(option("User.orders", S.SELECTIN), way=Way.STREAM)
    assert planned(option("User.team", S.JOINED), way=Way.STREAM)


def test_an_inner_join_drops_the_rows_that_have_no_related_row() -> None:
    assert choice("User.team", option("User.team", S.JOINED, inner=True)).drops_rows
    assert not choice("User.team", option("User.team", S.JOINED)).drops_rows
    inner = to_one("team", "Team", S.JOINED)
    inner = replace(inner, join=replace(inner.join, inner=True))
    graph = having(replace(USER, relationships=(inner,)))
    assert choice("User.team", graph=graph).drops_rows


# --- contains_eager


def test_contains_eager_takes_what_the_statement_has_joined() -> None:
    found = choice("User.team", option("User.team", S.CONTAINS_EAGER))
    assert (found.loaded, found.unrelated) == (True, False)


@pytest.mark.parametrize("way", [Way.GET, Way.FROM_STATEMENT])
def test_contains_eager_takes_unrelated_columns_where_the_statement_has_no_such_join(
    way: Way,
) -> None:
    assert choice("User.team", option("User.team", S.CONTAINS_EAGER), way=way).unrelated
    assert choice("User.team", option("User.team", S.CONTAINS_EAGER, joins=False)).unrelated


def test_contains_eager_below_a_joined_load_takes_unrelated_columns() -> None:
    below = option("User.orders.user", S.CONTAINS_EAGER)
    assert choice("User.orders.user", option("User.orders", S.JOINED), below).unrelated


def test_the_database_refuses_returning_with_the_columns_of_another_table() -> None:
    contained = option("User.team", S.CONTAINS_EAGER)
    with pytest.raises(RefusedError, match="asks RETURNING for columns of another table"):
        planned(contained, way=Way.RETURNING)
    same = having(replace(TEAM, columns=(ID,)))
    assert choice("User.team", contained, graph=same, way=Way.RETURNING).unrelated


# --- immediate loading


def test_immediate_loading_is_done_for_each_object() -> None:
    for name in ("team", "orders"):
        found = choice(f"User.{name}", option(f"User.{name}", S.IMMEDIATE), graph=ALONE)
        assert (found.loaded, found.each) == (True, True)


def test_rows_of_a_subclass_may_keep_immediate_loading_from_a_many_to_one() -> None:
    immediate = option("User.team", S.IMMEDIATE)
    found = choice("User.team", immediate)
    assert (found.loaded, found.each) == (None, True)
    assert why(found)[0] is CauseKind.CYCLE_CUT
    assert choice("User.team", immediate, way=Way.RELOAD).loaded
    assert choice("User.orders", option("User.orders", S.IMMEDIATE)).loaded
    below = option("Order.user.team", S.IMMEDIATE)
    assert choice("Order.user.team", option("Order.user", S.JOINED), below).loaded is None
    further = option("User.orders.user", S.IMMEDIATE)
    assert choice("User.orders.user", option("User.orders", S.JOINED), further).loaded is None
    assert choice("User.orders.user", option("User.orders", S.SELECTIN), further).loaded


def test_below_the_first_hop_immediate_loading_of_a_many_to_one_may_look_in_the_session_alone() -> (
    None
):
    options = (option("User.orders", S.IMMEDIATE), option("User.orders.user", S.IMMEDIATE))
    found = choice("User.orders.user", *options)
    assert found.loaded is None
    assert why(found)[0] is CauseKind.CYCLE_CUT
    assert Path.parse("User.orders.user.id") in plan_of(GRAPH, statement(*options)).may


def test_for_one_object_alone_immediate_loading_goes_on() -> None:
    options = (option("Order.user", S.IMMEDIATE), option("Order.user.team", S.IMMEDIATE))
    assert choice("Order.user.team", *options, graph=ALONE, way=Way.GET).loaded
    assert choice("Order.user.team", *options, graph=ALONE, way=Way.SELECT).loaded is None


def test_where_it_comes_back_immediate_loading_of_a_many_to_one_depends_on_the_session() -> None:
    graph = pair(S.IMMEDIATE)
    found = choice("User.orders.user", graph=graph)
    assert (found.loaded, found.each) == (None, True)
    assert why(found)[0] is CauseKind.CYCLE_CUT


def statement(*options: Option, **more: Any) -> Statement:
    return Statement(entity="User", options=options, **more)


# --- refreshes and reloads


def test_a_refresh_of_some_attributes_brings_those_and_the_key() -> None:
    only = frozenset({"bio", "orders"})
    found = planned(way=Way.REFRESH, only=only)
    assert found == "User{bio id orders{id total user_id}}"


def test_a_refresh_loads_a_relationship_that_it_names_whatever_its_strategy() -> None:
    for name in ("orders", "posts", "team"):
        found = choice(f"User.{name}", way=Way.REFRESH, only=frozenset({name}))
        assert (found.loaded, found.each) == (True, True)
    assert choice("User.orders", way=Way.REFRESH).loaded is False


def test_a_reload_leaves_a_lazy_relationship_alone_even_where_it_is_named() -> None:
    assert choice("User.orders", way=Way.RELOAD, only=frozenset({"orders"})).loaded is False


def test_a_refresh_does_selectin_and_subquery_loading_for_the_object_alone() -> None:
    for strategy in (S.SELECTIN, S.SUBQUERY):
        found = choice("User.orders", option("User.orders", strategy), way=Way.REFRESH)
        assert (found.loaded, found.each) == (True, True)


def test_what_is_loaded_below_a_refresh_comes_one_by_one() -> None:
    options = (option("User.orders", S.SELECTIN), option("User.orders.user", S.IMMEDIATE))
    assert choice("User.orders.user", *options, way=Way.REFRESH).loaded is None


def test_a_refresh_loads_an_eager_relationship_that_it_names_even_where_a_cycle_is_cut() -> None:
    graph = nodes(S.JOINED)
    only = frozenset({"children"})
    assert choice("Node.children", graph=graph, way=Way.REFRESH, only=only).loaded
    assert choice("Node.children", graph=graph, way=Way.REFRESH).loaded is False


# --- subclasses


def family(how: PolymorphicLoad = PolymorphicLoad.NO, lazy: Strategy = S.SELECT) -> Graph:
    """People, among them managers, who have a level and reports; a firm has people."""
    base = Entity(name="Person", columns=(ID, Column(name="name")))
    manager = Entity(
        name="Manager",
        columns=(*base.columns, Column(name="level")),
        relationships=(to_many("reports", "Report", lazy),),
        inherits=Inheritance(base="Person", kind=InheritanceKind.JOINED, load=how),
    )
    firm = Entity(name="Firm", columns=(ID,), relationships=(to_many("people", "Person"),))
    return Graph(entities=(base, manager, firm, Entity(name="Report", columns=(ID,))))


REPORTS = "Person[Manager].reports"


def test_a_statement_of_the_base_leaves_out_the_columns_of_a_subclass() -> None:
    assert planned(entity="Person", graph=family()) == "Person{id name}"
    assert why(choice("Person[Manager].level", graph=family())) == (
        CauseKind.SUBCLASS_COLUMN,
        "the statement selects Person, and level belongs to its subclass Manager",
    )


@pytest.mark.parametrize("how", [PolymorphicLoad.INLINE, PolymorphicLoad.SELECTIN])
def test_a_subclass_may_be_mapped_to_come_with_its_base(how: PolymorphicLoad) -> None:
    graph = family(how)
    assert planned(entity="Person", graph=graph) == "Person{id name} Person[Manager]{level}"


def test_a_base_may_be_mapped_to_bring_its_subclasses() -> None:
    graph = having(replace(family()["Person"], loads_subclasses=True), family())
    assert "level" in planned(entity="Person", graph=graph)


def test_a_statement_may_name_the_subclasses_that_it_selects() -> None:
    polymorphic = frozenset({"Manager"})
    found = planned(
        option(REPORTS, S.SELECTIN), entity="Person", graph=family(), polymorphic=polymorphic
    )
    assert found == "Person{id name} Person[Manager]{level reports{id}}"


@pytest.mark.parametrize("strategy", [S.JOINED, S.SELECTIN, S.SUBQUERY])
def test_an_eager_load_of_a_subclass_is_dropped_where_the_base_is_selected(
    strategy: Strategy,
) -> None:
    found = choice(REPORTS, option(REPORTS, strategy), graph=family())
    assert found.loaded is False
    assert why(found) == (
        CauseKind.SUBCLASS_COLUMN,
        "the statement selects Person, which has no reports",
    )


def test_immediate_loading_reaches_a_subclass() -> None:
    assert choice(REPORTS, option(REPORTS, S.IMMEDIATE), graph=family()).loaded


def test_contains_eager_reaches_no_subclass() -> None:
    found = choice(REPORTS, option(REPORTS, S.CONTAINS_EAGER), graph=family())
    assert (found.loaded, why(found)[0]) == (False, CauseKind.OPTIONS_IGNORED)


def test_below_a_join_it_depends_on_the_version_whether_a_subclass_is_reached() -> None:
    graph = family(lazy=S.SELECTIN)
    path = "Firm.people[Manager].reports"
    assert choice(path, option("Firm.people", S.JOINED), graph=graph).loaded is None
    assert choice(path, option("Firm.people", S.SELECTIN), graph=graph).loaded is False


def test_an_option_for_an_attribute_of_the_base_reaches_the_subclass_too() -> None:
    options = (option("Firm.people", S.JOINED), option("Firm.people.name", S.DEFER))
    assert planned(*options, entity="Firm", graph=family()) == "Firm{id people{id}}"


def test_what_lies_below_a_subclass_is_planned() -> None:
    polymorphic = frozenset({"Manager"})
    options = (option("Firm.people", S.SELECTIN), option("Firm.people[Manager].reports", S.JOINED))
    found = planned(*options, entity="Firm", graph=family(), polymorphic=polymorphic)
    assert "people[Manager]{level reports{id}}" in found


# --- loads that go on from another one


def both_ways(lazy: Strategy) -> Graph:
    """Users and their orders, which name each other; an order brings its user eagerly."""
    orders = to_many("orders", "Order", back_populates="user")
    user = to_one("user", "User", lazy, back_populates="orders")
    return Graph(
        entities=(
            Entity(name="User", columns=(ID,), relationships=(orders,)),
            Entity(name="Order", columns=(ID, Column(name="user_id")), relationships=(user,)),
        )
    )


@pytest.mark.parametrize("lazy", [S.JOINED, S.SELECTIN, S.IMMEDIATE])
def test_a_lazy_load_does_not_load_the_way_back_to_its_owner(lazy: Strategy) -> None:
    graph = both_ways(lazy)
    found = choice("Order.user", graph=graph, way=Way.LAZY, reverse="user", behind=("User",))
    assert found.loaded is False
    assert why(found) == (
        CauseKind.CYCLE_CUT,
        "it leads back to the User that it is loaded for",
    )
    below = choice("User.orders.user", option("User.orders", S.IMMEDIATE), graph=graph)
    assert why(below) == why(found)


def test_an_option_for_the_way_back_is_refused_unless_it_says_the_same() -> None:
    def back(strategy: Strategy) -> Choice:
        options = (option("User.orders", S.IMMEDIATE), option("User.orders.user", strategy))
        return choice("User.orders.user", *options, graph=both_ways(S.SELECTIN))

    assert back(S.SELECT).loaded is False
    with pytest.raises(RefusedError, match="in conflict with the lazyload"):
        back(S.SELECTIN)


def test_an_eager_strategy_stops_also_where_it_comes_back_to_what_lies_behind_the_load() -> None:
    found = choice("Order.user", graph=pair(S.SELECTIN), way=Way.LAZY, behind=("User",))
    assert why(found) == (
        CauseKind.CYCLE_CUT,
        "lazy='selectin' stops where the way comes back to User",
    )
