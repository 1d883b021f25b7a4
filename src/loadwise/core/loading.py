"""Loading: SQLAlchemy's rules of what a statement loads: which strategy wins, how far it reaches.

What then comes of a strategy is in `asked`. `C…` and `T…` name the rows of the measured table that
say so, which `tests/truth/` checks this module against.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile
from typing import Final

from loadwise.core.asked import Asked, Reached, answer, is_again
from loadwise.core.cause import Cause, CauseKind, because
from loadwise.core.graph import Column, Entity, Graph, PolymorphicLoad, Relationship
from loadwise.core.path import Path, Step
from loadwise.core.plan import Choice, Plan
from loadwise.core.statement import FOR_ONE, Option, RefusedError, Statement, Way, same_place
from loadwise.core.strategy import COLUMNS, Strategy
from loadwise.core.trail import Trail, reach
from loadwise.core.tree import EVERYTHING, NOTHING, Tree

JOINS: Final = frozenset({Strategy.JOINED, Strategy.CONTAINS_EAGER})
"""What takes rows from the statement itself."""

DEEPEST: Final = 8
"""How many entities in a row a plan follows, where a strategy walks a cycle without end."""


def plan_of(graph: Graph, statement: Statement) -> Plan:
    """What a statement loads, over every entity that its strategies reach.

    Raises RefusedError where SQLAlchemy raises on the same statement, and KeyError for an entity
    that is not in the graph.
    """
    root, choices = Path((Step(statement.entity),)), choices_of(graph, statement)
    sure, maybe, unseen = {root}, {root}, NOTHING
    for choice in choices:  # those of an entity before those of what lies below it
        if choice.loaded is False:
            continue
        maybe.add(choice.path)
        if choice.loaded and _without_subclass(choice.path.parent) in sure:
            sure.add(choice.path)
        if len(choice.path.steps) > DEEPEST and choice.strategy not in COLUMNS:
            unseen |= Tree.along(choice.path, EVERYTHING)
    return Plan(
        tree=Tree.of_paths(sure),
        may=Tree.of_paths(maybe) | unseen,
        choices=choices,
        lazily=lazy_paths(statement, choices),
    )


@lru_cache(maxsize=4096)
def choices_of(graph: Graph, statement: Statement, deepest: int = DEEPEST) -> tuple[Choice, ...]:
    """What a statement does for each attribute of so many entities in a row.

    Raises what `plan_of` raises, for those.
    """
    _check_options(graph, statement)
    reached = Reached(
        path=Path((Step(statement.entity),)),
        entity=graph[statement.entity],
        way=statement.way,
        hops=(*statement.behind, statement.entity),
        own=(statement.entity,),
        trail=Trail.of(statement),
        several=statement.way is not Way.GET and statement.way not in FOR_ONE,
        reverse=statement.reverse,
        deepest=deepest,
    )
    return tuple(_choices(graph, statement, reached))


def reload_way(graph: Graph, entity: Entity, names: frozenset[str]) -> Way:
    """How the reload of some attributes is done: by the tables that their columns are in."""
    tables = {graph.table(entity.name, one.name) for one in entity.columns if one.name in names}
    *_, base = graph.lineage(entity.name)
    return Way.RELOAD_SUBCLASS if tables and base.name not in tables else Way.RELOAD


def lazy_paths(statement: Statement, choices: tuple[Choice, ...]) -> frozenset[Path]:
    """The paths whose objects come by lazy loads."""
    ways = {Path((Step(statement.entity),)): statement.way}
    for choice in choices:
        above = ways.get(_without_subclass(choice.path.parent))
        if choice.strategy not in COLUMNS and choice.loaded is not False and above is not None:
            ways[choice.path] = (
                above if choice.strategy in JOINS else _way_below(choice.strategy, above)
            )
    return frozenset(path for path, found in ways.items() if found is Way.LAZY)


def _without_subclass(path: Path) -> Path:
    """The path to the same objects, whatever their class."""
    if not path.steps[-1].of_type:
        return path
    *above, last = path.steps
    return Path((*above, Step(last.name)))


def _check_options(graph: Graph, statement: Statement) -> None:
    """Refuse what SQLAlchemy refuses: a path that does not link up, options that are in conflict.

    Only of wildcards does the last one count; two strategies for one attribute are an error.
    """
    said: dict[Path, Option] = {}
    for option in statement.options:
        path = option.path
        owner = _end(graph, statement.entity, path if option.every else path.parent)
        if option.every:
            continue
        if path.name not in graph[owner].names:
            raise RefusedError(f"{path} does not link up: {owner} has no {path.name}")
        first = said.setdefault(path, option)
        if replace(option, joins=first.joins) != first:
            raise RefusedError(f"{option.strategy} for {path} is in conflict with {first.strategy}")


def _end(graph: Graph, root: str, path: Path) -> str:
    """The entity that a path from a root leads to."""
    entity = root
    for place, step in enumerate(path.steps):
        if place:
            found = graph[entity].relationship(step.name)
            if found is None:
                raise RefusedError(f"{path}: {entity} has no relationship {step.name}")
            entity = found.target
        elif step.name != root:
            raise RefusedError(f"{path} does not start from {root}")
        entity = step.of_type or entity
    return entity


def _choices(graph: Graph, statement: Statement, reached: Reached) -> Iterator[Choice]:
    """The choices for an entity's attributes, then for what lies below them."""
    if len(reached.path.steps) > reached.deepest:
        return
    entity = reached.entity
    only = _only(statement, entity) if reached.is_root else None
    for column in entity.columns:
        if only is None or column.name in only:
            yield _column(statement, reached, column, reached.path / column.name)
    for relationship in entity.relationships:
        if only is not None and relationship.name not in only:
            continue
        place = reached.path / relationship.name
        yield from _relationship(graph, statement, reached, relationship, place, selected=True)
    for subclass in graph.subclasses(entity.name):
        yield from _of_subclass(graph, statement, reached, subclass)


def _only(statement: Statement, entity: Entity) -> frozenset[str] | None:
    """The attributes that a statement is for. A refresh of a relationship selects the key, too."""
    if statement.only is None:
        return None
    with_key = statement.way is Way.REFRESH and any(map(entity.relationship, statement.only))
    return statement.only | frozenset(entity.primary_key if with_key else ())


def _of_subclass(
    graph: Graph, statement: Statement, reached: Reached, subclass: Entity
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


def _column(statement: Statement, reached: Reached, column: Column, path: Path) -> Choice:
    """Whether a statement selects a column. A primary key always is; what an option says wins.

    No option leaves out the discriminator either.
    """
    named = reached.is_root and column.name in (statement.only or ())
    found = _option(reached, path, COLUMNS)
    strategy = found.strategy if found is not None else column.strategy
    if column.primary_key or named or (column.discriminator and found is not None):
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


def _option(reached: Reached, path: Path, among: frozenset[Strategy]) -> Option | None:
    """The option that decides for an attribute: the last for it, else the last wildcard."""
    path = reach(reached.trail.place, path)
    usable = [
        option
        for option in reached.trail.options
        if option.strategy in among and (option.is_kept or not reached.is_further)
    ]
    exact = [one for one in usable if not one.every and _names(one.path, path)]
    wild = [one for one in usable if one.every and one.path == path.parent]
    everywhere = [one for one in usable if one.every and not one.path]
    found = exact or wild or everywhere
    return found[-1] if found else None


def _names(option: Path, path: Path) -> bool:
    """Whether an option's path leads to an attribute; its owner may be named by a subclass."""
    return option.steps[-1] == path.steps[-1] and same_place(option.steps[:-1], path.steps[:-1])


def _relationship(
    graph: Graph,
    statement: Statement,
    reached: Reached,
    relationship: Relationship,
    path: Path,
    *,
    selected: bool,
) -> Iterator[Choice]:
    """The choice for a relationship, and those below it where it is loaded."""
    option = _option(reached, path, frozenset(Strategy) - COLUMNS)
    asked = Asked(
        reached=reached,
        relationship=relationship,
        path=path,
        option=option if option is not None else _recursion(statement, path),
        selected=selected,
        named=reached.is_root and relationship.name in (statement.only or ()),
    )
    choice = answer(asked, graph)
    if choice.loaded and choice.strategy is Strategy.SUBQUERY and not choice.each:
        _check_keys(statement, reached, relationship)
    filled = choice.loaded is not False and choice.strategy is not Strategy.NOLOAD
    if not (filled and relationship.target in graph):
        yield choice
        return
    below = _below(statement, asked, graph[relationship.target], graph)
    yield choice if below.trail.is_plain(statement, path) else replace(choice, trail=below.trail)
    yield from _choices(graph, statement, below)


def _below(statement: Statement, asked: Asked, target: Entity, graph: Graph) -> Reached:
    """What the walk comes to where a relationship is loaded."""
    reached, strategy = asked.reached, asked.strategy
    joined = strategy in JOINS
    way = reached.way if joined else _way_below(strategy, reached.way)
    lazily = way is Way.LAZY and not (joined or asked.relationship.is_simple_get)
    # a subquery forgets by what way the statement around it came
    subquery = strategy is Strategy.SUBQUERY and reached.way not in FOR_ONE
    owner = graph.declarer(asked.owner, asked.relationship.name)
    if subquery:
        trail = reached.trail.by_subquery(asked.path, owner, target.name, statement, graph)
    elif joined:
        trail = reached.trail.within(asked.path, owner, target.name)
    else:
        trail = reached.trail.beyond(asked.path, target.name)
    return Reached(
        path=asked.path,
        entity=target,
        way=way,
        hops=trail.chain if subquery else (*reached.hops[:-1], owner, target.name),
        trail=trail,
        own=(*reached.own[:-1], owner, target.name) if joined else (target.name,),
        several=reached.several or asked.relationship.uselist,
        reverse=asked.relationship.back_populates if lazily else "",
        again=joined and is_again(reached, asked.owner, graph),
        deepest=reached.deepest,
    )


def _check_keys(statement: Statement, reached: Reached, relationship: Relationship) -> None:
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


def _recursion(statement: Statement, path: Path) -> Option | None:
    """The option with a `recursion_depth` that reaches down to here: it loads depth + 1 levels."""
    run = len(list(takewhile(lambda step: step.name == path.name, reversed(path.steps[1:]))))
    start = Path(path.steps[: len(path.steps) - run + 1])
    for option in reversed(statement.options):
        if option.depth is not None and option.path == start:
            return option if option.depth == -1 or run <= option.depth + 1 else None
    return None
