"""The graph: what is mapped, and what the mapping alone says of a read."""

import pytest

from loadwise.core.graph import (
    Column,
    Entity,
    Graph,
    Inheritance,
    InheritanceKind,
    Join,
    Relationship,
)
from loadwise.core.strategy import Strategy
from tests.core.mapping import GRAPH, MANAGER, USER, to_many, to_one


def test_a_graph_finds_its_entities_by_name() -> None:
    assert GRAPH["User"] == USER
    assert "User" in GRAPH
    assert "Nobody" not in GRAPH
    with pytest.raises(KeyError, match="Nobody"):
        GRAPH["Nobody"]


def test_an_entity_finds_its_attributes_by_name() -> None:
    assert USER.column("bio") == USER.columns[3]
    assert USER.column("team") is None
    assert USER.relationship("team") == USER.relationships[0]
    assert USER.relationship("bio") is None


def test_the_names_of_an_entity_are_those_of_all_that_can_be_loaded() -> None:
    entity = Entity(
        name="User",
        columns=(Column(name="id", primary_key=True), Column(name="name")),
        relationships=(to_one("team", "Team"),),
        others=("full_name",),
    )
    assert entity.names == {"id", "name", "team"}
    assert entity.primary_key == ("id",)


def grown(name: str, base: str) -> Entity:
    return Entity(name=name, inherits=Inheritance(base=base, kind=InheritanceKind.SINGLE))


FAMILY = Graph(entities=(grown("Boss", "Manager"), Entity(name="User"), grown("Manager", "User")))


def test_a_lineage_goes_from_an_entity_to_its_root() -> None:
    assert [one.name for one in FAMILY.lineage("Boss")] == ["Boss", "Manager", "User"]
    assert [one.name for one in FAMILY.lineage("User")] == ["User"]
    assert list(FAMILY.lineage("Nobody")) == []


def test_an_entity_is_what_it_inherits_from_but_not_the_other_way_round() -> None:
    assert FAMILY.is_a("Boss", "User")
    assert FAMILY.is_a("User", "User")
    assert not FAMILY.is_a("User", "Boss")


def test_subclasses_are_those_of_any_depth_in_the_order_of_the_graph() -> None:
    assert [one.name for one in FAMILY.subclasses("User")] == ["Boss", "Manager"]
    assert FAMILY.subclasses("Boss") == ()
    assert GRAPH.subclasses("User") == (MANAGER,)


@pytest.mark.parametrize(
    ("column", "strategy"),
    [
        (Column(name="bio"), Strategy.UNDEFER),
        (Column(name="bio", deferred=True), Strategy.DEFER),
        (Column(name="bio", deferred=True, raises=True), Strategy.DEFER_RAISE),
    ],
)
def test_a_mapping_defers_a_column_or_does_not(column: Column, strategy: Strategy) -> None:
    assert column.strategy is strategy


@pytest.mark.parametrize(
    ("lazy", "left"),
    [
        (Strategy.SELECT, Strategy.SELECT),
        (Strategy.RAISE, Strategy.RAISE),
        (Strategy.RAISE_ON_SQL, Strategy.RAISE_ON_SQL),
        (Strategy.NOLOAD, Strategy.NOLOAD),
        (Strategy.JOINED, Strategy.SELECT),
        (Strategy.SELECTIN, Strategy.SELECT),
    ],
)
def test_an_eager_relationship_that_was_not_loaded_is_loaded_by_its_first_read(
    lazy: Strategy, left: Strategy
) -> None:
    assert to_many("orders", "Order", lazy).at_first_read is left


def test_only_a_foreign_key_to_the_primary_key_makes_a_simple_get() -> None:
    assert to_one("team", "Team").is_simple_get
    assert not to_many("orders", "Order").is_simple_get
    custom = Relationship(name="team", target="Team", join=Join(local=("team_code",)))
    assert not custom.is_simple_get
