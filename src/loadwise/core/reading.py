"""Reading: what comes of reading an attribute of an object in a given state.

This is the order in which SQLAlchemy decides: a value that is there is taken; an expired column
loads; a relationship asks the strategy that stands for it, which may refuse, look for its target
in the session by the foreign key, or emit SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from loadwise.core.cause import Cause
from loadwise.core.graph import Entity, Graph, Relationship
from loadwise.core.state import Held, Life, Slot, State
from loadwise.core.strategy import QUERIES, Strategy


class Outcome(str, Enum):
    """What a read gives."""

    VALUE = "value"
    """The value, without IO."""
    EMPTY = "empty"
    """None or an empty collection, without having looked: wrong where the database has more."""
    UNRELATED = "unrelated"
    """A value without IO that is right only by chance."""
    IO = "io"
    """SQL: MissingGreenlet in plain async code, one more statement elsewhere."""
    RAISES = "raises"
    """The InvalidRequestError of lazy="raise"."""
    RAISES_ON_SQL = "raises-on-sql"
    """The InvalidRequestError of lazy="raise_on_sql"."""
    DETACHED = "detached"
    """DetachedInstanceError."""
    QUERY = "query"
    """A query of its own, which needs IO when it is iterated (lazy="dynamic")."""
    WRITE_ONLY = "write-only"
    """A collection that cannot be iterated at all."""

    def __str__(self) -> str:
        return self.value


class Target(str, Enum):
    """What is known of the object that a many-to-one points at, and of the key that points."""

    UNKNOWN = "unknown"
    ABSENT = "absent"
    """Not in the session."""
    HELD = "held"
    """In the session, and something keeps it there: the identity map is weak."""
    HELD_EXPIRED = "held-expired"
    NULL = "null"
    """The foreign key is NULL."""
    PARTLY_NULL = "partly-null"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a read may give: one outcome where it is certain, and why the value is not there."""

    outcomes: frozenset[Outcome]
    cause: Cause | None = None

    @property
    def is_certain(self) -> bool:
        """Whether just one outcome can be."""
        return len(self.outcomes) == 1

    def __or__(self, other: Reading) -> Reading:
        return Reading(outcomes=self.outcomes | other.outcomes, cause=self.cause or other.cause)


def _one(outcome: Outcome, slot: Slot) -> Reading:
    return Reading(outcomes=frozenset({outcome}), cause=slot.cause)


HELD: Final = Reading(outcomes=frozenset({Outcome.VALUE}))


def read(graph: Graph, state: State, name: str, target: Target = Target.UNKNOWN) -> Reading:
    """What comes of reading an attribute. Raises KeyError where the entity does not have it."""
    slot, entity = state[name], graph[state.entity]
    if slot.held is Held.MAYBE:
        there = read(graph, _with(state, slot, Held.YES), name, target)
        return there | read(graph, _with(state, slot, Held.NO), name, target)
    relationship = entity.relationship(name)
    if relationship is not None and relationship.lazy in QUERIES:
        query = relationship.lazy is Strategy.DYNAMIC
        return _one(Outcome.QUERY if query else Outcome.WRITE_ONLY, slot)
    if slot.held is Held.YES:
        if slot.empty or slot.unrelated:
            return _one(Outcome.EMPTY if slot.empty else Outcome.UNRELATED, slot)
        return HELD
    if state.life in {Life.TRANSIENT, Life.PENDING}:
        return _new(entity, state, slot)
    if relationship is None:
        return _column(entity, state, slot)
    return _relationship(graph, state, slot, relationship, target)


def _with(state: State, slot: Slot, held: Held) -> State:
    return state.change({slot.name}, lambda one: replace(one, held=held))


def _new(entity: Entity, state: State, slot: Slot) -> Reading:
    """A new object has None or an empty collection; what a rollback left expired is looked for."""
    column = entity.column(slot.name)
    if not slot.expired or column is None or column.deferred:
        return _one(Outcome.EMPTY, slot)
    if state.life is Life.TRANSIENT:
        return _one(Outcome.DETACHED, slot)
    keys = {state[key].held for key in entity.primary_key}
    found, no_key = _one(Outcome.IO, slot), _one(Outcome.RAISES, slot)
    if Held.NO in keys:
        return no_key
    return found | no_key if Held.MAYBE in keys else found


def _column(entity: Entity, state: State, slot: Slot) -> Reading:
    column = entity.column(slot.name)
    mapped = column.strategy if column is not None else Strategy.UNDEFER
    strategy = slot.strategy or mapped
    if not (slot.expired and mapped is Strategy.UNDEFER):  # a deferred column does not unexpire
        if strategy is Strategy.UNDEFER:
            return HELD  # None: what an INSERT left out without a default
        if strategy is Strategy.DEFER_RAISE and state.life is not Life.DETACHED:
            return _one(Outcome.RAISES, slot)
    return _one(Outcome.DETACHED if state.life is Life.DETACHED else Outcome.IO, slot)


def _relationship(
    graph: Graph, state: State, slot: Slot, relationship: Relationship, target: Target
) -> Reading:
    """A relationship whose value is not there: its own columns are read first, perhaps with IO."""
    strategy = slot.strategy or relationship.at_first_read
    if strategy is Strategy.NOLOAD:
        return _one(Outcome.EMPTY, slot)
    if strategy is Strategy.RAISE:
        return _one(Outcome.RAISES, slot)
    if state.life is Life.DETACHED:
        return _one(Outcome.DETACHED, slot)
    keys = [state[name] for name in relationship.join.local]
    unsure = next((key for key in keys if key.held is Held.MAYBE), None)
    if unsure is not None:
        there = _relationship(graph, _with(state, unsure, Held.YES), slot, relationship, target)
        gone = _relationship(graph, _with(state, unsure, Held.NO), slot, relationship, target)
        return there | gone
    lacking = [key for key in keys if key.held is Held.NO]
    for key in lacking:
        reading = _column(graph[state.entity], state, key)
        if reading != HELD:
            return replace(reading, cause=slot.cause)
    if lacking and not relationship.is_simple_get:
        return HELD  # None, without a look: the INSERT was never given a value
    by_sql = Outcome.RAISES_ON_SQL if strategy is Strategy.RAISE_ON_SQL else Outcome.IO
    return _by_key(graph, relationship, target, by_sql, slot)


def _by_key(
    graph: Graph, relationship: Relationship, target: Target, by_sql: Outcome, slot: Slot
) -> Reading:
    """A many-to-one by primary key looks in the session first; all else needs SQL (C8)."""
    if not relationship.is_simple_get:
        return _one(by_sql, slot)
    has_partial = relationship.target not in graph or graph[relationship.target].partial_keys
    match target:
        case Target.HELD | Target.NULL:
            return HELD
        case Target.HELD_EXPIRED:
            return _one(Outcome.IO, slot)
        case Target.PARTLY_NULL if not has_partial:
            return HELD
        case Target.UNKNOWN:
            return HELD | _one(by_sql, slot) | _one(Outcome.IO, slot)
        case _:
            return _one(by_sql, slot)
