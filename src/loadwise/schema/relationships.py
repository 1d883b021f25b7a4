"""Relationships: what a mapper's relationships are like, and what their rows are found by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import BinaryExpression, ColumnElement, bindparam
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList

from loadwise.core.graph import Direction, Join, Relationship
from loadwise.core.strategy import Strategy
from loadwise.schema.names import Names

LEGACY: Final = {True: Strategy.SELECT, False: Strategy.JOINED, None: Strategy.NOLOAD}
"""The older ways to write `lazy=`."""

DIRECTIONS: Final = {
    RelationshipDirection.MANYTOONE: Direction.MANY_TO_ONE,
    RelationshipDirection.ONETOMANY: Direction.ONE_TO_MANY,
    RelationshipDirection.MANYTOMANY: Direction.MANY_TO_MANY,
}


def relationship_of(found: RelationshipProperty[Any], names: Names) -> Relationship:
    """A relationship of a mapper, by the names that the entities have."""
    return Relationship(
        name=found.key,
        target=names[found.mapper],
        direction=DIRECTIONS[found.direction],
        uselist=bool(found.uselist),
        lazy=_strategy(found.lazy),
        join_depth=found.join_depth,
        join=Join(
            local=tuple(_local(found)),
            get=tuple(_get(found)),
            secondary=found.secondary is not None,
            inner=bool(found.innerjoin),
            view_only=bool(found.viewonly),
        ),
        back_populates=_reverse(found),
        cascade=frozenset(found.cascade),
    )


def _strategy(lazy: Any) -> Strategy:
    return Strategy(lazy) if isinstance(lazy, str) else LEGACY[lazy]


def _reverse(found: RelationshipProperty[Any]) -> str:
    """The attribute on the other side; it may be given as `Class.attribute`, or by a function."""
    named: Any = found.back_populates
    named = named() if callable(named) and not hasattr(named, "key") else named
    return str(getattr(named, "key", named) or "").rpartition(".")[2]


def _local(found: RelationshipProperty[Any]) -> Iterator[str]:
    """The owner's columns, in the order of the mapper."""
    keys = {_key(found.parent, column) for column in found.local_columns}
    return (column.key for column in found.parent.column_attrs if column.key in keys)


def _key(mapper: Mapper[Any], column: ColumnElement[Any]) -> str | None:
    """The attribute of a column; None for one that is not mapped."""
    try:
        return mapper.get_property_by_column(column).key
    except InvalidRequestError:  # UnmappedColumnError
        return None


def _get(found: RelationshipProperty[Any]) -> tuple[str, ...]:
    """The owner's columns that hold the target's primary key, in its order; none if not so.

    So it is where the join says nothing but that each column of the key equals one of the owner's,
    of the same sort of type. SQLAlchemy compares its own clauses to the same end (`use_get`).
    """
    target = found.mapper
    if found.uselist or found.secondary is not None or found.entity is not target:
        return ()
    pairs = found.local_remote_pairs or []
    if not _is_just(found.primaryjoin, pairs):
        return ()
    names: list[str] = []
    for key in target.primary_key:
        equal = [local for local, remote in pairs if _is_key(target, remote, key)]
        if len(equal) != 1 or not _is_alike(equal[0], key):
            return ()
        names.append(_key(found.parent, equal[0]) or "")
    return tuple(names) if len(names) == len(pairs) and all(names) else ()


Pair = tuple[ColumnElement[Any], ColumnElement[Any]]


def _is_just(join: ColumnElement[bool], pairs: Iterable[Pair]) -> bool:
    """Whether a condition says that the columns of each pair are equal, and no more."""
    left = list(pairs)
    for term in _terms(join):
        found = next((pair for pair in left if _equates(term, pair)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _terms(join: Any) -> Iterator[ColumnElement[Any]]:
    """What a condition demands: the terms of its ANDs."""
    if isinstance(join, BooleanClauseList) and join.operator is operators.and_:
        for term in join.clauses:
            yield from _terms(term)
    else:
        yield join


def _equates(term: ColumnElement[Any], pair: Pair) -> bool:
    """Whether a term equates the two columns of a pair, as they are, in either order."""
    if not isinstance(term, BinaryExpression) or term.operator is not operators.eq:
        return False
    one, other = (hash(column) for column in pair)  # that of a column does not change with its use
    return {(hash(term.left), hash(term.right))} <= {(one, other), (other, one)}


def _is_key(target: Mapper[Any], column: ColumnElement[Any], key: ColumnElement[Any]) -> bool:
    """Whether a column is one of the primary key, or equal to it by inheritance.

    SQLAlchemy sees through one join of tables of a hierarchy, not through two.
    """
    if column.shares_lineage(key):
        return True
    pair = (column, key)
    conditions = (one.inherit_condition for one in target.base_mapper.self_and_descendants)
    terms = (
        term for condition in conditions if condition is not None for term in _terms(condition)
    )
    return any(_equates(term, pair) for term in terms)


def _is_alike(local: ColumnElement[Any], key: ColumnElement[Any]) -> bool:
    """Whether two columns have types that SQLAlchemy takes for the same."""
    one, other = (bindparam(None, None, type_=column.type) for column in (local, key))
    return one.compare(other, compare_keys=False)
