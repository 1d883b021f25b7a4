"""Source relationships: what the definition of a relationship says in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from loadwise.core.graph import Direction, Join, Relationship
from loadwise.core.strategy import Strategy
from loadwise.schema.attributes import Annotation, Definition, annotation_of
from loadwise.schema.calls import (
    UNSEEN,
    Call,
    call_of,
    called_lambda,
    is_true,
    items_of,
    text_of,
    value_of,
)
from loadwise.schema.scope import dotted_name
from loadwise.schema.source_tables import Mapped, Reference, Tables

MAKERS: Final = frozenset({"relationship", "relation", "Relationship", "dynamic_loader"})
LEGACY: Final[Mapping[Any, Strategy]] = {
    True: Strategy.SELECT,
    False: Strategy.JOINED,
    None: Strategy.NOLOAD,
}
ALL: Final = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete"})
DEFAULT: Final = frozenset({"save-update", "merge"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A relationship as it is declared: where, its call, and what its annotation says."""

    owner: Mapped
    name: str
    target: Mapped
    call: Call
    annotation: Annotation
    definition: Definition


def declared(tables: Tables, owner: Mapped) -> Iterator[Declared | str]:
    """The relationships that a class declares; a text where one points to what is not there."""
    project = tables.classes.project
    for name, definition in owner.definitions.items():
        call = call_of(project, definition.owner, definition.value)
        if call is None or call.function not in MAKERS:
            continue
        annotation = annotation_of(project, definition)
        call = _of_sqlmodel(tables, definition, call)
        target = _target(tables, definition, call, annotation)
        if target is None:
            yield f"{owner.source.qualified}.{name} points to a class that was not found"
        else:
            yield Declared(
                owner=owner,
                name=name,
                target=target,
                call=call,
                annotation=annotation,
                definition=definition,
            )


def _of_sqlmodel(tables: Tables, definition: Definition, call: Call) -> Call:
    """SQLModel's `Relationship()` in the words of SQLAlchemy's."""
    if call.function != "Relationship":
        return call
    project = tables.classes.project
    inner = call_of(project, definition.owner, call.word("sa_relationship"))
    if inner is not None:
        return inner
    words = {**call.words, **items_of(call.word("sa_relationship_kwargs"))}
    arguments = call.word("sa_relationship_args")
    if "link_model" in words:
        words["secondary"] = words["link_model"]
    parts = tuple(arguments.elts) if isinstance(arguments, ast.List | ast.Tuple) else ()
    return Call(function="relationship", arguments=parts, words=words)


def _target(
    tables: Tables, definition: Definition, call: Call, annotation: Annotation
) -> Mapped | None:
    """The class that it points to: its first argument, or what its annotation names."""
    given = call.arguments[0] if call.arguments else call.word("argument")
    nodes = [called_lambda(given)] if given is not None else list(annotation.names)
    for node in nodes:
        if node is None:
            continue
        name = node.value if isinstance(node, ast.Constant) else dotted_name(node)
        if isinstance(name, str) and name:
            found = tables.named(definition.owner, name)
            if found is not None:
                return found
    return None


def relationship_of(tables: Tables, one: Declared, names: Mapping[str, str]) -> Relationship:
    """The relationship, by the names that the entities have."""
    project, module = tables.classes.project, one.definition.owner.module
    call = one.call
    direction, keys = _direction(tables, one)
    wrapper = one.annotation.wrapper
    lazy = _lazy(value_of(project, module, call.word("lazy")), call)
    if wrapper == "DynamicMapped":
        lazy = Strategy.DYNAMIC
    elif wrapper == "WriteOnlyMapped":
        lazy = Strategy.WRITE_ONLY
    depth = value_of(project, module, call.word("join_depth"))
    view_only = is_true(project, module, call.word("viewonly"))
    back = call.word("back_populates")
    reverse = text_of(project, module, back) or (dotted_name(back) if back is not None else "")
    return Relationship(
        name=one.name,
        target=names[one.target.source.qualified],
        direction=direction,
        uselist=_uselist(tables, one, direction),
        lazy=lazy,
        join_depth=depth if isinstance(depth, int) else None,
        join=Join(
            local=_local(one, keys),
            get=_get(one, direction, keys),
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
    if one.annotation.wrapper or one.annotation.names:
        return one.annotation.collection
    return direction is not Direction.MANY_TO_ONE


def _is_inner(tables: Tables, one: Declared) -> bool:
    project, module = tables.classes.project, one.definition.owner.module
    word = one.call.word("innerjoin")
    return is_true(project, module, word)


def _cascade(text: str, *, view_only: bool) -> frozenset[str]:
    words = {word.strip() for word in text.split(",") if word.strip()}
    if not words:
        return frozenset({"merge"}) & DEFAULT if view_only else DEFAULT
    found = set(words - {"all", "none"})
    return frozenset(found | ALL if "all" in words else found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The columns of both sides that a relationship compares: the owner's, and the target's.

    `simple` says that it compares nothing else.
    """

    local: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    simple: bool = True


def _direction(tables: Tables, one: Declared) -> tuple[Direction, Keys]:
    """Which side has the foreign key, and the columns that are compared."""
    call = one.call
    if call.word("secondary") is not None:
        return Direction.MANY_TO_MANY, Keys(local=one.owner.primary_key)
    there = [key for key in tables.references(one.owner) if _is(tables, one.target, key.target)]
    back = [key for key in tables.references(one.target) if _is(tables, one.owner, key.target)]
    chosen = _named(tables, one, "foreign_keys")
    if chosen:
        there = [
            key for key in there if set(key.local) & chosen.get(one.owner.source.qualified, set())
        ]
        back = [
            key for key in back if set(key.local) & chosen.get(one.target.source.qualified, set())
        ]
    join = call.word("primaryjoin")
    if join is not None:
        return _joined(tables, one, join, there, back)
    if one.owner.source == one.target.source or (there and back):
        return _both_ways(tables, one, there, back)
    if there:
        return Direction.MANY_TO_ONE, Keys(local=there[0].local, remote=there[0].remote)
    if back:
        return Direction.ONE_TO_MANY, Keys(local=back[0].remote, remote=back[0].local)
    many = one.annotation.collection or call.word("backref") is None
    if many and one.annotation.collection:
        return Direction.ONE_TO_MANY, Keys(local=one.owner.primary_key, simple=False)
    return Direction.MANY_TO_ONE, Keys(simple=False)


def _is(tables: Tables, one: Mapped, source: Any) -> bool:
    """Whether a class is, or inherits from, the one that a key refers to."""
    return any(found == source for found in tables.classes.sources(one.source))


def _both_ways(
    tables: Tables, one: Declared, there: list[Reference], back: list[Reference]
) -> tuple[Direction, Keys]:
    """Each side may hold the key: `remote_side` says which, or the annotation does."""
    remote = _named(tables, one, "remote_side").get(one.target.source.qualified, set())
    same = one.owner.source == one.target.source
    if same:
        up = bool(remote & set(one.target.primary_key)) if remote else False
    elif remote:
        up = not any(set(key.local) & remote for key in back)
    else:
        up = not one.annotation.collection
    if up and there:
        return Direction.MANY_TO_ONE, Keys(local=there[0].local, remote=there[0].remote)
    if back:
        return Direction.ONE_TO_MANY, Keys(local=back[0].remote, remote=back[0].local)
    return Direction.MANY_TO_ONE, Keys(simple=False)


def _named(tables: Tables, one: Declared, word: str) -> dict[str, set[str]]:
    """The attributes that `foreign_keys` or `remote_side` names, by class."""
    node = called_lambda(one.call.word(word))
    found: dict[str, set[str]] = {}
    for part in _parts(node):
        dotted = dotted_name(part)
        owner, _, name = dotted.rpartition(".")
        owner = owner.removesuffix(".c").removesuffix(".__table__")
        mapped = tables.named(one.definition.owner, owner) if owner else one.owner
        if mapped is not None and name:
            found.setdefault(mapped.source.qualified, set()).add(_attribute(mapped, name))
    return found


def _attribute(mapped: Mapped, name: str) -> str:
    """The attribute of a name, which may be the column's name in the table."""
    if name in mapped.columns:
        return name
    return next((key for key, one in mapped.columns.items() if one.stored == name), name)


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


def _joined(
    tables: Tables, one: Declared, join: ast.expr, there: list[Reference], back: list[Reference]
) -> tuple[Direction, Keys]:
    """A join of one's own: the key is on the side that `foreign()` marks, or that has one."""
    node = called_lambda(join)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value.strip(), mode="eval").body
        except SyntaxError:
            node = None
    terms = list(_terms(node))
    own, other = one.owner.source.qualified, one.target.source.qualified
    local: list[str] = []
    remote: list[str] = []
    foreign: set[str] = set()
    simple = bool(terms)
    lineage = {found.qualified for found in tables.classes.sources(one.owner.source)}
    for term in terms:
        sides = [_side(tables, one, side) for side in _equal(term)]
        if len(sides) != 2 or any(side is None for side in sides):
            simple = False
            for side in _mentioned(tables, one, term):
                if side.owner == own:
                    local.append(side.name)
                    remote.append("")
                    foreign |= {"local"} if "foreign" in side.marks else set()
            continue
        first, second = (side for side in sides if side is not None)
        if _is_remote(first, own, other):
            first, second = second, first
        local.append(first.name)
        remote.append(second.name)
        foreign |= {"local"} if "foreign" in first.marks else set()
        foreign |= {"remote"} if "foreign" in second.marks else set()
        simple = simple and second.owner == other and first.owner in lineage
    marked = _named(tables, one, "foreign_keys")
    if not foreign and marked:
        foreign = {"local"} if own in marked and set(marked[own]) & set(local) else {"remote"}
    up = (
        foreign == {"local"}
        if foreign
        else bool(there) and not (back and one.annotation.collection)
    )
    if own == other and not foreign:
        up = not one.annotation.collection
    direction = Direction.MANY_TO_ONE if up else Direction.ONE_TO_MANY
    names = tuple(name for name in one.owner.columns if name in local)
    ordered = tuple(remote[local.index(name)] for name in names)
    return direction, Keys(local=names, remote=ordered, simple=simple)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of a comparison: the attribute of a class, and how it is marked."""

    owner: str
    name: str
    marks: frozenset[str] = frozenset()


def _terms(node: ast.expr | None) -> Iterator[ast.expr]:
    match node:
        case None:
            return
        case ast.Call(func=function, args=arguments) if dotted_name(function).endswith("and_"):
            for argument in arguments:
                yield from _terms(argument)
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _terms(value)
        case ast.BinOp(op=ast.BitAnd(), left=left, right=right):
            yield from _terms(left)
            yield from _terms(right)
        case _:
            yield node


def _equal(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return [left, right]
        case _:
            return []


def _side(tables: Tables, one: Declared, node: ast.expr) -> _Side | None:
    marks: set[str] = set()
    while isinstance(node, ast.Call) and len(node.args) == 1:
        marks.add(dotted_name(node.func).rpartition(".")[2])
        node = node.args[0]
    owner, _, name = dotted_name(node).rpartition(".")
    owner = owner.removesuffix(".c").removesuffix(".__table__")
    if not name:
        return None
    mapped = tables.named(one.definition.owner, owner) if owner else one.owner
    if mapped is None:
        return None
    return _Side(
        owner=mapped.source.qualified, name=_attribute(mapped, name), marks=frozenset(marks)
    )


def _mentioned(tables: Tables, one: Declared, term: ast.expr) -> Iterator[_Side]:
    """The attributes that a condition of another form mentions, with their marks."""
    for node in ast.walk(term):
        if isinstance(node, ast.Call | ast.Attribute):
            side = _side(tables, one, node)
            if side is not None and side.name in one.owner.columns:
                yield side


def _is_remote(side: _Side, own: str, other: str) -> bool:
    if own == other:
        return "remote" in side.marks
    return side.owner == other


def _local(one: Declared, keys: Keys) -> tuple[str, ...]:
    """The owner's columns that the related rows are found by, in the order of the class."""
    wanted = set(keys.local or one.owner.primary_key)
    return tuple(name for name in one.owner.columns if name in wanted)


def _get(one: Declared, direction: Direction, keys: Keys) -> tuple[str, ...]:
    """The owner's columns that hold the target's primary key, in its order; none if not so."""
    key = one.target.primary_key
    if one.annotation.collection or one.call.word("secondary") is not None or not keys.simple:
        return ()
    pairs = dict(zip(keys.remote, keys.local, strict=False))
    if direction is not Direction.MANY_TO_ONE and set(keys.local) != set(one.owner.primary_key):
        return ()
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
    if not name:
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
    _, keys = _direction(tables, one)
    flipped = Keys(local=keys.remote, remote=keys.local, simple=keys.simple)
    if direction is Direction.MANY_TO_MANY:
        flipped = Keys(local=there.owner.primary_key)
    said = value_of(project, module, words.get("uselist"))
    return Relationship(
        name=name,
        target=owner,
        direction=direction,
        uselist=said if isinstance(said, bool) else direction is not Direction.MANY_TO_ONE,
        lazy=_lazy(value_of(project, module, words.get("lazy")), there.call)
        if "lazy" in words
        else Strategy.SELECT,
        join_depth=None,
        join=replace(
            made.join,
            local=_local(there, flipped),
            get=_get(there, direction, flipped) if direction is Direction.MANY_TO_ONE else (),
            inner=is_true(project, module, words.get("innerjoin")),
        ),
        back_populates=made.name,
        cascade=_cascade(
            text_of(project, module, words.get("cascade")), view_only=made.join.view_only
        ),
    )


SHARED: Final = ("secondary", "primaryjoin", "viewonly")
"""What a `backref` shares with the relationship that makes it."""
