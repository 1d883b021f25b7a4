"""Graph: what the mapped classes are, as data: entities, their columns and relationships.

Names only, so that a graph can come from live mappers or from source text alone, and so that the
model of SQLAlchemy that computes with it (`plan`, `effects`, `reading`) needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from loadwise.core.strategy import Strategy


class Direction(str, Enum):
    """Which side of a relationship holds the foreign key."""

    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"

    def __str__(self) -> str:
        return self.value


class Generated(str, Enum):
    """Who makes a column's value where a statement gives it none."""

    NO = "no"
    PYTHON = "python"
    """A Python default: the value is known before the statement runs, and is kept."""
    DATABASE = "database"
    """A server default, a trigger, a SQL expression: the value must be fetched."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A mapped column: `on_insert` and `on_update` say who makes its value in those statements.

    `computed` columns and `column_property()` expressions are never written; `raises` is
    `deferred(…, raiseload=True)`, `group` the name of a group of deferred columns that load
    together.
    """

    name: str
    primary_key: bool = False
    deferred: bool = False
    raises: bool = False
    group: str = ""
    on_insert: Generated = Generated.NO
    on_update: Generated = Generated.NO
    computed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A relationship, as its owner has it.

    `foreign_keys` names the owner's attributes whose values are the target's primary key, in its
    order; they are there only where a many-to-one is a simple get of that key, which an identity
    map can answer. `secondary` says that a table stands between. `refreshes` and `merges` say
    that `refresh()` and `merge()` cascade along it.
    """

    name: str
    target: str
    direction: Direction = Direction.MANY_TO_ONE
    uselist: bool = False
    lazy: Strategy = Strategy.SELECT
    join_depth: int | None = None
    inner_join: bool = False
    local_columns: tuple[str, ...] = ()
    foreign_keys: tuple[str, ...] = ()
    back_populates: str = ""
    secondary: bool = False
    view_only: bool = False
    refreshes: bool = False
    merges: bool = True

    @property
    def is_simple_get(self) -> bool:
        """Whether the target is found by its primary key alone, so that it may be in the session.

        SQLAlchemy calls this `use_get`; a custom join or a foreign key to another column has none.
        """
        return bool(self.foreign_keys)


class Inheritance(str, Enum):
    """How an entity shares tables with the one it inherits from."""

    NONE = "none"
    SINGLE = "single"
    JOINED = "joined"
    CONCRETE = "concrete"

    def __str__(self) -> str:
        return self.value


class PolymorphicLoad(str, Enum):
    """How an entity's own columns are loaded when a statement selects its base."""

    NO = "no"
    INLINE = "inline"
    SELECTIN = "selectin"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A mapped class with all its attributes, those of the classes it inherits from among them.

    `fetches` says which statements bring what the database made (`eager_defaults`), None where it
    depends on the database (`"auto"`): SQLAlchemy then fetches after an INSERT that can return
    values. `partial_keys` is `allow_partial_pks`. `others` names what is no load of its own:
    hybrids, association proxies, synonyms, composites.
    """

    name: str
    module: str = ""
    columns: tuple[Column, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    base: str = ""
    inheritance: Inheritance = Inheritance.NONE
    polymorphic_load: PolymorphicLoad = PolymorphicLoad.NO
    loads_subclasses: bool = False
    fetches: bool | None = None
    partial_keys: bool = True
    others: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of a name, if the entity has one."""
        return next((column for column in self.columns if column.name == name), None)

    def relationship(self, name: str) -> Relationship | None:
        """The relationship of a name, if the entity has one."""
        return next((one for one in self.relationships if one.name == name), None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the primary key's columns."""
        return tuple(column.name for column in self.columns if column.primary_key)

    @property
    def names(self) -> frozenset[str]:
        """The names of everything that can be loaded."""
        columns = (column.name for column in self.columns)
        return frozenset((*columns, *(one.name for one in self.relationships)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The entities of a program, by name."""

    entities: tuple[Entity, ...] = ()

    def __getitem__(self, name: str) -> Entity:
        for entity in self.entities:
            if entity.name == name:
                return entity
        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        return any(entity.name == name for entity in self.entities)

    def lineage(self, name: str) -> Iterator[Entity]:
        """An entity, and what it inherits from, the nearest first."""
        while name in self:
            entity = self[name]
            yield entity
            name = entity.base

    def is_a(self, name: str, base: str) -> bool:
        """Whether an entity is another one or inherits from it."""
        return any(entity.name == base for entity in self.lineage(name))

    def subclasses(self, name: str) -> tuple[Entity, ...]:
        """The entities that inherit from one, at any depth, in order."""
        return tuple(
            entity
            for entity in self.entities
            if entity.name != name and self.is_a(entity.name, name)
        )
