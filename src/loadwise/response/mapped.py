"""Mapped: what a name is on a mapped class: a column, a relationship, or a way to others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from types import CodeType
from typing import Any

from sqlalchemy.ext.associationproxy import AssociationProxyExtensionType
from sqlalchemy.orm import Mapper


class Kind(str, Enum):
    """What an attribute of a mapped class is."""

    COLUMN = "column"
    RELATIONSHIP = "relationship"
    WAY = "way"
    """Another name, or an association proxy: it is read by others."""
    MADE = "made"
    """A property or hybrid, which code makes of what it likes."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute: what it is; of a way the names behind each other, of code those it mentions."""

    kind: Kind
    ways: tuple[tuple[str, ...], ...] = ()
    mentions: tuple[str, ...] = ()


def attribute_of(mapper: Mapper[Any], name: str) -> Attribute | None:
    """What a mapped class has by a name; None where it has nothing."""
    if name in mapper.relationships:
        return Attribute(kind=Kind.RELATIONSHIP)
    if name in mapper.column_attrs:
        return Attribute(kind=Kind.COLUMN)
    if name in mapper.synonyms:
        return Attribute(kind=Kind.WAY, ways=((mapper.synonyms[name].name,),))
    if name in mapper.composites:
        parts = mapper.composites[name].columns
        keys = (mapper.get_property_by_column(part).key for part in parts)
        return Attribute(kind=Kind.WAY, ways=tuple((key,) for key in keys))
    found: Any = mapper.all_orm_descriptors.get(name)
    if getattr(found, "extension_type", None) is AssociationProxyExtensionType.ASSOCIATION_PROXY:
        return Attribute(kind=Kind.WAY, ways=((found.target_collection, found.value_attr),))
    made = found if found is not None else _plain(mapper.class_, name)
    if made is None:
        return None
    return Attribute(kind=Kind.MADE, mentions=tuple(_mentions(mapper, made)))


def _plain(owner: type, name: str) -> Any:
    """A class attribute as it stands in the class; to read a hybrid of a class is to run it."""
    return next((vars(one)[name] for one in owner.__mro__ if name in vars(one)), None)


def _mentions(mapper: Mapper[Any], made: Any) -> Iterator[str]:
    """The attributes that no statement loads by itself, among the names that code mentions."""
    function = getattr(made, "fget", None) or getattr(made, "func", None)
    code = getattr(function, "__code__", None)
    names = set(_names(code)) if isinstance(code, CodeType) else set[str]()
    for name in sorted(names):
        if name in mapper.relationships or is_deferred(mapper, name):
            yield name


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def is_deferred(mapper: Mapper[Any], name: str) -> bool:
    """Whether a statement leaves a column out, unless it is told otherwise."""
    return name in mapper.column_attrs and bool(mapper.column_attrs[name].deferred)


def names_of(mapper: Mapper[Any]) -> list[str]:
    """What can be named of a mapped class."""
    return sorted({*mapper.attrs.keys(), *mapper.all_orm_descriptors.keys()})


def narrowed(mapper: Mapper[Any], name: str, literals: tuple[Any, ...]) -> tuple[Mapper[Any], ...]:
    """The classes that objects of a mapped class can be of, where a column has some values.

    All of them, unless that column tells the class.
    """
    below = tuple(mapper.self_and_descendants)
    by = mapper.polymorphic_on
    if not literals or by is None or name not in mapper.column_attrs:
        return below
    if mapper.get_property_by_column(by).key != name:
        return below
    named = [one for one in below if one.polymorphic_identity in literals]
    return tuple(one for one in below if any(one.isa(other) for other in named))
