"""Source relationships: what the definition of a relationship says in the source."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from loadwise.core.graph import Direction, Join, Relationship
from loadwise.core.strategy import Strategy
from loadwise.schema.attributes import Annotation
from loadwise.schema.calls import (
    UNSEEN,
    Call,
    call_of,
    called_lambda,
    is_true,
    text_of,
    value_of,
)
from loadwise.schema.scope import dotted_name
from loadwise.schema.source_declared import Declared
from loadwise.schema.source_joins import direction_of
from loadwise.schema.source_keys import Keys
from loadwise.schema.source_references import Tables

LEGACY: Final[Mapping[Any, Strategy]] = {
    True: Strategy.SELECT,
    False: Strategy.JOINED,
    None: Strategy.NOLOAD,
}
ALL: Final = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete"})
DEFAULT: Final = frozenset({"save-update", "merge"})
WRITES: Final = frozenset({"save-update", "delete", "delete-orphan"})
"""What a relationship that only reads has not."""


def relationship_of(tables: Tables, one: Declared, names: Mapping[str, str]) -> Relationship:
    """The relationship, by the names that the entities have."""
    project, module = tables.classes.project, one.definition.owner.module
    call = one.call
    direction, keys = direction_of(tables, one)
    many = _uselist(tables, one, direction)
    wrapper = one.annotation.wrapper
    lazy = _lazy(value_of(project, module, call.word("lazy")), call)
    if wrapper == "DynamicMapped":
        lazy = Strategy.DYNAMIC
    elif wrapper == "WriteOnlyMapped":
        lazy = Strategy.WRITE_ONLY
    depth = value_of(project, module, call.word("join_depth"))
    view_only = is_true(project, module, call.word("viewonly"))
    back = call.word("back_populates")
    reverse = text_of(project, module, back) or dotted_name(called_lambda(back) or ast.Constant(""))
    return Relationship(
        name=one.name,
        target=names[one.target.source.qualified],
        direction=direction,
        uselist=many,
        lazy=lazy,
        join_depth=depth if isinstance(depth, int) else None,
        join=Join(
            local=_local(one, keys),
            get=_get(one, keys, many=many),
            secondary=call.word("secondary") is not None,
            inner=_is_inner(tables, one),
            view_only=view_only,
        ),
        back_populates=reverse.rpartition(".")[2],
        cascade=_cascade(text_of(project, module, call.word("cascade")), view_only=view_only),
    )


def _lazy(value: Any, call: Call) -> Strategy:
    if call.function == "dynamic_loader":
        return Strategy.DYNAMIC
    if value is UNSEEN:
        return Strategy.SELECT
    if isinstance(value, str):
        return Strategy(value) if value in {str(one) for one in Strategy} else Strategy.SELECT
    return LEGACY.get(value, Strategy.SELECT)


def _uselist(tables: Tables, one: Declared, direction: Direction) -> bool:
    project, module = tables.classes.project, one.definition.owner.module
    said = value_of(project, module, one.call.word("uselist"))
    if isinstance(said, bool):
        return said
    annotated = one.annotation.wrapper or one.annotation.names
    if annotated and not one.annotation.collection:
        return False
    return direction is not Direction.MANY_TO_ONE


def _is_inner(tables: Tables, one: Declared) -> bool:
    project, module = tables.classes.project, one.definition.owner.module
    word = one.call.word("innerjoin")
    return is_true(project, module, word)


def _cascade(text: str, *, view_only: bool) -> frozenset[str]:
    words = {word.strip() for word in text.split(",") if word.strip()}
    found = set(words - {"all", "none"}) if words else set(DEFAULT)
    found |= ALL if "all" in words else set()
    return frozenset(found - WRITES if view_only else found)


def _local(one: Declared, keys: Keys) -> tuple[str, ...]:
    """The owner's columns that the related rows are found by, in the order of the class."""
    wanted = set(keys.local or one.owner.primary_key)
    return tuple(name for name in one.owner.columns if name in wanted)


def _get(one: Declared, keys: Keys, *, many: bool) -> tuple[str, ...]:
    """The owner's columns that hold the target's primary key, in its order; none if not so."""
    key = one.target.primary_key
    if many or one.call.word("secondary") is not None or not keys.simple:
        return ()
    pairs = dict(zip(keys.remote, keys.local, strict=False))
    if not key or set(pairs) != set(key):
        return ()
    return tuple(pairs[name] for name in key)


def reversed_by(
    tables: Tables, one: Declared, made: Relationship, owner: str
) -> Relationship | None:
    """The relationship on the other side that `backref=` makes."""
    project, module = tables.classes.project, one.definition.owner.module
    word = one.call.word("backref")
    if word is None:
        return None
    call = call_of(project, one.definition.owner, word)
    name = text_of(project, module, word)
    if call is not None and call.arguments:
        name = text_of(project, module, call.arguments[0])
    if not name.isidentifier():
        return None
    words: Mapping[str, ast.expr] = call.words if call is not None else {}
    direction = {
        Direction.MANY_TO_ONE: Direction.ONE_TO_MANY,
        Direction.ONE_TO_MANY: Direction.MANY_TO_ONE,
        Direction.MANY_TO_MANY: Direction.MANY_TO_MANY,
    }[made.direction]
    there = replace(
        one,
        owner=one.target,
        target=one.owner,
        name=name,
        annotation=Annotation(),
        call=Call(
            function="relationship",
            words={
                **{key: one.call.words[key] for key in SHARED if key in one.call.words},
                **words,
            },
        ),
    )
    _, keys = direction_of(tables, one)
    flipped = Keys(local=keys.remote, remote=keys.local, simple=keys.simple)
    if direction is Direction.MANY_TO_MANY:
        flipped = Keys(local=there.owner.primary_key)
    said = value_of(project, module, words.get("uselist"))
    many = said if isinstance(said, bool) else direction is not Direction.MANY_TO_ONE
    return Relationship(
        name=name,
        target=owner,
        direction=direction,
        uselist=many,
        lazy=_lazy(value_of(project, module, words.get("lazy")), there.call)
        if "lazy" in words
        else Strategy.SELECT,
        join_depth=None,
        join=replace(
            made.join,
            local=_local(there, flipped),
            get=_get(there, flipped, many=many),
            inner=is_true(project, module, words.get("innerjoin")),
        ),
        back_populates=made.name,
        cascade=_cascade(
            text_of(project, module, words.get("cascade")), view_only=made.join.view_only
        ),
    )


SHARED: Final = ("secondary", "primaryjoin", "viewonly")
"""What a `backref` shares with the relationship that makes it."""
