"""Loading: SQLAlchemy's rules of what a statement loads.

Which strategy wins, how far it reaches, and where it is silently not applied. `C…` and `T…` name
the rows of the measured table that say so, which `tests/truth/` checks this module against.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.cause import Cause, CauseKind, because
from loadwise.core.graph import Column, Entity, Graph, PolymorphicLoad, Relationship
from loadwise.core.path import Path, Step
from loadwise.core.plan import Choice, Plan
from loadwise.core.statement import FOR_ONE, Option, Statement, Way, same_place
from loadwise.core.strategy import COLUMNS, LAZY, QUERIES, Strategy
from loadwise.core.tree import EVERYTHING, NOTHING, Tree

DEEPEST: Final = 8
"""How many entities in a row a plan follows, where a strategy walks a cycle without end."""


class RefusedError(ValueError):
    """SQLAlchemy refuses the statement; the message says why."""


def plan_of(graph: Graph, statement: Statement) -> Plan:
    """What a statement loads, over every entity that its strategies reach.

    Raises RefusedError where SQLAlchemy raises on the same statement, and KeyError for an entity
    that is not in the graph.
    """
    _check_options(graph, statement)
    root = Path((Step(statement.entity),))
    reached = _Reached(
        path=root,
        entity=graph[statement.entity],
        way=statement.way,
        hops=(statement.entity,),
        several=statement.way is not Way.GET and statement.way not in FOR_ONE,
    )
    choices = tuple(_choices(graph, statement, reached))
    sure, maybe, unseen = {root}, {root}, NOTHING
    for choice in choices:  # those of an entity before those of what lies below it
        if choice.loaded is not False:
            maybe.add(choice.path)
        if choice.loaded and _without_subclass(choice.path.parent) in sure:
            sure.add(choice.path)
        if choice.loaded is not False and len(choice.path.steps) > DEEPEST:
            below = NOTHING if choice.strategy in COLUMNS else EVERYTHING
            unseen |= Tree.along(choice.path, below)
    return Plan(tree=Tree.of_paths(sure), may=Tree.of_paths(maybe) | unseen, choices=choices)


def _without_subclass(path: Path) -> Path:
    """The path to the same objects, whatever their class."""
    if not path.steps[-1].of_type:
        return path
    *above, last = path.steps
    return Path((*above, Step(last.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reached:
    """An entity that a walk of the statement has come to.

    `hops` are the entities on the way, the reached one last. `way` is how its rows come; `further`
    says that it is by a statement of their own, `joined` that it is by a join, `several` that there
    may be more than one of it.
    """

    path: Path
    entity: Entity
    way: Way
    hops: tuple[str, ...]
    further: bool = False
    joined: bool = False
    several: bool = True


def _check_options(graph: Graph, statement: Statement) -> None:
    """Refuse what `options()` refuses: a path that does not link up."""
    for option in statement.options:
        if not option.path:
            continue
        entity = statement.entity
        steps = option.path.steps if option.every else option.path.steps[:-1]
        for place, step in enumerate(steps):
            if place:
                found = graph[entity].relationship(step.name)
                if found is None:
                    raise RefusedError(f"{option.path}: {entity} has no relationship {step.name}")
                entity = found.target
            if step.of_type:
                entity = step.of_type
        if not option.every and option.path.name not in graph[entity].names:
            raise RefusedError(
                f"{option.path} does not link up: {entity} has no {option.path.name}"
            )


def _choices(graph: Graph, statement: Statement, reached: _Reached) -> Iterator[Choice]:
    """The choices for an entity's attributes, then for what lies below them."""
    if len(reached.hops) > DEEPEST:
        return
    entity = reached.entity
    only = statement.only if len(reached.hops) == 1 else None
    for column in entity.columns:
        if only is None or column.name in only or column.primary_key:
            yield _column(statement, reached, column, reached.path / column.name)
    for relationship in entity.relationships:
        if only is not None and relationship.name not in only:
            continue
        place = reached.path / relationship.name
        yield from _relationship(graph, statement, reached, relationship, place, selected=True)
    for subclass in graph.subclasses(entity.name):
        yield from _of_subclass(graph, statement, reached, subclass)


def _of_subclass(
    graph: Graph, statement: Statement, reached: _Reached, subclass: Entity
) -> Iterator[Choice]:
    """The choices for the attributes that a subclass adds to the entity that is selected."""
    base = reached.entity
    mapped = subclass.inherits is not None and subclass.inherits.load is not PolymorphicLoad.NO
    selected = base.loads_subclasses or mapped or subclass.name in statement.polymorphic
    *above, last = reached.path.steps
    path = Path((*above, Step(last.name, subclass.name)))
    text = f"the statement selects {base.name}, and {{}} belongs to its subclass {subclass.name}"
    for column in subclass.columns:
        if column.name in base.names:
            continue
        if selected:
            yield _column(statement, reached, column, path / column.name)
        else:
            cause = Cause(kind=CauseKind.SUBCLASS_COLUMN, text=text.format(column.name))
            yield Choice(path=path / column.name, strategy=Strategy.DEFER, cause=cause)
    for relationship in subclass.relationships:
        if relationship.name not in base.names:
            place = path / relationship.name
            yield from _relationship(
                graph, statement, reached, relationship, place, selected=selected
            )


def _column(statement: Statement, reached: _Reached, column: Column, path: Path) -> Choice:
    """Whether a statement selects a column. A primary key always is; what an option says wins."""
    named = len(reached.hops) == 1 and column.name in (statement.only or ())
    found = _option(statement, reached, path, COLUMNS)
    strategy = found.strategy if found is not None else column.strategy
    if column.primary_key or named:
        strategy = Strategy.UNDEFER
    if strategy is Strategy.UNDEFER:
        return Choice(path=path, strategy=strategy, by_option=found is not None, loaded=True)
    if found is None:
        cause = because(CauseKind.DEFERRED)
    elif found.every:
        cause = because(CauseKind.LOAD_ONLY)
    else:
        cause = Cause(kind=CauseKind.DEFERRED, text="the statement defers it")
    installs = strategy if strategy is not column.strategy else None
    return Choice(
        path=path, strategy=strategy, by_option=found is not None, cause=cause, installs=installs
    )


def _option(
    statement: Statement, reached: _Reached, path: Path, among: frozenset[Strategy]
) -> Option | None:
    """The option that decides for an attribute: the last for it, else the last wildcard."""
    usable = [
        option
        for option in statement.options
        if option.strategy in among and (option.is_kept or not reached.further)
    ]
    exact = [one for one in usable if not one.every and _names(one.path, path)]
    wild = [one for one in usable if one.every and one.path == path.parent]
    everywhere = [one for one in usable if one.every and not one.path]
    found = exact or wild or everywhere
    return found[-1] if found else None


def _names(option: Path, path: Path) -> bool:
    """Whether an option's path leads to an attribute, also by a recursion further up."""
    return option.steps[-1] == path.steps[-1] and same_place(option.steps[:-1], path.steps[:-1])


def _relationship(
    graph: Graph,
    statement: Statement,
    reached: _Reached,
    relationship: Relationship,
    path: Path,
    *,
    selected: bool,
) -> Iterator[Choice]:
    """The choice for a relationship, and those below it where it is loaded."""
    option = _option(statement, reached, path, frozenset(Strategy) - COLUMNS)
    option = option if option is not None else _recursion(statement, reached, path, relationship)
    named = len(reached.hops) == 1 and relationship.name in (statement.only or ())
    strategy = option.strategy if option is not None else relationship.lazy
    choice = _applied(graph, reached, relationship, path, strategy, option, selected, named)
    choice = replace(choice, path=path, strategy=strategy, by_option=option is not None)
    if choice.loaded and strategy is Strategy.SUBQUERY and not choice.each:
        _check_keys(statement, reached, relationship)
    yield choice
    if choice.loaded is False or strategy is Strategy.NOLOAD:
        return
    if relationship.target not in graph:
        return
    joined = strategy in {Strategy.JOINED, Strategy.CONTAINS_EAGER}
    below = _Reached(
        path=path,
        entity=graph[relationship.target],
        way=reached.way if joined else _way_below(strategy, reached.way),
        hops=(*reached.hops, relationship.target),
        further=reached.further or not joined,
        joined=joined,
        several=reached.several or relationship.uselist,
    )
    yield from _choices(graph, statement, below)


def _check_keys(statement: Statement, reached: _Reached, relationship: Relationship) -> None:
    """Refuse subquery loading by a column that the statement leaves out (T3, NoSuchColumnError)."""
    for name in relationship.join.local:
        column = reached.entity.column(name)
        if column is None or _column(statement, reached, column, reached.path / name).loaded:
            continue
        raise RefusedError(f"subqueryload({relationship.name}) needs {name}, which is left out")


def _way_below(strategy: Strategy, way: Way) -> Way:
    """How a further statement brings related rows: for all objects together, or for each."""
    together = strategy in {Strategy.SELECTIN, Strategy.SUBQUERY}
    return Way.SELECT if together and way not in FOR_ONE else Way.LAZY


def _recursion(
    statement: Statement, reached: _Reached, path: Path, relationship: Relationship
) -> Option | None:
    """The option with a `recursion_depth` that reaches down to here: it loads depth + 1 levels."""
    run = 0
    steps = path.steps
    while run < len(steps) and steps[-1 - run].name == relationship.name:
        run += 1
    start = Path(steps[: len(steps) - run + 1])
    for option in reversed(statement.options):
        if option.depth is not None and option.path == start:
            return option if option.depth == -1 or run <= option.depth + 1 else None
    return None


def _applied(
    graph: Graph,
    reached: _Reached,
    relationship: Relationship,
    path: Path,
    strategy: Strategy,
    option: Option | None,
    selected: bool,
    named: bool,
) -> Choice:
    """What comes of a strategy where the statement is at. Path and strategy are filled in later."""
    blank = Choice(path=path, strategy=strategy)
    if relationship.lazy in QUERIES:
        return _query(relationship, strategy, blank)
    if strategy is Strategy.NOLOAD:
        return replace(blank, loaded=True)
    cut = None if option is not None and not option.every else _cut(graph, reached, relationship)
    if strategy in LAZY:
        if named and reached.way is Way.REFRESH:
            return _immediate(reached, relationship, cut, blank)
        return _lazy(relationship, strategy, option, blank)
    if strategy is Strategy.CONTAINS_EAGER and option is not None:
        return _contained(graph, reached, relationship, option, selected, blank)
    if strategy is Strategy.JOINED:
        return _joined(reached, relationship, option, selected, named, cut, blank)
    if reached.way in FOR_ONE or strategy is Strategy.IMMEDIATE:
        return _immediate(reached, relationship, cut, blank)
    return _with_a_statement(reached, relationship, strategy, option, selected, cut, blank)


def _query(relationship: Relationship, strategy: Strategy, blank: Choice) -> Choice:
    """A dynamic or write-only relationship is a query, whatever a statement says."""
    if strategy.is_eager:
        raise RefusedError(f"{relationship.name} does not support object population")
    cause = Cause(kind=CauseKind.DYNAMIC, text=f"lazy={str(relationship.lazy)!r} makes it a query")
    return replace(blank, cause=cause)


def _lazy(
    relationship: Relationship, strategy: Strategy, option: Option | None, blank: Choice
) -> Choice:
    """Left to the first read, which the option or the mapping may forbid."""
    installs = strategy if strategy is not relationship.at_first_read else None
    if strategy is not Strategy.SELECT:
        text = "raiseload() forbids it" if option else f"lazy={str(strategy)!r} forbids it"
        cause = Cause(kind=CauseKind.RAISE_CONFIGURED, text=text)
    elif option is not None:
        cause = Cause(kind=CauseKind.NEVER_LOADED, text="the statement says lazyload()")
    else:
        cause = because(CauseKind.NEVER_LOADED)
    return replace(blank, cause=cause, installs=installs)


def _cut(graph: Graph, reached: _Reached, relationship: Relationship) -> Cause | None:
    """Why a mapping's strategy, or a wildcard, goes no further along a cycle (C4, T6)."""
    asked = f"lazy={str(relationship.lazy)!r}"
    if relationship.join_depth:
        if len(reached.hops) > relationship.join_depth:
            text = f"join_depth={relationship.join_depth} goes no deeper"
            return Cause(kind=CauseKind.DEPTH_EXHAUSTED, text=text)
        return None
    if relationship.target == reached.entity.name or graph.is_a(
        reached.entity.name, relationship.target
    ):
        text = f"{asked} on a self-referential relationship needs join_depth"
        return Cause(kind=CauseKind.DEPTH_EXHAUSTED, text=text)
    if any(graph.is_a(hop, relationship.target) for hop in reached.hops):
        text = f"{asked} stops where the way comes back to {relationship.target}"
        return Cause(kind=CauseKind.CYCLE_CUT, text=text)
    return None


UNSUPPORTED: Final = {
    Way.RETURNING: "is not applied to RETURNING",
    Way.FROM_STATEMENT: "is not applied to a from_statement()",
}
"""Where joined and subquery loading is silently dropped (C3)."""


def _said(strategy: Strategy, option: Option | None) -> str:
    return f"{strategy}load()" if option is not None else f"lazy={str(strategy)!r}"


def _ignored(strategy: Strategy, option: Option | None, why: str) -> Cause:
    return Cause(kind=CauseKind.OPTIONS_IGNORED, text=f"{_said(strategy, option)} {why}")


def _subclass(relationship: Relationship, reached: _Reached) -> Cause:
    text = f"the statement selects {reached.entity.name}, which has no {relationship.name}"
    return Cause(kind=CauseKind.SUBCLASS_COLUMN, text=text)


def _contained(
    graph: Graph,
    reached: _Reached,
    relationship: Relationship,
    option: Option,
    selected: bool,
    blank: Choice,
) -> Choice:
    """contains_eager() takes the columns that the statement has, whatever they are (C10).

    Only a SELECT that the user wrote can have the join it needs. RETURNING is given the columns of
    the related entity, and the database refuses those that the table lacks.
    """
    if not selected:
        return replace(blank, cause=_ignored(option.strategy, option, "reaches no subclass"))
    if reached.way is Way.STREAM and relationship.uselist:
        raise RefusedError("yield_per does not go with contains_eager() of a collection")
    if reached.way is Way.RETURNING:
        lacking = graph[relationship.target].names - reached.entity.names
        if any(graph[relationship.target].column(name) for name in lacking):
            raise RefusedError("contains_eager() asks RETURNING for columns of another table")
    written = reached.way in {Way.SELECT, Way.STREAM} and not reached.joined
    return replace(blank, loaded=True, unrelated=not (option.joins and written))


def _joined(
    reached: _Reached,
    relationship: Relationship,
    option: Option | None,
    selected: bool,
    named: bool,
    cut: Cause | None,
    blank: Choice,
) -> Choice:
    """A LEFT OUTER JOIN in the statement itself; where it cannot be, the first read loads."""
    lazily = Strategy.SELECT if relationship.at_first_read is not Strategy.SELECT else None
    if not selected:
        return replace(blank, cause=_subclass(relationship, reached), installs=lazily)
    if reached.way is Way.STREAM and relationship.uselist:  # even where a cycle is cut
        raise RefusedError("yield_per does not go with joined loading of a collection")
    if reached.way in UNSUPPORTED:
        cause = _ignored(Strategy.JOINED, option, UNSUPPORTED[reached.way])
        return replace(blank, cause=cause, installs=lazily)
    if cut is not None and named and reached.way is Way.REFRESH:
        return _immediate(reached, relationship, cut, blank)
    if cut is not None:
        return replace(blank, cause=cut, installs=lazily)
    inner = option.inner if option is not None else relationship.join.inner
    return replace(blank, loaded=True, drops_rows=inner)


def _immediate(
    reached: _Reached, relationship: Relationship, cut: Cause | None, blank: Choice
) -> Choice:
    """One load for each object, at once. Refreshes do selectin and subquery loading so, too.

    Where the walk has come this way before, SQLAlchemy lets a many-to-one be answered from the
    session alone, and emits statements for all else (`PASSIVE_NO_FETCH_RELATED`, #6301). Below
    the root that is so from the second object on, whatever the options (C6, T7).
    """
    if not relationship.is_simple_get:
        return replace(blank, loaded=True, each=True)
    if cut is not None:
        return replace(blank, loaded=None, cause=cut, each=True)
    if reached.further and reached.several and reached.way is Way.LAZY:
        text = "immediate loading does a many-to-one below the first hop for one object alone"
        return replace(blank, loaded=None, cause=Cause(kind=CauseKind.CYCLE_CUT, text=text))
    return replace(blank, loaded=True, each=True)


def _with_a_statement(
    reached: _Reached,
    relationship: Relationship,
    strategy: Strategy,
    option: Option | None,
    selected: bool,
    cut: Cause | None,
    blank: Choice,
) -> Choice:
    """selectin and subquery loading: one more statement for all objects together."""
    subquery = strategy is Strategy.SUBQUERY
    if not selected:
        cause = _subclass(relationship, reached)
        # from 2.1 on it reaches a subclass below a join (#13209, T9)
        return replace(blank, loaded=None if reached.joined else False, cause=cause)
    if subquery and reached.way in UNSUPPORTED:
        return replace(blank, cause=_ignored(strategy, option, UNSUPPORTED[reached.way]))
    if cut is not None:
        return replace(blank, cause=cut)
    if subquery and reached.way is Way.STREAM:
        raise RefusedError("yield_per does not go with subquery loading")
    return replace(blank, loaded=True)
