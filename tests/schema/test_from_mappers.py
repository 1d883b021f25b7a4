"""The graph of live mappers, shape for shape."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column as SaColumn
from sqlalchemy import Integer, String, Table, inspect
from sqlalchemy.orm import RelationshipProperty, registry

from loadwise.core.graph import (
    Column,
    Direction,
    Generated,
    Graph,
    Inheritance,
    InheritanceKind,
    Join,
    PolymorphicLoad,
    Relationship,
)
from loadwise.core.strategy import Strategy
from loadwise.schema.from_mappers import graph_of
from loadwise.schema.names import mappers_of, names_of
from tests.schema import models
from tests.truth.kinds import KINDS, model

GRAPH = graph_of(models.Base)
NO, PYTHON, DATABASE = Generated.NO, Generated.PYTHON, Generated.DATABASE


def rel(entity: str, name: str) -> Relationship:
    """A relationship of the models."""
    found = GRAPH[entity].relationship(name)
    assert found is not None
    return found


def column(entity: str, name: str) -> Column:
    """A column of the models."""
    found = GRAPH[entity].column(name)
    assert found is not None
    return found


# --- columns


@pytest.mark.parametrize(
    ("name", "insert", "update"),
    [
        ("id", DATABASE, NO),
        ("plain", NO, NO),
        ("scalar", PYTHON, PYTHON),
        ("called", PYTHON, PYTHON),
        ("expression", DATABASE, DATABASE),
        ("server", DATABASE, DATABASE),
        ("both", PYTHON, NO),
        ("fetched", DATABASE, NO),
        ("doubled", DATABASE, DATABASE),
        ("total", NO, NO),
    ],
)
def test_who_makes_a_value(name: str, insert: Generated, update: Generated) -> None:
    found = column("Made", name)
    assert (found.on_insert, found.on_update) == (insert, update)


def test_a_version_is_counted_in_python_or_in_the_database() -> None:
    assert column("Versioned", "version").on_update is PYTHON
    assert column("Versioned", "version").on_insert is PYTHON
    assert column("VersionedThere", "version").on_update is DATABASE


def test_what_is_computed() -> None:
    computed = {one.name for one in GRAPH["Made"].columns if one.computed}
    assert computed == {"doubled", "total"}


def test_what_is_deferred() -> None:
    assert column("Made", "later") == Column(name="later", deferred=True, group="late")
    assert column("Made", "forbidden") == Column(name="forbidden", deferred=True, raises=True)


def test_keys() -> None:
    assert GRAPH["Made"].primary_key == ("id",)
    assert GRAPH["Folder"].primary_key == ("account", "id")
    assert GRAPH["Manager"].primary_key == ("id",)
    assert GRAPH["Director"].primary_key == ("id",)


def test_settings_of_a_mapper() -> None:
    assert (GRAPH["Made"].fetches, GRAPH["Versioned"].fetches) == (True, False)
    assert GRAPH["Tag"].fetches is None
    assert (GRAPH["Folder"].partial_keys, GRAPH["Tag"].partial_keys) == (False, True)
    assert GRAPH["Made"].module == "tests.schema.models"


def test_what_is_no_load_of_its_own() -> None:
    found = GRAPH["Others"]
    assert found.others == ("area", "numbers", "other_x", "point")
    assert found.names == {"id", "x", "y", "made_id", "made"}


def test_columns_in_the_order_of_the_mapper() -> None:
    assert [one.name for one in GRAPH["Others"].columns] == ["id", "x", "y", "made_id"]


# --- relationships


@pytest.mark.parametrize(
    ("entity", "name", "lazy"),
    [
        ("Parent", "children", Strategy.SELECT),
        ("Parent", "dynamic", Strategy.DYNAMIC),
        ("Parent", "write_only", Strategy.WRITE_ONLY),
        ("Parent", "tags", Strategy.SELECTIN),
        ("Parent", "detail", Strategy.SUBQUERY),
        ("Detail", "parent", Strategy.RAISE_ON_SQL),
        ("Child", "parent", Strategy.JOINED),
        ("Child", "swapped", Strategy.SELECT),
        ("Child", "by_code", Strategy.JOINED),
        ("Child", "by_text", Strategy.RAISE),
        ("Child", "narrowed", Strategy.IMMEDIATE),
    ],
)
def test_strategies_and_their_older_names(entity: str, name: str, lazy: Strategy) -> None:
    assert rel(entity, name).lazy is lazy


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
@pytest.mark.parametrize("kind", ["m2o", "o2m"])
def test_no_load_under_both_names(kind: str) -> None:
    for lazy in ("noload", None):
        found = graph_of(model(kind, lazy).registry)["P"].relationship("rel")
        assert found is not None
        assert found.lazy is Strategy.NOLOAD


def test_a_many_to_one() -> None:
    assert rel("Child", "parent") == Relationship(
        name="parent",
        target="Parent",
        lazy=Strategy.JOINED,
        join=Join(local=("parent_id",), get=("parent_id",), inner=True),
        back_populates="children",
    )


def test_a_collection() -> None:
    found = rel("Parent", "children")
    assert (found.direction, found.uselist) == (Direction.ONE_TO_MANY, True)
    assert (found.join, found.back_populates) == (Join(local=("id",)), "parent")
    assert "delete-orphan" in found.cascade


def test_a_table_between() -> None:
    found = rel("Parent", "tags")
    assert (found.direction, found.join_depth) == (Direction.MANY_TO_MANY, 2)
    assert found.join == Join(local=("id",), secondary=True)
    assert rel("Child", "through").join.secondary


def test_what_only_reads() -> None:
    assert rel("Parent", "dynamic").join.view_only
    assert not rel("Parent", "children").join.view_only


def test_queries_are_of_many() -> None:
    assert rel("Parent", "dynamic").uselist
    assert rel("Parent", "write_only").uselist


def test_a_backref_is_on_both_sides() -> None:
    assert rel("Page", "folder").back_populates == "pages"
    assert rel("Folder", "pages").back_populates == "folder"
    assert rel("Folder", "pages").lazy is Strategy.SELECTIN


def test_the_keys_of_a_get_are_in_the_order_of_the_target() -> None:
    assert rel("Page", "folder").join == Join(
        local=("folder_id", "owner"), get=("owner", "folder_id")
    )


def test_a_shared_key_is_a_get_in_both_directions() -> None:
    assert rel("Detail", "parent").join.get == ("id",)
    assert rel("Parent", "detail").join.get == ("id",)
    assert rel("Parent", "detail").direction is Direction.ONE_TO_MANY


def test_a_get_by_an_inherited_key() -> None:
    assert rel("Employee", "boss").join.get == ("boss_id",)
    assert rel("Manager", "boss").join.get == ("boss_id",)
    assert rel("Director", "second").join.get == ("deputy_id",)
    assert rel("Director", "deputy").join.get == ()  # its key is two joins away
    assert rel("Chief", "chief").join.get == ()
    assert rel("Director", "twice").join.get == ()  # SQLAlchemy finds two joins, and adds them


def test_what_only_looks_like_a_get() -> None:
    names = ("by_code", "by_text", "narrowed", "compared", "raised", "through", "of_alias")
    assert [rel("Child", name).join.get for name in names] == [()] * len(names)
    assert rel("Page", "half").join.get == ()


def model_modules() -> Iterator[Any]:
    """What tests and examples map."""
    yield models.Base
    yield importlib.import_module("tests.observe.models").Base
    yield importlib.import_module("tests.specs.models").Base
    yield from (model(kind, "select").registry for kind in KINDS)


def relationships() -> Iterator[RelationshipProperty[Any]]:
    """The relationships of all those."""
    for source in model_modules():
        for mapper in mappers_of(source):
            yield from mapper.relationships


def test_a_get_is_what_sqlalchemy_takes_for_one() -> None:
    found = list(relationships())
    for one in found:
        names = names_of(one.parent.registry)
        graph = graph_of(one.parent.registry)
        relationship = graph[names[one.parent]].relationship(one.key)
        assert relationship is not None
        assert relationship.is_simple_get == one._use_get, str(one)
        if one._use_get:
            equated: Any = one._lazy_strategy._equated_columns
            keys = [equated[key] for key in one.mapper.primary_key]
            names_of_keys = [one.parent.get_property_by_column(key).key for key in keys]
            assert list(relationship.join.get) == names_of_keys, str(one)
    assert sum(one._use_get for one in found) > 10
    assert sum(not one._use_get for one in found) > 20


# --- inheritance


def test_joined_inheritance() -> None:
    assert GRAPH["Manager"].inherits == Inheritance(base="Employee", kind=InheritanceKind.JOINED)
    assert GRAPH["Director"].inherits == Inheritance(base="Manager", kind=InheritanceKind.JOINED)
    assert GRAPH["Manager"].names == {"id", "type", "boss_id", "boss", "budget"}
    assert GRAPH["Director"].names >= {"director_id", "deputy_id", "deputy", "budget"}
    assert column("Manager", "type").on_insert is PYTHON
    assert GRAPH["Employee"].loads_subclasses


def test_single_inheritance_and_how_subclasses_come_along() -> None:
    kinds = {GRAPH[name].inherits for name in ("Cat", "Dog", "Fish")}
    assert kinds == {
        Inheritance(base="Animal", kind=InheritanceKind.SINGLE, load=load)
        for load in (PolymorphicLoad.INLINE, PolymorphicLoad.SELECTIN, PolymorphicLoad.NO)
    }
    assert not GRAPH["Animal"].loads_subclasses


def test_a_discriminator_without_an_attribute_is_left_out() -> None:
    assert GRAPH["Shape"].names == GRAPH["Circle"].names == {"id", "sides"}


def test_concrete_inheritance_has_its_own_attributes_only() -> None:
    assert GRAPH["Boat"].inherits == Inheritance(base="Vehicle", kind=InheritanceKind.CONCRETE)
    assert GRAPH["Boat"].names == {"id", "sails"}
    assert GRAPH["Boat"].others == ()


def test_a_base_that_lists_its_subclasses() -> None:
    made = registry()
    table = Table(
        "things",
        made.metadata,
        SaColumn("id", Integer, primary_key=True),
        SaColumn("kind", String),
        SaColumn("size", Integer),
    )
    thing = type("Thing", (), {})
    tool, toy = type("Tool", (thing,), {}), type("Toy", (thing,), {})
    base: Any = made.map_imperatively(
        thing, table, polymorphic_on="kind", polymorphic_identity="thing"
    )
    made.map_imperatively(tool, inherits=thing, polymorphic_identity="tool")
    made.map_imperatively(toy, inherits=thing, polymorphic_identity="toy")
    base.with_polymorphic = ((tool,), None)
    loads = {one.name: one.inherits.load for one in graph_of(made).entities if one.inherits}
    assert loads == {"Tool": PolymorphicLoad.INLINE, "Toy": PolymorphicLoad.NO}


# --- names and sources


def test_namesakes_are_told_apart_by_their_module() -> None:
    made, (first, second, stored, owner) = models.namesakes()
    names = names_of(made)
    assert {names[inspect(one)] for one in (first, second)} == {
        "tests_schema_models_Item",
        "tests_schema_models_Item_2",
    }
    assert names[inspect(stored)] == "shop_models_Item"
    assert names[inspect(owner)] == "Owner"
    graph = graph_of(made)
    assert {entity.name for entity in graph.entities} == set(names.values())
    target = graph["Owner"].relationship("items")
    assert target is not None
    assert target.target == names[inspect(first)]


def test_what_cannot_be_written_as_an_attribute_is_left_out() -> None:
    made, (first, *_) = models.namesakes()
    assert graph_of(made)[names_of(made)[inspect(first)]].names == {"id", "owner_id", "class"}


def test_every_source_gives_the_same_entities() -> None:
    mappers = models.Base.registry.mappers
    classes = [mapper.class_ for mapper in mappers]
    assert graph_of(models.Base.registry) == GRAPH
    assert graph_of(mappers) == GRAPH
    assert graph_of(classes) == GRAPH


def test_one_class_alone_still_names_what_it_points_to() -> None:
    graph = graph_of(models.Child)
    assert [entity.name for entity in graph.entities] == ["Child"]
    found = graph["Child"].relationship("parent")
    assert found is not None
    assert found.target == "Parent"
    assert graph_of(models.Child.__mapper__) == graph


def test_entities_are_sorted() -> None:
    names = [entity.name for entity in GRAPH.entities]
    assert names == sorted(names)
    assert isinstance(GRAPH, Graph)
