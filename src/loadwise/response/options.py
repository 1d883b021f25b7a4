"""Options: the loader options that a schema needs, made once for each schema and entity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, Literal

import sqlalchemy.orm
from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, RelationshipProperty, selectin_polymorphic, selectinload, undefer
from sqlalchemy.orm.interfaces import ORMOption

from loadwise.core.origin import EntityName, Hop, Shape
from loadwise.core.strategy import Strategy
from loadwise.fix.chain import FUNCTIONS, function_for
from loadwise.response.annotation import name_of
from loadwise.response.error import SchemaError
from loadwise.response.need import schemas_in
from loadwise.response.wanted import Place, Wanted, want
from loadwise.schema.relationships import LEGACY

StrategyName = Literal["joined", "selectin", "subquery"]
STRATEGIES: Final = ("joined", "selectin", "subquery")
DEPTH: Final = 100
"""How often a self-reference is followed. Loading ends where the data do, long before; without a
number it would not end where rows point at each other in a circle."""
KEPT: Final = 4096
"""Schemas whose options are kept."""


def options_for(
    schema: Any, entity: Any, *, strategy: StrategyName | None = None
) -> tuple[ORMOption, ...]:
    """The loader options with which a statement loads what a schema needs of an entity.

    `schema` is a pydantic model, a dataclass, a msgspec Struct or a TypedDict, or a type that names
    some: `list[UserOut]`, `UserOut | None`. `entity` is a mapped class, or an alias of one.

    A to-one relationship is joined, a collection gets a SELECT of its own, what the mapping loads
    eagerly keeps the mapping's strategy (but not "immediate"), a deferred column that the schema
    reads is undeferred, and nothing else is touched. `strategy` chooses one for all relationships
    instead: "selectin" for statements that take no join, as under FOR UPDATE.

    The options are made once, and kept. Raises SchemaError where the entity lacks a field without
    a default, where a schema comes back to itself in a way that no option follows, and where a
    relationship is a query.

    >>> from dataclasses import dataclass
    >>> from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
    >>> class Base(DeclarativeBase): ...
    >>> class User(Base):
    ...     __tablename__ = "users"
    ...     id: Mapped[int] = mapped_column(primary_key=True)
    ...     about: Mapped[str] = mapped_column(deferred=True)
    >>> @dataclass
    ... class UserOut:
    ...     id: int
    ...     about: str
    >>> [option] = options_for(UserOut, User)  # undefer(User.about)
    """
    try:
        return _kept(schema, entity, strategy)
    except TypeError:
        if _is_hashable(schema):
            raise
    return _made(schema, entity, strategy)


def _is_hashable(schema: Any) -> bool:
    try:
        hash(schema)
    except TypeError:
        return False
    return True


def _made(schema: Any, entity: Any, strategy: str | None) -> tuple[ORMOption, ...]:
    if strategy is not None and strategy not in STRATEGIES:
        known = ", ".join(map(repr, STRATEGIES))
        raise ValueError(f"there is no strategy {strategy!r}: it is None or one of {known}")
    found = inspect(entity, raiseerr=False)
    mapper = getattr(found, "mapper", None)
    if mapper is None or getattr(found, "is_instance", False):
        text = f"{name_of(entity)} is no mapped class"
        raise SchemaError(text, schema=name_of(schema), entity=name_of(entity))
    named = mapper.class_ if found is entity else entity  # a mapper stands for its class
    wanted = Wanted()
    for one in schemas_in(schema):
        want(Place(schema=one, mapper=mapper), wanted)
    if strategy == "joined":
        _check_joins(wanted, schema)
    return tuple(_options(wanted, mapper, named, strategy))


_kept = lru_cache(maxsize=KEPT)(_made)


def _check_joins(wanted: Wanted, schema: Any) -> None:
    """Refuse collections side by side in one statement: the rows of one for each of the other."""
    joined = [*_collections(wanted)]
    if len(joined) > 1:
        names = " and ".join(f"{one.parent.class_.__name__}.{one.key}" for one in joined[:2])
        text = f"strategy='joined' would join {names}, whose rows multiply: leave it out"
        raise SchemaError(text, schema=name_of(schema))


def _collections(wanted: Wanted) -> Iterator[RelationshipProperty[Any]]:
    """The collections that begin a branch of joins, one for each branch."""
    for relationship, below in wanted.below.items():
        inner = [*_collections(below)]
        if relationship.uselist:
            yield from inner if len(inner) > 1 else [relationship]
        else:
            yield from inner


def _options(
    wanted: Wanted, mapper: Mapper[Any], entity: Any, strategy: str | None
) -> Iterator[Any]:
    """The options for what is wanted of a class, `entity` being the class, or an alias of it."""
    missing = [one for one in wanted.subclasses if not _comes_along(mapper, one)]
    if missing:
        yield selectin_polymorphic(entity, [one.class_ for one in missing])
    for owner, name in wanted.columns:
        yield undefer(getattr(entity if owner is mapper else owner.class_, name))
    for relationship, below in wanted.below.items():
        inherited = relationship.key in mapper.relationships
        attribute = getattr(entity if inherited else relationship.parent.class_, relationship.key)
        further = [*_options(below, relationship.mapper, relationship.mapper.class_, strategy)]
        if relationship in wanted.again:
            function, words = selectinload, {"recursion_depth": DEPTH}  # joins cannot repeat
            further += _options(_once(wanted), mapper, mapper.class_, strategy)
        else:
            function, words = _function(relationship, strategy), {}
        option: Any = function(attribute, **words)
        yield option.options(*further) if further else option


def _once(wanted: Wanted) -> Wanted:
    """What is wanted of each object of a tree beside what makes it one."""
    below = {key: inner for key, inner in wanted.below.items() if key not in wanted.again}
    return Wanted(columns=wanted.columns, below=below, subclasses=wanted.subclasses)


def _comes_along(mapper: Mapper[Any], subclass: Mapper[Any]) -> bool:
    """Whether the mapping has the columns of a subclass loaded with its base."""
    eager = subclass.polymorphic_load == "selectin"
    return eager or subclass in mapper.with_polymorphic_mappers


def _function(relationship: RelationshipProperty[Any], strategy: str | None) -> Callable[..., Any]:
    """The option for a relationship: the chosen one, or what a cure would take.

    Below an immediate load a many-to-one may not be loaded (C6), so that it is not kept.
    """
    if strategy is not None:
        return _orm(FUNCTIONS[Strategy(strategy)])
    lazy: Any = relationship.lazy
    chosen = Strategy(lazy) if isinstance(lazy, str) else LEGACY[lazy]
    hop = Hop(
        owner=EntityName(module="", name=relationship.parent.class_.__name__),
        name=relationship.key,
        shape=Shape.COLLECTION if relationship.uselist else Shape.REFERENCE,
        chosen=Strategy.SELECT if chosen is Strategy.IMMEDIATE else chosen,
    )
    return _orm(function_for(hop, missing=True, joins=True))


def _orm(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(sqlalchemy.orm, name)
    return function
