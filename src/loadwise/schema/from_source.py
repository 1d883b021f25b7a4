"""From source: the graph of mapped classes, from source text alone.

Nothing of the project is imported or run. What the text does not tell is left out, with a line that
says so; what it does tell agrees with what a live mapper says (`tests/schema/test_from_source.py`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from loadwise.core.graph import (
    Column,
    Entity,
    Generated,
    Graph,
    Inheritance,
    InheritanceKind,
    PolymorphicLoad,
    Relationship,
)
from loadwise.schema.calls import UNSEEN, call_of, value_of
from loadwise.schema.classes import Classes, ClassSource, assigned
from loadwise.schema.scope import Project, dotted_name
from loadwise.schema.source_declared import declared
from loadwise.schema.source_references import Tables
from loadwise.schema.source_relationships import relationship_of, reversed_by
from loadwise.schema.source_tables import Mapped

OTHERS: Final = frozenset({"synonym", "composite", "association_proxy", "AssociationProxy"})
HYBRIDS: Final = ("hybrid_property", "hybrid_method")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSchema:
    """The graph, the entity that each mapped class is, and what could not be told."""

    graph: Graph
    entities: Mapping[str, str]
    unknown: tuple[str, ...] = ()


def schema_of(project: Project) -> SourceSchema:
    """The mapped classes of a project as a graph.

    An entity is named after its class, and with its module in front where two classes share a name.
    """
    tables = Tables(Classes(project))
    names = _names(tables)
    unknown: list[str] = []
    relationships: dict[str, dict[str, Relationship]] = {name: {} for name in tables.mapped}
    for qualified, mapped in tables.mapped.items():
        for one in declared(tables, mapped, without=_above(tables, mapped)):
            if isinstance(one, str):
                unknown.append(one)
                continue
            made = relationship_of(tables, one, names)
            relationships[qualified][one.name] = made
            back = reversed_by(tables, one, made, names[qualified])
            if back is not None and back.name not in one.target.definitions:
                relationships[one.target.source.qualified][back.name] = back
                relationships[qualified][one.name] = replace(made, back_populates=back.name)
    _inherit(tables, relationships)
    entities = (
        _entity(tables, mapped, names, relationships[qualified])
        for qualified, mapped in tables.mapped.items()
    )
    graph = Graph(entities=tuple(sorted(entities, key=lambda entity: entity.name)))
    return SourceSchema(graph=graph, entities=names, unknown=tuple(sorted(set(unknown))))


def _above(tables: Tables, mapped: Mapped) -> Mapped | None:
    """The class that a class has relationships from: what it inherits from, with its table."""
    parent = tables.mapped.get(mapped.parent.qualified) if mapped.parent is not None else None
    return None if parent is None or _is_concrete(tables, mapped) else parent


def _names(tables: Tables) -> dict[str, str]:
    simple = Counter(mapped.source.node.name for mapped in tables.mapped.values())
    return {
        qualified: mapped.source.node.name
        if simple[mapped.source.node.name] == 1
        else qualified.replace(".", "_")
        for qualified, mapped in tables.mapped.items()
    }


def _inherit(tables: Tables, relationships: dict[str, dict[str, Relationship]]) -> None:
    """Give subclasses the relationships of the classes above them, backrefs among them."""
    for qualified, mapped in tables.mapped.items():
        above = _above(tables, mapped)
        while above is not None:
            for name, found in relationships[above.source.qualified].items():
                relationships[qualified].setdefault(name, found)
            above = _above(tables, above)


def _entity(
    tables: Tables,
    mapped: Mapped,
    names: Mapping[str, str],
    relationships: Mapping[str, Relationship],
) -> Entity:
    arguments = mapped.arguments
    said = {key: _said(tables, mapped, arguments.get(key)) for key in FLAGS}
    eager = said["eager_defaults"]
    return Entity(
        name=names[mapped.source.qualified],
        module=mapped.source.module.name,
        columns=tuple(_columns(tables, mapped)),
        relationships=tuple(relationships.values()),
        inherits=_inheritance(tables, mapped, names),
        loads_subclasses=said["with_polymorphic"] == "*",
        fetches=eager if isinstance(eager, bool) else None,
        partial_keys=said["allow_partial_pks"] is not False,
        others=tuple(sorted(_others(tables, mapped))),
    )


FLAGS: Final = ("eager_defaults", "with_polymorphic", "allow_partial_pks", "version_id_generator")


def _said(tables: Tables, mapped: Mapped, node: ast.expr | None) -> Any:
    if node is None:
        return UNSEEN
    return value_of(tables.classes.project, mapped.source.module, node)


def _columns(tables: Tables, mapped: Mapped) -> Iterator[Column]:
    """The columns; a discriminator and a version are written by SQLAlchemy itself."""
    discriminator = _argument(tables, mapped, "polymorphic_on")
    version = _argument(tables, mapped, "version_id_col")
    counted_there = _said(tables, mapped, mapped.arguments.get("version_id_generator")) is False
    for name, found in mapped.columns.items():
        column = found.column
        if name == discriminator:
            column = replace(column, on_insert=Generated.PYTHON, discriminator=True)
        if name == version:
            made = Generated.DATABASE if counted_there else Generated.PYTHON
            column = replace(column, on_insert=made, on_update=made)
        yield column


def _argument(tables: Tables, mapped: Mapped, key: str) -> str:
    """The column that an entry of `__mapper_args__` names, here or on a class above."""
    one: Mapped | None = mapped
    while one is not None:
        node = one.arguments.get(key)
        if node is not None:
            value = _said(tables, one, node)
            return value if isinstance(value, str) else dotted_name(node).rpartition(".")[2]
        one = tables.mapped.get(one.parent.qualified) if one.parent is not None else None
    return ""


def _inheritance(tables: Tables, mapped: Mapped, names: Mapping[str, str]) -> Inheritance | None:
    parent = mapped.parent
    if parent is None or parent.qualified not in names:
        return None
    kind = InheritanceKind.JOINED if _has_own_table(mapped.source) else InheritanceKind.SINGLE
    if _is_concrete(tables, mapped):
        kind = InheritanceKind.CONCRETE
    load = _said(tables, mapped, mapped.arguments.get("polymorphic_load"))
    known = {str(one): one for one in PolymorphicLoad}
    return Inheritance(
        base=names[parent.qualified],
        kind=kind,
        load=known.get(load, PolymorphicLoad.NO) if isinstance(load, str) else PolymorphicLoad.NO,
    )


def _has_own_table(source: ClassSource) -> bool:
    named = (assigned(source.node, name) for name in ("__tablename__", "__table__"))
    return any(
        node is not None and not (isinstance(node, ast.Constant) and node.value is None)
        for node in named
    )


def _is_concrete(tables: Tables, mapped: Mapped) -> bool:
    return _said(tables, mapped, mapped.arguments.get("concrete")) is True


def _others(tables: Tables, mapped: Mapped) -> Iterator[str]:
    """What is read through other attributes: synonyms, composites, hybrids, association proxies."""
    project = tables.classes.project
    for name, definition in mapped.definitions.items():
        call = call_of(project, definition.owner, definition.value)
        if (call is not None and call.function in OTHERS) or any(
            one.endswith(HYBRIDS) for one in definition.decorators
        ):
            yield name
