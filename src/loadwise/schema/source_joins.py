"""Source joins: what the `primaryjoin` of a relationship in the source compares."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from loadwise.core.graph import Direction
from loadwise.schema.calls import called_lambda
from loadwise.schema.scope import dotted_name
from loadwise.schema.source_declared import Declared
from loadwise.schema.source_keys import Keys, attribute_meant, keys_of, marked
from loadwise.schema.source_references import Tables


def direction_of(tables: Tables, one: Declared) -> tuple[Direction, Keys]:
    """Which side has the foreign key, and the columns that are compared."""
    join = _parsed(one.call.word("primaryjoin"))
    if one.call.word("secondary") is not None:
        sides = [] if join is None else [*_mentioned(tables, one, join)]
        local = tuple(side.name for side in sides if side.owner in _lineage(tables, one))
        return Direction.MANY_TO_MANY, Keys(local=local or one.owner.primary_key)
    return keys_of(tables, one) if join is None else _joined(tables, one, join)


def _parsed(join: ast.expr | None) -> ast.expr | None:
    """A join as an expression: what a lambda returns, what a text says."""
    node = called_lambda(join)
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return node
    try:
        return ast.parse(node.value.strip(), mode="eval").body
    except SyntaxError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of a comparison: the attribute of a class, and how it is marked."""

    owner: str
    name: str
    marks: frozenset[str] = frozenset()


def _joined(tables: Tables, one: Declared, join: ast.expr) -> tuple[Direction, Keys]:
    """A join of one's own: the key is on the side that is marked, or that refers to the other."""
    pairs: list[tuple[_Side, _Side]] = []
    alone: list[str] = []
    simple, up = True, None
    for term in _terms(join):
        pair = _pair(tables, one, term)
        if pair is None:
            simple = False
            alone += [side.name for side in _own(tables, one, term)]
            up = _is_up(tables, one, term) if up is None else up
            continue
        foreign = _foreign(tables, one, pair)
        first, second = _oriented(tables, one, pair, foreign)
        pairs.append((first, second))
        if foreign is not None:
            up = foreign == first
        simple = simple and second.owner == one.target.source.qualified
    if up is None:
        up = not one.annotation.collection
    there = {first.name: second.name for first, second in pairs}
    names = tuple(name for name in one.owner.columns if name in there or name in alone)
    keys = Keys(local=names, remote=tuple(there.get(name, "") for name in names), simple=simple)
    return (Direction.MANY_TO_ONE if up else Direction.ONE_TO_MANY), keys


def _lineage(tables: Tables, one: Declared) -> set[str]:
    return {found.qualified for found in tables.classes.sources(one.owner.source)}


def _own(tables: Tables, one: Declared, term: ast.expr) -> Iterator[_Side]:
    """The owner's attributes that a condition of another form mentions."""
    lineage = _lineage(tables, one)
    for side in _mentioned(tables, one, term):
        if side.owner in lineage and "remote" not in side.marks:
            yield side


def _is_up(tables: Tables, one: Declared, term: ast.expr) -> bool | None:
    """Whether a condition of another form marks a column of the owner as foreign, if any."""
    lineage = _lineage(tables, one)
    marks = [side for side in _mentioned(tables, one, term) if "foreign" in side.marks]
    return marks[0].owner in lineage and "remote" not in marks[0].marks if marks else None


def _pair(tables: Tables, one: Declared, term: ast.expr) -> tuple[_Side, _Side] | None:
    """The two attributes that a condition equates; None where it says anything else."""
    match term:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            first, second = (_side(tables, one, node) for node in (left, right))
            return (first, second) if first is not None and second is not None else None
        case _:
            return None


def _foreign(tables: Tables, one: Declared, pair: tuple[_Side, _Side]) -> _Side | None:
    """The side that holds the foreign key: marked so, named so, or by what it refers to."""
    chosen = marked(tables, one, "foreign_keys")
    for side in pair:
        if "foreign" in side.marks:
            return side
    for side in pair:
        if side.name in chosen.get(side.owner, set()):
            return side
    if chosen:
        return None
    for side, other in (pair, pair[::-1]):
        mapped = tables.mapped[side.owner]
        for key in tables.references(mapped):
            to = dict(zip(key.local, key.remote, strict=False)).get(side.name)
            target = tables.mapped[other.owner].source
            if to == other.name and key.target in tables.classes.sources(target):
                return side
    return None


def _oriented(
    tables: Tables, one: Declared, pair: tuple[_Side, _Side], foreign: _Side | None
) -> tuple[_Side, _Side]:
    """The owner's side first; in a self-reference the remote one is marked, or is the key."""
    first, second = pair
    own = _lineage(tables, one)
    other = {found.qualified for found in tables.classes.sources(one.target.source)}
    if second.owner in own - other or first.owner in other - own:
        return second, first
    if first.owner in own - other or second.owner in other - own:
        return first, second
    named = marked(tables, one, "remote_side").get(first.owner, set())
    if "remote" in first.marks or first.name in named:
        return second, first
    if "remote" in second.marks or second.name in named:
        return first, second
    return (second, first) if foreign == first else (first, second)


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


def _side(tables: Tables, one: Declared, node: ast.expr) -> _Side | None:
    marks: set[str] = set()
    while isinstance(node, ast.Call) and len(node.args) == 1:
        marks.add(dotted_name(node.func).rpartition(".")[2])
        node = node.args[0]
    if marks - {"foreign", "remote"}:
        return None
    meant = attribute_meant(tables, one, node)
    if meant is None:
        return None
    mapped, name = meant
    return _Side(owner=mapped.source.qualified, name=name, marks=frozenset(marks))


def _mentioned(tables: Tables, one: Declared, node: ast.AST) -> Iterator[_Side]:
    """The attributes that a condition mentions, each with its marks, in order."""
    if isinstance(node, ast.Call | ast.Attribute | ast.Name):
        side = _side(tables, one, node)
        if side is not None:
            if side.name in tables.mapped[side.owner].columns:
                yield side
            return
    for inner in ast.iter_child_nodes(node):
        yield from _mentioned(tables, one, inner)
