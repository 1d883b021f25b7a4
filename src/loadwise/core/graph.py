"""Graph: what the mapped classes are, as data: entities, their columns and relationships.

Names only, so that a graph can come from live mappers or from source text alone, and so that the
model of SQLAlchemy that computes with it (`plan`, `effects`, `reading`) needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from loadwise.core.strategy import LAZY, Strategy


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
    together. `discriminator` says that it tells the subclass (`polymorphic_on`).
    """

    name: str
    primary_key: bool = False
    discriminator: bool = False
    deferred: bool = False
    raises: bool = False
    group: str = ""
    on_insert: Generated = Generated.NO
    on_update: Generated = Generated.NO
    computed: bool = False

    @property
    def strategy(self) -> Strategy:
        """What the mapping says of it, in the words of an option."""
        if not self.deferred:
            return Strategy.UNDEFER
        return Strategy.DEFER_RAISE if self.raises else Strategy.DEFER


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """What a relationship's rows are found by.

    `local` names the owner's columns that the related rows are found by. Where a many-to-one is a
    simple get of the target's primary key (SQLAlchemy's `use_get`), `get` names the owner's columns
    that hold it, in its order. `secondary` says that a table stands between, `inner` that a joined
    load uses an INNER JOIN, `view_only` that nothing is written.
    """

    local: tuple[str, ...] = ()
    get: tuple[str, ...] = ()
    secondary: bool = False
    inner: bool = False
    view_only: bool = False


SAVE_AND_MERGE: Final = frozenset({"save-update", "merge"})
"""What SQLAlchemy cascades by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A relationship, as its owner has it; `cascade` in SQLAlchemy's words."""

    name: str
    target: str
    direction: Direction = Direction.MANY_TO_ONE
    uselist: bool = False
    lazy: Strategy = Strategy.SELECT
    join_depth: int | None = None
    join: Join = Join()
    back_populates: str = ""
    cascade: frozenset[str] = SAVE_AND_MERGE

    @property
    def is_simple_get(self) -> bool:
        """Whether the target is found by its primary key alone, so that it may be in the session.

        A custom join, or a foreign key to another column, has no such shortcut.
        """
        return bool(self.join.get)

    @property
    def at_first_read(self) -> Strategy:
        """What the mapping makes of a first read: the eager strategies leave it to `select`."""
        plain = self.lazy in LAZY or self.lazy is Strategy.NOLOAD
        return self.lazy if plain else Strategy.SELECT


class InheritanceKind(str, Enum):
    """How an entity shares tables with the one it inherits from."""

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
class Inheritance:
    """What an entity inherits from, and how."""

    base: str
    kind: InheritanceKind
    load: PolymorphicLoad = PolymorphicLoad.NO


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A mapped class with all its attributes, those of the classes it inherits from among them.

    `loads_subclasses` is `with_polymorphic="*"`, `partial_keys` is `allow_partial_pks`. `fetches`
    is `eager_defaults`: whether a flush brings what the database made; None for `"auto"`, which
    depends on the database. `others` names what is no load of its own: hybrids, association
    proxies, synonyms, composites.
    """

    name: str
    module: str = ""
    columns: tuple[Column, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    inherits: Inheritance | None = None
    loads_subclasses: bool = False
    fetches: bool | None = None
    partial_keys: bool = True
    others: tuple[str, ...] = ()
    names: frozenset[str] = field(init=False, repr=False, compare=False, hash=False)
    """The names of everything that can be loaded."""
    _columns: Mapping[str, Column] = field(init=False, repr=False, compare=False, hash=False)
    _relationships: Mapping[str, Relationship] = field(
        init=False, repr=False, compare=False, hash=False
    )

    def __post_init__(self) -> None:
        columns = {one.name: one for one in reversed(self.columns)}
        relationships = {one.name: one for one in reversed(self.relationships)}
        object.__setattr__(self, "_columns", columns)
        object.__setattr__(self, "_relationships", relationships)
        object.__setattr__(self, "names", frozenset((*columns, *relationships)))

    def column(self, name: str) -> Column | None:
        """The column of a name, if the entity has one."""
        return self._columns.get(name)

    def relationship(self, name: str) -> Relationship | None:
        """The relationship of a name, if the entity has one."""
        return self._relationships.get(name)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the primary key's columns."""
        return tuple(column.name for column in self.columns if column.primary_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The entities of a program, by name."""

    entities: tuple[Entity, ...] = ()
    _by_name: Mapping[str, Entity] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {one.name: one for one in reversed(self.entities)})

    def __hash__(self) -> int:
        # equal graphs have equal names; the rest would take long, and plans are looked up by it
        return hash(tuple(self._by_name))

    def __getitem__(self, name: str) -> Entity:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def lineage(self, name: str) -> Iterator[Entity]:
        """An entity, and what it inherits from, the nearest first."""
        while name in self:
            entity = self[name]
            yield entity
            name = entity.inherits.base if entity.inherits is not None else ""

    def is_a(self, name: str, base: str) -> bool:
        """Whether an entity is another one or inherits from it."""
        return (name == base and name in self) or any(
            entity.name == base for entity in self.lineage(name)
        )

    def declarer(self, name: str, attribute: str) -> str:
        """The entity that an attribute of another comes from: the one furthest up that has it."""
        owners = [one.name for one in self.lineage(name) if attribute in one.names]
        return owners[-1] if owners else name

    def table(self, name: str, column: str) -> str:
        """The entity in whose table a column of another is."""
        owner = self[self.declarer(name, column)]
        while owner.inherits is not None and owner.inherits.kind is InheritanceKind.SINGLE:
            owner = self[owner.inherits.base]
        return owner.name

    def subclasses(self, name: str) -> tuple[Entity, ...]:
        """The entities that inherit from one, at any depth, in order."""
        return tuple(
            entity
            for entity in self.entities
            if entity.name != name and self.is_a(entity.name, name)
        )
