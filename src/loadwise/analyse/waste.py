"""Waste: statements that fetch far more rows than they make objects of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from loadwise.analyse.world import Mapped
from loadwise.core.cause import Cause, CauseKind
from loadwise.core.graph import Graph, Relationship
from loadwise.core.have import Have
from loadwise.core.need import Need, Touched
from loadwise.core.path import Path
from loadwise.core.plan import Choice, Plan
from loadwise.core.site import Site, Sites
from loadwise.core.strategy import Strategy
from loadwise.core.tree import Tree
from loadwise.core.use import Subject, Use

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions


def note_rows(engine: Expressions, thing: Mapped, site: Site, *, limited: bool) -> None:
    """Note a statement that joins two collections side by side, or one under a LIMIT.

    Where only the mapping asks for that, no statement is more to blame than another.
    """
    if thing.plan is None or thing.path is None:
        return
    joined = joined_collections(engine.graph, thing.plan, thing.path)
    beside = next(side_by_side(joined), joined[:1] if limited else ())
    if not any(one.by_option for one in beside):
        return
    names = tuple(str(one.path) for one in beside)
    use = _multiplied(engine, thing, site, beside)
    engine.sightings.tell(("rows", thing.entity, site, names), use)


def joined_collections(graph: Graph, plan: Plan, root: Path) -> tuple[Choice, ...]:
    """The collections that the statement itself joins: what is loaded apart, and below, is not."""
    found: list[Choice] = []
    waiting = [(root, root.root)]
    while waiting:
        path, entity = waiting.pop(0)
        for choice in plan.below(path):
            relationship = graph[entity].relationship(choice.path.name)
            if not _is_joined(choice, relationship) or relationship is None:
                continue
            if relationship.target in graph:
                waiting.append((choice.path, relationship.target))
            if relationship.uselist:
                found.append(choice)
    return tuple(found)


def _is_joined(choice: Choice, relationship: Relationship | None) -> bool:
    return relationship is not None and choice.strategy is Strategy.JOINED and choice.loaded is True


def side_by_side(collections: Iterable[Choice]) -> Iterator[tuple[Choice, ...]]:
    """The pairs of joined collections of which neither lies below the other."""
    for one, other in combinations(sorted(collections, key=lambda each: str(each.path)), 2):
        if other.path.steps[: len(one.path.steps)] != one.path.steps:
            yield one, other


def _multiplied(engine: Expressions, thing: Mapped, site: Site, beside: tuple[Choice, ...]) -> Use:
    """The use of a statement whose rows multiply: what it joins, and that nothing needs it."""
    tree = Tree()
    for one in beside:
        tree |= Tree.along(one.path)
    cause = Cause(kind=CauseKind.UNKNOWN, text="joinedload() asks for it")
    last = beside[-1]
    return Use(
        subject=Subject(entity=engine.sightings.qualified(thing.entity)),
        have=Have.known(tree),
        need=Need.of(Touched(path=Path(last.path.steps[:1]))),
        sites=Sites(load=site),
        origin=engine.sightings.origin(thing, last.path.below_root),
        plan=Plan(
            tree=tree,
            may=tree,
            choices=tuple(_because(one, cause) for one in beside),
        ),
        multiplies=True,
        predicted=True,
    )


def _because(choice: Choice, cause: Cause) -> Choice:
    return Choice(
        path=choice.path,
        strategy=choice.strategy,
        by_option=choice.by_option,
        loaded=True,
        cause=cause if choice.by_option else None,
    )
