"""Asked: what a statement asks of one relationship, at one place, and what comes of it.

SQLAlchemy silently does less than it was asked at many places; each is a function here. `C…` and
`T…` name the rows of the measured table that say so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.cause import Cause, CauseKind, because
from loadwise.core.graph import Entity, Graph, Relationship
from loadwise.core.path import Path
from loadwise.core.plan import Choice
from loadwise.core.statement import FOR_ONE, Option, RefusedError, Way
from loadwise.core.strategy import LAZY, QUERIES, Strategy
from loadwise.core.trail import Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An entity that the walk of a statement has come to.

    `hops` are the entities on the way, the reached one last, `own` those of them that the same
    statement brings, `trail` is the way as options and subqueries know it. `way` is how its rows
    come, `several` says that there may be more than one of it. `reverse` names the attribute that
    leads back to the object whose relationship is loaded. `again` says that what brings it is set
    up once more for rows of a subclass. `deepest` is how many entities in a row are walked.
    """

    path: Path
    entity: Entity
    way: Way
    hops: tuple[str, ...]
    own: tuple[str, ...]
    trail: Trail
    deepest: int
    several: bool = True
    reverse: str = ""
    again: bool = False

    @property
    def is_root(self) -> bool:
        """Whether the statement itself selects it, not a strategy."""
        return len(self.path.steps) == 1

    @property
    def is_joined(self) -> bool:
        """Whether it came by a join."""
        return len(self.own) > 1

    @property
    def is_further(self) -> bool:
        """Whether another statement than the first brings it."""
        return len(self.own) < len(self.path.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A relationship of a reached entity, and the option that decides for it, if one does.

    `selected` says that the statement selects the class that has the relationship, which may be a
    subclass of the reached one; `named` that the statement is for this attribute by name.
    """

    reached: Reached
    relationship: Relationship
    path: Path
    option: Option | None = None
    selected: bool = True
    named: bool = False

    @property
    def strategy(self) -> Strategy:
        """What is asked for: by the option, else by the mapping."""
        return self.option.strategy if self.option is not None else self.relationship.lazy

    @property
    def owner(self) -> str:
        """The class that has it: the reached entity, or a subclass that adds it."""
        return self.path.parent.steps[-1].of_type or self.reached.entity.name

    @property
    def is_refreshed(self) -> bool:
        """Whether a refresh names it, which loads it whatever its strategy."""
        return self.named and self.reached.way is Way.REFRESH

    @property
    def leads_back(self) -> bool:
        """Whether it is a many-to-one that leads back to the object that this load is for.

        SQLAlchemy leaves it to the first read, which finds that object in the session.
        """
        found = self.relationship
        return found.is_simple_get and found.lazy.is_eager and found.name == self.reached.reverse

    @property
    def words(self) -> str:
        """How the code says what is asked."""
        if self.option is None:
            return f"lazy={str(self.strategy)!r}"
        every = '"*"' if self.option.every else ""
        return f"{self.strategy}load({every})"

    @property
    def in_vain(self) -> Choice:
        """The choice where nothing is loaded, and nothing is left on the object."""
        return Choice(path=self.path, strategy=self.strategy, by_option=self.option is not None)


def answer(asked: Asked, graph: Graph) -> Choice:
    """What comes of what is asked. Raises RefusedError where SQLAlchemy raises."""
    if asked.relationship.lazy in QUERIES:
        return _query(asked, graph)
    if asked.leads_back:
        if asked.option is not None and not (
            asked.option.every or asked.strategy is Strategy.SELECT
        ):
            raise RefusedError(f"{asked.path} is in conflict with the lazyload() that leads back")
        text = f"it leads back to the {asked.relationship.target} that it is loaded for"
        cause = Cause(kind=CauseKind.CYCLE_CUT, text=text)
        return replace(asked.in_vain, strategy=Strategy.SELECT, cause=cause)
    if asked.strategy is Strategy.NOLOAD:
        return replace(asked.in_vain, loaded=True)
    if asked.strategy is Strategy.CONTAINS_EAGER:
        return _contained(asked, graph)
    cut = _cut(asked, graph)
    if asked.strategy in LAZY:
        return _immediate(asked, cut, graph) if asked.is_refreshed else _lazy(asked)
    if asked.strategy is Strategy.JOINED:
        return _joined(asked, cut, graph)
    if asked.strategy is Strategy.IMMEDIATE or asked.reached.way in FOR_ONE:
        return _immediate(asked, cut, graph)
    return _with_a_statement(asked, cut)


def _query(asked: Asked, graph: Graph) -> Choice:
    """A dynamic or write-only relationship is a query, whatever a statement says.

    A wildcard that would stop short of it is not, unless it is for joins.
    """
    lazy, strategy = asked.relationship.lazy, asked.strategy
    short = strategy is not Strategy.JOINED and _cut(asked, graph) is not None
    if asked.option is not None and strategy.is_eager and not short:
        raise RefusedError(f"{asked.relationship.name} does not support object population")
    cause = Cause(kind=CauseKind.DYNAMIC, text=f"lazy={str(lazy)!r} makes it a query")
    return replace(asked.in_vain, cause=cause)


def _lazy(asked: Asked) -> Choice:
    """Left to the first read, which the option or the mapping may forbid."""
    differs = asked.strategy is not asked.relationship.at_first_read
    if asked.strategy is not Strategy.SELECT:
        forbids = "raiseload()" if asked.option is not None else asked.words
        cause = Cause(kind=CauseKind.RAISE_CONFIGURED, text=f"{forbids} forbids it")
    elif asked.option is not None:
        cause = Cause(kind=CauseKind.NEVER_LOADED, text="the statement says lazyload()")
    else:
        cause = because(CauseKind.NEVER_LOADED)
    return replace(asked.in_vain, cause=cause, installs=asked.strategy if differs else None)


def _cut(asked: Asked, graph: Graph) -> Cause | None:
    """Why a mapping's strategy, or a wildcard, goes no further along a cycle (C4, T6).

    Joined loading looks at the statement that it is part of, the others at all the way. An
    inherited relationship counts as one of the class that it is inherited from.
    """
    if asked.option is not None and not asked.option.every:
        return None
    relationship, reached = asked.relationship, asked.reached
    *way, _ = reached.own if asked.strategy is Strategy.JOINED else reached.hops
    hops = (*way, graph.declarer(asked.owner, relationship.name))
    if relationship.join_depth:
        if len(hops) <= relationship.join_depth:
            return None
        text = f"join_depth={relationship.join_depth} goes no deeper"
        return Cause(kind=CauseKind.DEPTH_EXHAUSTED, text=text)
    if graph.is_a(hops[-1], relationship.target):
        text = f"{asked.words} on a self-referential relationship needs join_depth"
        return Cause(kind=CauseKind.DEPTH_EXHAUSTED, text=text)
    if any(graph.is_a(hop, relationship.target) for hop in hops):
        text = f"{asked.words} stops where the way comes back to {relationship.target}"
        return Cause(kind=CauseKind.CYCLE_CUT, text=text)
    return None


UNSUPPORTED: Final = {
    Way.RETURNING: "is not applied to RETURNING",
    Way.FROM_STATEMENT: "is not applied to a from_statement()",
    Way.RELOAD_SUBCLASS: "is not applied to a reload of a subclass's columns",
}
"""Where joined and subquery loading is silently dropped (C3)."""


def _ignored(asked: Asked, why: str) -> Cause:
    return Cause(kind=CauseKind.OPTIONS_IGNORED, text=f"{asked.words} {why}")


def _subclass(asked: Asked) -> Cause:
    selected, name = asked.reached.entity.name, asked.relationship.name
    text = f"the statement selects {selected}, which has no {name}"
    return Cause(kind=CauseKind.SUBCLASS_COLUMN, text=text)


def _contained(asked: Asked, graph: Graph) -> Choice:
    """contains_eager() takes the columns that the statement has, whatever they are (C10).

    Only a SELECT that the user wrote can have the join it needs. RETURNING is given the columns of
    the related entity, and the database refuses those that the table lacks.
    """
    reached, relationship = asked.reached, asked.relationship
    if not asked.selected:
        cause = Cause(kind=CauseKind.OPTIONS_IGNORED, text="contains_eager() reaches no subclass")
        return replace(asked.in_vain, cause=cause)
    if reached.way is Way.STREAM and relationship.uselist:
        raise RefusedError("yield_per does not go with contains_eager() of a collection")
    if reached.way is Way.RETURNING:
        asks = {column.name for column in graph[relationship.target].columns}
        if not asks <= reached.entity.names:
            raise RefusedError("contains_eager() asks RETURNING for columns of another table")
    written = reached.way in {Way.SELECT, Way.STREAM} and not reached.is_joined
    joins = asked.option is not None and asked.option.joins
    return replace(asked.in_vain, loaded=True, unrelated=not (joins and written))


def _joined(asked: Asked, cut: Cause | None, graph: Graph) -> Choice:
    """A LEFT OUTER JOIN in the statement itself; where it cannot be, the first read loads."""
    reached, relationship = asked.reached, asked.relationship
    differs = relationship.at_first_read is not Strategy.SELECT
    lazily = Strategy.SELECT if differs else None
    if not asked.selected:
        return replace(asked.in_vain, cause=_subclass(asked), installs=lazily)
    if reached.way is Way.STREAM and relationship.uselist:  # even where a cycle is cut
        raise RefusedError("yield_per does not go with joined loading of a collection")
    if reached.way in UNSUPPORTED:
        return replace(
            asked.in_vain, cause=_ignored(asked, UNSUPPORTED[reached.way]), installs=lazily
        )
    if cut is not None:
        if asked.is_refreshed:
            return _immediate(asked, cut, graph)
        return replace(asked.in_vain, cause=cut, installs=lazily)
    inner = asked.option.inner if asked.option is not None else relationship.join.inner
    return replace(asked.in_vain, loaded=True, drops_rows=inner)


def _immediate(asked: Asked, cut: Cause | None, graph: Graph) -> Choice:
    """One load for each object, at once. Refreshes do selectin and subquery loading so, too.

    Where the walk has come this way before, SQLAlchemy lets a many-to-one be answered from the
    session alone, and emits statements for all else (`PASSIVE_NO_FETCH_RELATED`, #6301). Below
    the root that is so from the second object on, whatever the options (C6, T7). The first row of
    a subclass makes it so for all rows: what loads them is set up once more for its class, and
    finds that it was set up before.
    """
    reached = asked.reached
    if not asked.relationship.is_simple_get:
        return replace(asked.in_vain, loaded=True, each=True)
    if cut is not None:
        return replace(asked.in_vain, loaded=None, cause=cut, each=True)
    if is_again(reached, asked.owner, graph):
        text = "immediate loading does no many-to-one where there are rows of a subclass"
        cause = Cause(kind=CauseKind.CYCLE_CUT, text=text)
        return replace(asked.in_vain, loaded=None, cause=cause, each=True)
    if reached.is_further and reached.several and reached.way is Way.LAZY:
        text = "immediate loading does a many-to-one below the first hop for one object alone"
        return replace(asked.in_vain, loaded=None, cause=Cause(kind=CauseKind.CYCLE_CUT, text=text))
    return replace(asked.in_vain, loaded=True, each=True)


def is_again(reached: Reached, owner: str, graph: Graph) -> bool:
    """Whether the rows of a class that is reached may be set up once more, for a subclass.

    What is loaded for one object alone is of its own class.
    """
    for_one = reached.is_root and reached.way in FOR_ONE
    return reached.again or (not for_one and bool(graph.subclasses(owner)))


def _with_a_statement(asked: Asked, cut: Cause | None) -> Choice:
    """selectin and subquery loading: one more statement for all objects together."""
    reached, subquery = asked.reached, asked.strategy is Strategy.SUBQUERY
    if not asked.selected:
        # from 2.1 on it reaches a subclass below a join (#13209, T9)
        return replace(
            asked.in_vain, loaded=None if reached.is_joined else False, cause=_subclass(asked)
        )
    if subquery and reached.way in UNSUPPORTED:
        return replace(asked.in_vain, cause=_ignored(asked, UNSUPPORTED[reached.way]))
    if cut is not None:
        return replace(asked.in_vain, cause=cut)
    if subquery and reached.way is Way.STREAM:
        raise RefusedError("yield_per does not go with subquery loading")
    return replace(asked.in_vain, loaded=True)
