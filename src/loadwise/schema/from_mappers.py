"""From mappers: the graph of mapped classes that are in memory, read by SQLAlchemy's public names.

Nothing here touches a database or an instance. Reading a mapper configures it, and so all others
that it depends on, as the first use of a mapped class does.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, NotExtension

from loadwise.core.graph import Entity, Graph, Inheritance, InheritanceKind, PolymorphicLoad
from loadwise.schema.columns import columns_of
from loadwise.schema.names import Names, mappers_of, names_of
from loadwise.schema.relationships import relationship_of

LOADS: Final = {
    None: PolymorphicLoad.NO,
    "inline": PolymorphicLoad.INLINE,
    "selectin": PolymorphicLoad.SELECTIN,
}
"""What `polymorphic_load` says."""


def graph_of(source: Any) -> Graph:
    """The graph of a registry, of a declarative base, or of mapped classes or mappers.

    An entity is named after its class, and with its module in front where two classes share a name
    (`names_of()` tells). A relationship may point to a class that is not among them.

    >>> from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
    >>> class Base(DeclarativeBase): ...
    >>> class User(Base):
    ...     __tablename__ = "users"
    ...     id: Mapped[int] = mapped_column(primary_key=True)
    >>> graph_of(Base)["User"].primary_key
    ('id',)
    """
    names = names_of(source)
    entities = (_entity(mapper, names) for mapper in mappers_of(source))
    return Graph(entities=tuple(sorted(entities, key=lambda entity: entity.name)))


def _entity(mapper: Mapper[Any], names: Names) -> Entity:
    selected = mapper.with_polymorphic
    return Entity(
        name=names[mapper],
        module=mapper.class_.__module__,
        columns=tuple(columns_of(mapper)),
        relationships=tuple(relationship_of(one, names) for one in mapper.relationships),
        inherits=_inheritance(mapper, names),
        loads_subclasses=selected is not None and selected[0] == "*",
        fetches=None if mapper.eager_defaults == "auto" else bool(mapper.eager_defaults),
        partial_keys=mapper.allow_partial_pks,
        others=tuple(sorted(_others(mapper))),
    )


def _inheritance(mapper: Mapper[Any], names: Names) -> Inheritance | None:
    base = mapper.inherits
    if base is None:
        return None
    kind = InheritanceKind.SINGLE if mapper.single else InheritanceKind.JOINED
    kind = InheritanceKind.CONCRETE if mapper.concrete else kind
    return Inheritance(base=names[base], kind=kind, load=_load(mapper, base))


def _load(mapper: Mapper[Any], base: Mapper[Any]) -> PolymorphicLoad:
    """How the subclass comes along; the base may also name it, in a list of its own."""
    listed = base.with_polymorphic[0] if base.with_polymorphic is not None else ()
    if mapper.polymorphic_load is None and listed and listed != "*":
        classes = {inspect(one).class_ for one in listed}
        return PolymorphicLoad.INLINE if mapper.class_ in classes else PolymorphicLoad.NO
    return LOADS[mapper.polymorphic_load]


def _others(mapper: Mapper[Any]) -> set[str]:
    """What is read through other attributes: synonyms, composites, hybrids, association proxies."""
    extensions = {
        name
        for name, found in mapper.all_orm_descriptors.items()
        if found.extension_type is not NotExtension.NOT_EXTENSION
    }
    return {*mapper.synonyms.keys(), *mapper.composites.keys(), *extensions}
