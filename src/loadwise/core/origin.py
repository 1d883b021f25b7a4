"""Origin: how a touched object came to be loaded, and how far its statement reached.

This is what a cure is planned from; both engines fill it in, with names only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from loadwise.core.strategy import Strategy


class LoadKind(str, Enum):
    """The way an object came into its session."""

    SELECT = "select"
    GET = "get"
    MERGE = "merge"
    FROM_STATEMENT = "from-statement"
    RETURNING = "returning"
    ADD = "add"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


class Shape(str, Enum):
    """What an attribute holds."""

    COLUMN = "column"
    REFERENCE = "reference"
    COLLECTION = "collection"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityName:
    """A mapped class: its name, and the module that it is imported from."""

    module: str
    name: str

    @property
    def qualified(self) -> str:
        """The dotted name, as in `app.models.User`."""
        return f"{self.module}.{self.name}" if self.module else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One attribute between the root of a statement and what is missing.

    `chosen` is the strategy that the statement's own options or the mapping give this attribute;
    `by_option` says that it was an option, which a cure must extend or replace, never contradict.
    `subclass_of` names the entity that the walk arrived at where `owner` is a subclass of it;
    `generated` says that the database makes a column's value.
    """

    owner: EntityName
    name: str
    shape: Shape
    chosen: Strategy = Strategy.SELECT
    by_option: bool = False
    self_referential: bool = False
    generated: bool = False
    subclass_of: EntityName | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether a statement loads it: a column that is not deferred, or what is eager."""
        if self.shape is Shape.COLUMN:
            return self.chosen is not Strategy.DEFER
        return self.chosen.is_eager


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """How the nearest coroutine reaches the object: the names it has there, and its line.

    `line` is where the coroutine stands; a line of code can be put before that statement.
    """

    file: str
    line: int
    instance: str
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The way of loading, the root entity, the hops to what is missing, and the way back to it.

    `hops` ends with the missing attribute; `ahead` is what the same expression reads below it.
    `expired` says that the object has lost all its columns and has no changes that reloading them
    would lose, `awaitable` that its class has `awaitable_attrs`. `empty` is the code of an empty
    collection that the constructor of its class takes; there is none where it takes nothing.
    """

    kind: LoadKind
    root: EntityName
    root_is_alias: bool = False
    hops: tuple[Hop, ...] = ()
    ahead: tuple[Hop, ...] = ()
    handle: Handle | None = None
    expired: bool = False
    awaitable: bool = False
    empty: str = "[]"
