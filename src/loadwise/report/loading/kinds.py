"""Kinds: what `lazy=` does for each kind of relationship, and where it is silently not applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.cost import Cost, Kind, Related, cost, each
from loadwise.core.effect import (
    Add,
    Commit,
    Detach,
    Effect,
    Flush,
    Get,
    Load,
    New,
    Refresh,
    Reselect,
    Returns,
)
from loadwise.core.effects import apply, load
from loadwise.core.graph import (
    Column,
    Direction,
    Entity,
    Graph,
    Inheritance,
    InheritanceKind,
    Join,
    Relationship,
)
from loadwise.core.reading import Target, read
from loadwise.core.state import Life, blank
from loadwise.core.statement import RefusedError, Statement, Way
from loadwise.core.strategy import QUERIES, Strategy
from loadwise.report.loading.words import said

LAZY: Final = (
    Strategy.SELECT,
    Strategy.JOINED,
    Strategy.SELECTIN,
    Strategy.SUBQUERY,
    Strategy.IMMEDIATE,
    Strategy.RAISE,
    Strategy.RAISE_ON_SQL,
    Strategy.NOLOAD,
    Strategy.DYNAMIC,
    Strategy.WRITE_ONLY,
)
"""What `lazy=` takes."""

EAGER: Final = LAZY[1:5]
"""What loads the relationship with its objects."""

REFUSED: Final = "refused"
"""What SQLAlchemy raises on: the mapping, or the statement."""


BY_OWN_KEY: Final = Join(local=("id",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of relationship, and where its target is when it is read.

    `itself` says that it leads back to its own class, `subclass` that it belongs to a subclass of
    what is selected.
    """

    label: str
    direction: Direction = Direction.MANY_TO_ONE
    uselist: bool = False
    join: Join = BY_OWN_KEY
    target: Target = Target.ABSENT
    itself: bool = False
    subclass: bool = False

    def relationship(self, lazy: Strategy) -> Relationship:
        """The relationship, with a strategy."""
        return Relationship(
            name="rel",
            target="Parent" if self.itself else "Child",
            direction=self.direction,
            uselist=self.uselist,
            lazy=lazy,
            join=self.join,
        )

    def graph(self, lazy: Strategy) -> Graph:
        """A parent with the relationship, and its target."""
        key, name = Column(name="id", primary_key=True), Column(name="name")
        own = tuple(Column(name=one) for one in self.join.local if one != "id")
        relationships = (self.relationship(lazy),)
        child = Entity(name="Child", columns=(key, Column(name="parent_id")))
        parent = Entity(name="Parent", columns=(key, name))
        if not self.subclass:
            parent = replace(parent, columns=(key, name, *own), relationships=relationships)
            return Graph(entities=(parent, child))
        special = Entity(
            name="Special",
            columns=(key, name, *own),
            relationships=relationships,
            inherits=Inheritance(base="Parent", kind=InheritanceKind.JOINED),
        )
        return Graph(entities=(parent, special, child))


_BY_KEY: Final = Join(local=("rel_id",), get=("rel_id",))
_BY_CODE: Final = Join(local=("rel_code",))
_LINKED: Final = Join(local=("id",), secondary=True)
_MANY: Final = Direction.ONE_TO_MANY

MANY_TO_ONE: Final = Case(label="many-to-one", join=_BY_KEY)
COLLECTION: Final = Case(label="one-to-many", direction=_MANY, uselist=True)
CASES: Final = (
    MANY_TO_ONE,
    Case(label="many-to-one, target in the session", join=_BY_KEY, target=Target.HELD),
    Case(label="many-to-one, foreign key is NULL", join=_BY_KEY, target=Target.NULL),
    Case(label="many-to-one, not by primary key", join=_BY_CODE),
    Case(label="one-to-one, from the other side", direction=_MANY),
    COLLECTION,
    Case(label="many-to-many", direction=Direction.MANY_TO_MANY, uselist=True, join=_LINKED),
    Case(label="to the same class, many-to-one", join=_BY_KEY, itself=True),
    Case(label="to the same class, one-to-many", direction=_MANY, uselist=True, itself=True),
    Case(label="of a subclass, one-to-many", direction=_MANY, uselist=True, subclass=True),
)
"""The relationships that a plain `select()` of their objects may load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Something else than a plain `select()` of new objects that comes before the read."""

    code: str
    effects: Callable[[Graph], tuple[Effect, ...]]


def _load(graph: Graph, way: Way = Way.SELECT) -> Load:
    return load(graph, Statement(entity="Parent", way=way), entity=_class(graph))


def _class(graph: Graph) -> str:
    return "Special" if "Special" in graph else "Parent"


def _added(graph: Graph) -> tuple[Effect, ...]:
    columns = frozenset(column.name for column in graph[_class(graph)].columns)
    return New(names=columns), Add(), Flush(returns=Returns())


def _reselect(graph: Graph) -> Reselect:
    return Reselect(plan=_load(graph).plan, path=_load(graph).path)


SITUATIONS: Final = (
    Situation(code="add(), flush()", effects=_added),
    Situation(code="add(), flush(), get()", effects=lambda graph: (*_added(graph), Get())),
    Situation(
        code='add(), flush(), refresh(parent, ["name"])',
        effects=lambda graph: (*_added(graph), Refresh(names=frozenset({"name"}))),
    ),
    Situation(
        code="add(), flush(), refresh(parent)", effects=lambda graph: (*_added(graph), Refresh())
    ),
    Situation(
        code='add(), flush(), refresh(parent, ["rel"])',
        effects=lambda graph: (*_added(graph), Refresh(names=frozenset({"rel"}))),
    ),
    Situation(
        code="add(), flush(), select() again",
        effects=lambda graph: (*_added(graph), _reselect(graph)),
    ),
    Situation(code="select(), commit()", effects=lambda graph: (_load(graph), Commit())),
    Situation(
        code="select(), commit(), select() again",
        effects=lambda graph: (_load(graph), Commit(), _reselect(graph)),
    ),
    Situation(code="select(), close()", effects=lambda graph: (_load(graph), Detach())),
    Situation(code="insert().returning()", effects=lambda graph: (_load(graph, Way.RETURNING),)),
    Situation(
        code="select().from_statement()",
        effects=lambda graph: (_load(graph, Way.FROM_STATEMENT),),
    ),
    Situation(code="select() with yield_per", effects=lambda graph: (_load(graph, Way.STREAM),)),
)
"""Where a strategy in the mapping may do nothing."""

SELECTED: Final = Situation(code="select()", effects=lambda graph: (_load(graph),))


def first_read(case: Case, lazy: Strategy, situation: Situation = SELECTED) -> str:
    """What the first read of a relationship gives in plain async code, in a word."""
    if lazy in QUERIES and not case.uselist:
        return REFUSED
    graph = case.graph(lazy)
    state = blank(graph[_class(graph)], Life.TRANSIENT)
    try:
        for effect in situation.effects(graph):
            state = apply(state, _among(effect, case), graph)
    except RefusedError:
        return REFUSED
    word = said(read(graph, state, "rel", case.target), many=case.uselist)
    return "None" if case.target is Target.NULL and word == "value" else word


def _among(effect: Effect, case: Case) -> Effect:
    """The effect, told whether the session has the target."""
    present = frozenset({"rel"}) if case.target is Target.HELD else frozenset[str]()
    if isinstance(effect, Load | Reselect | Refresh):
        return replace(effect, present=present)
    return effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A kind of relationship whose cost is told: how much there is for so many parents."""

    label: str
    kind: Kind
    related: Callable[[int], Related]

    def cost(self, lazy: Strategy, parents: int) -> Cost:
        """What a `select()` of the parents takes."""
        return cost(self.kind, lazy, self.related(parents))


EACH: Final = 10
"""How many related rows a parent of a collection has in the tables."""

COUNTED: Final = (
    Counted(label="many-to-one", kind=Kind.MANY_TO_ONE, related=each),
    Counted(
        label="many-to-one, one target for all",
        kind=Kind.MANY_TO_ONE,
        related=lambda parents: Related(objects=parents, rows=parents, targets=1),
    ),
    Counted(
        label="many-to-one, targets in the session",
        kind=Kind.MANY_TO_ONE,
        related=lambda parents: replace(each(parents), held=parents),
    ),
    Counted(label="many-to-one, not by primary key", kind=Kind.OTHER_MANY_TO_ONE, related=each),
    Counted(label="one-to-one, from the other side", kind=Kind.TO_ONE, related=each),
    Counted(
        label=f"one-to-many, {EACH} each",
        kind=Kind.COLLECTION,
        related=lambda parents: each(parents, EACH),
    ),
    Counted(
        label=f"many-to-many, {EACH} each",
        kind=Kind.SECONDARY,
        related=lambda parents: each(parents, EACH),
    ),
)
"""The kinds of relationship whose cost the tables tell."""
