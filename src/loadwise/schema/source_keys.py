"""Source keys: the columns that a relationship in the source compares, and its direction."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from loadwise.core.graph import Direction
from loadwise.schema.calls import called_lambda
from loadwise.schema.scope import dotted_name
from loadwise.schema.source_declared import Declared
from loadwise.schema.source_references import Reference, Tables
from loadwise.schema.source_tables import Mapped, attribute_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The columns of both sides that a relationship compares: the owner's, and the target's.

    `simple` says that it compares nothing else.
    """

    local: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    simple: bool = True


Marked = dict[str, set[str]]
"""The attributes that `foreign_keys` or `remote_side` names, by class."""


def keys_of(tables: Tables, one: Declared) -> tuple[Direction, Keys]:
    """Which side has the foreign key, and the columns that are compared, by the foreign keys."""
    there = [key for key in tables.references(one.owner) if _is(tables, one.target, key)]
    back = [key for key in tables.references(one.target) if _is(tables, one.owner, key)]
    chosen = marked(tables, one, "foreign_keys")
    if chosen:
        there = [key for key in there if set(key.local) & chosen.get(_name(one.owner), set())]
        back = [key for key in back if set(key.local) & chosen.get(_name(one.target), set())]
    if one.owner.source == one.target.source or (there and back):
        return _both_ways(tables, one, there, back)
    if there:
        return Direction.MANY_TO_ONE, Keys(local=there[0].local, remote=there[0].remote)
    if back:
        return Direction.ONE_TO_MANY, Keys(local=back[0].remote, remote=back[0].local)
    if one.annotation.collection:
        return Direction.ONE_TO_MANY, Keys(local=one.owner.primary_key, simple=False)
    return Direction.MANY_TO_ONE, Keys(simple=False)


def _name(mapped: Mapped) -> str:
    return mapped.source.qualified


def _is(tables: Tables, one: Mapped, key: Reference) -> bool:
    """Whether a class is, or inherits from, the one that a key refers to."""
    return any(found == key.target for found in tables.classes.sources(one.source))


def _both_ways(
    tables: Tables, one: Declared, there: list[Reference], back: list[Reference]
) -> tuple[Direction, Keys]:
    """Each side may hold the key: `remote_side` says which, or the annotation does."""
    remote = marked(tables, one, "remote_side").get(_name(one.target), set())
    if one.owner.source == one.target.source:
        up = bool(remote) and not any(set(key.local) & remote for key in back)
    elif remote:
        up = not any(set(key.local) & remote for key in back)
    else:
        up = not one.annotation.collection
    if up and there:
        return Direction.MANY_TO_ONE, Keys(local=there[0].local, remote=there[0].remote)
    if back:
        return Direction.ONE_TO_MANY, Keys(local=back[0].remote, remote=back[0].local)
    return Direction.MANY_TO_ONE, Keys(simple=False)


def marked(tables: Tables, one: Declared, word: str) -> Marked:
    """The attributes that `foreign_keys` or `remote_side` names, by class."""
    found: Marked = {}
    for part in _parts(called_lambda(one.call.word(word))):
        side = attribute_meant(tables, one, part)
        if side is not None:
            found.setdefault(_name(side[0]), set()).add(side[1])
    return found


def attribute_meant(tables: Tables, one: Declared, node: ast.expr) -> tuple[Mapped, str] | None:
    """The class and the attribute that `Class.attribute`, or a name in the body, means."""
    if isinstance(node, ast.Name):
        return one.owner, attribute_of(one.owner, node.id)
    if not isinstance(node, ast.Attribute):
        return None
    owner = node.value
    while isinstance(owner, ast.Attribute) and owner.attr in {"c", "columns", "__table__"}:
        owner = owner.value
    mapped = tables.named(one.definition.owner, owner) if dotted_name(owner) else None
    return (mapped, attribute_of(mapped, node.attr)) if mapped is not None else None


def _parts(node: ast.expr | None) -> list[ast.expr]:
    match node:
        case None:
            return []
        case ast.Constant(value=str(text)):
            try:
                return _parts(ast.parse(text.strip(), mode="eval").body)
            except SyntaxError:
                return []
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return [inner for part in parts for inner in _parts(part)]
        case _:
            return [node]
