"""Reading: a package's mapped classes, once from live mappers and once from its source text."""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Mapper, configure_mappers, mapperlib

from loadwise.analyse.files import read_tree
from loadwise.core.graph import Entity, Graph
from loadwise.schema.from_mappers import graph_of
from loadwise.schema.from_source import schema_of
from loadwise.schema.names import names_of
from tests.schema.agreement import Differences, differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was compared, and what the two readers say differently."""

    entities: int
    columns: int
    relationships: int
    found: Differences
    unknown: tuple[str, ...]


def compare(package: str, modules: Iterable[str], *, also: Iterable[str] = ()) -> Compared:
    """Compare the mapped classes of a package, or one module, once some modules are imported.

    The source of the packages `also` is read with it: what it takes its mixins from.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in modules:
            importlib.import_module(module)
        configure_mappers()
    live = _live(package)
    source, unknown = _source(package, also)
    return Compared(
        entities=len(live.entities),
        columns=sum(len(one.columns) for one in live.entities),
        relationships=sum(len(one.relationships) for one in live.entities),
        found=differences(live, _without_the_rest(source, live)),
        unknown=unknown,
    )


def _live(package: str) -> Graph:
    mappers = [
        mapper
        for registry in mapperlib._all_registries()
        for mapper in registry.mappers
        if f"{mapper.class_.__module__}.".startswith(f"{package}.")
    ]
    return _renamed(
        graph_of(mappers),
        {name: _qualified(mapper) for mapper, name in names_of(mappers).items()},
    )


def _qualified(mapper: Mapper[Any]) -> str:
    return f"{mapper.class_.__module__}.{mapper.class_.__name__}"


def _source(package: str, also: Iterable[str]) -> tuple[Graph, tuple[str, ...]]:
    roots = [package.partition(".")[0], *also]
    folders = [Path(importlib.import_module(root).__path__[0]) for root in roots]
    module = sys.modules[package]
    own = Path(module.__path__[0] if hasattr(module, "__path__") else str(module.__file__))
    schema = schema_of(read_tree([own, *folders[1:]], folders[0].parent).project)
    names = {name: qualified for qualified, name in schema.entities.items()}
    return _renamed(schema.graph, names), schema.unknown


def _renamed(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The graph with each entity under its module and name, as no two have it."""

    def named(entity: Entity) -> Entity:
        return replace(
            entity,
            name=names[entity.name],
            relationships=tuple(
                replace(one, target=names.get(one.target, one.target))
                for one in entity.relationships
            ),
            inherits=replace(entity.inherits, base=names[entity.inherits.base])
            if entity.inherits is not None
            else None,
        )

    return Graph(entities=tuple(named(entity) for entity in graph.entities))


def _without_the_rest(source: Graph, live: Graph) -> Graph:
    """The source's entities without those that were not imported."""
    return Graph(
        entities=tuple(
            entity
            for entity in source.entities
            if entity.name in live or entity.name.rpartition(".")[0] in sys.modules
        )
    )


def shown(one: object, other: object) -> str:
    """Two records that differ, without what they share."""
    first, second = (_fields(record) for record in (one, other))
    if first is None or second is None:
        return f"{one!r} / {other!r}"
    return ", ".join(
        f"{key}: {first[key]!r} / {second[key]!r}" for key in first if first[key] != second.get(key)
    )


def _fields(record: object) -> dict[str, object] | None:
    names = getattr(record, "__dataclass_fields__", None)
    return None if names is None else {name: getattr(record, name) for name in names}


def said(found: Differences) -> list[str]:
    """The differences, a line each: the live mapper first, then the source."""
    return [
        re.sub(r"<(?:Strategy|Direction|Generated|InheritanceKind)\.(\w+): [^>]+>", r"\1", line)
        for line in sorted(
            f"{entity}.{name}: {shown(*both)}" for (entity, name), both in found.items()
        )
    ]
