"""A small mapping, for the tests of the model: users, their team, orders and the like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from loadwise.core.effect import Effect
from loadwise.core.effects import apply
from loadwise.core.graph import (
    Column,
    Direction,
    Entity,
    Generated,
    Graph,
    Inheritance,
    InheritanceKind,
    Join,
    Relationship,
)
from loadwise.core.path import Path
from loadwise.core.site import Site
from loadwise.core.state import Held, Life, State, blank
from loadwise.core.statement import Option
from loadwise.core.strategy import Strategy

ID: Final = Column(name="id", primary_key=True)
HERE: Final = Site(file="app.py", line=7)
"""Where the effect of a test happens."""


def to_one(name: str, target: str, lazy: Strategy = Strategy.SELECT, **more: Any) -> Relationship:
    """A many-to-one by the primary key of its target."""
    key = (f"{name}_id",)
    more = {"join": Join(local=key, get=key), **more}
    return Relationship(name=name, target=target, lazy=lazy, **more)


def to_many(name: str, target: str, lazy: Strategy = Strategy.SELECT, **more: Any) -> Relationship:
    """A collection, found by the primary key of its owner."""
    return Relationship(
        name=name,
        target=target,
        direction=Direction.ONE_TO_MANY,
        uselist=True,
        lazy=lazy,
        join=Join(local=("id",)),
        **more,
    )


TEAM: Final = Entity(name="Team", columns=(ID, Column(name="title")))
ORDER: Final = Entity(
    name="Order",
    columns=(ID, Column(name="total"), Column(name="user_id")),
    relationships=(to_one("user", "User"),),
)
USER: Final = Entity(
    name="User",
    columns=(
        ID,
        Column(name="name"),
        Column(name="team_id"),
        Column(name="bio", deferred=True, group="long"),
        Column(name="cv", deferred=True, group="long"),
        Column(name="secret", deferred=True, raises=True),
        Column(name="token", on_insert=Generated.PYTHON),
        Column(name="created", on_insert=Generated.DATABASE),
        Column(name="changed", on_update=Generated.DATABASE),
        Column(name="version", on_update=Generated.PYTHON),
        Column(name="size", computed=True),
        Column(name="rank", computed=True, deferred=True),
    ),
    relationships=(
        to_one("team", "Team"),
        to_many("orders", "Order"),
        to_many("tags", "Tag", Strategy.SELECTIN),
        to_many("logs", "Log", Strategy.DYNAMIC),
        to_many("posts", "Log", Strategy.RAISE, cascade=frozenset()),
    ),
)
MANAGER: Final = Entity(
    name="Manager",
    columns=(*USER.columns, Column(name="level")),
    relationships=(*USER.relationships, to_many("reports", "User")),
    inherits=Inheritance(base="User", kind=InheritanceKind.JOINED),
)
LOG: Final = Entity(name="Log", columns=(ID, Column(name="user_id")))
TAG: Final = replace(LOG, name="Tag")
GRAPH: Final = Graph(entities=(TEAM, ORDER, USER, MANAGER, LOG, TAG))

ALONE: Final = Graph(entities=(TEAM, ORDER, USER, LOG, TAG))
"""The same, where no user is of a subclass."""

COLUMNS: Final = frozenset(column.name for column in USER.columns)
PLAIN: Final = frozenset(
    column.name for column in USER.columns if not column.deferred and not column.primary_key
)
"""The columns of a user that a statement brings unless told otherwise, beside the key."""


def having(entity: Entity, graph: Graph = GRAPH) -> Graph:
    """The mapping with one entity more, or in place of one of its name."""
    rest = (one for one in graph.entities if one.name != entity.name)
    return Graph(entities=(entity, *rest))


def option(path: str, strategy: Strategy, **more: Any) -> Option:
    return Option(path=Path.parse(path), strategy=strategy, **more)


def after(*effects: Effect, of: State | None = None, graph: Graph = GRAPH) -> State:
    """An object after these effects: a user, unless told otherwise."""
    state = blank(graph["User"], Life.TRANSIENT) if of is None else of
    for effect in effects:
        state = apply(state, effect, graph)
    return state


def held(state: State, sure: Held = Held.YES) -> set[str]:
    """The names of what an object holds for certain, or of what it may hold, or lacks."""
    return {slot.name for slot in state.slots if slot.held is sure}


def expired(state: State) -> set[str]:
    return {slot.name for slot in state.slots if slot.expired}


def kinds(state: State, names: Iterable[str]) -> set[str]:
    """The kinds of the causes of some attributes."""
    return {str(slot.cause.kind) if slot.cause else "" for slot in map(state.__getitem__, names)}
