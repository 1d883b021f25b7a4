"""Agreement: what two graphs of the same mapped classes say differently."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

from loadwise.core.graph import Entity, Graph

Differences = dict[tuple[str, str], tuple[object, object]]
"""By entity, and by attribute or field: what the one says, and the other."""

COMPARED_APART: Final = {"columns", "relationships", "module"}


def differences(live: Graph, source: Graph) -> Differences:
    """What the two say differently: by entity, and by attribute or field."""
    found: Differences = {}
    for name in {entity.name for graph in (live, source) for entity in graph.entities}:
        if (name in live) != (name in source):
            found[name, ""] = (name in live, name in source)
            continue
        one, other = _plain(live[name]), _plain(source[name])
        for key in {*one, *other}:
            if one.get(key) != other.get(key):
                found[name, key] = (one.get(key), other.get(key))
    return found


def _plain(entity: Entity) -> dict[str, object]:
    """An entity by attribute and field; the order of columns is not compared, nor is the module."""
    plain: dict[str, object] = {one.name: one for one in entity.columns}
    for one in entity.relationships:
        join = replace(one.join, local=tuple(sorted(one.join.local)))
        plain[one.name] = replace(one, join=join)
    rest = {field.name for field in fields(Entity) if field.init} - COMPARED_APART
    return {**plain, **{f"({name})": getattr(entity, name) for name in rest}}
