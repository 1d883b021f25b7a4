"""Family: parents, children and grandchildren, with one strategy on both relationships."""

from __future__ import annotations

from typing import Final

from loadwise.core.cost import Cost, Kind, chain, each
from loadwise.core.graph import Column, Direction, Entity, Graph, Join, Relationship
from loadwise.core.loading import plan_of
from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.statement import Statement, Way
from loadwise.core.strategy import Strategy
from loadwise.report.loading.kinds import EAGER
from loadwise.report.loading.words import table, told

PARENTS: Final = 100
CHILDREN: Final = 10
GRANDCHILDREN: Final = 5
DOWN: Final = Path.parse("Parent.children.grandchildren")
UP: Final = Path.parse("Grandchild.child.parent")
_ID: Final = Column(name="id", primary_key=True)


def graph(down: Strategy, up: Strategy) -> Graph:
    """The three classes, with a strategy for each direction."""

    def many(name: str, target: str) -> Relationship:
        return Relationship(
            name=name,
            target=target,
            direction=Direction.ONE_TO_MANY,
            uselist=True,
            lazy=down,
            join=Join(local=("id",)),
        )

    def one(name: str, target: str) -> Relationship:
        join = Join(local=(f"{name}_id",), get=(f"{name}_id",))
        return Relationship(name=name, target=target, lazy=up, join=join)

    return Graph(
        entities=(
            Entity(name="Parent", columns=(_ID,), relationships=(many("children", "Child"),)),
            Entity(
                name="Child",
                columns=(_ID, Column(name="parent_id")),
                relationships=(many("grandchildren", "Grandchild"), one("parent", "Parent")),
            ),
            Entity(
                name="Grandchild",
                columns=(_ID, Column(name="child_id")),
                relationships=(one("child", "Child"),),
            ),
        )
    )


def downward(lazy: Strategy, way: Way = Way.SELECT) -> Plan:
    """What a statement for parents loads, where only the collections have the strategy."""
    return plan_of(graph(lazy, Strategy.SELECT), Statement(entity="Parent", way=way))


def upward(lazy: Strategy, way: Way = Way.SELECT) -> Plan:
    """What a statement for grandchildren loads, where only the many-to-ones have the strategy."""
    return plan_of(graph(Strategy.SELECT, lazy), Statement(entity="Grandchild", way=way))


def levels(plan: Plan, path: Path) -> int:
    """How many of the two relationships a plan loads for certain, one after the other."""
    steps = path.steps
    loaded = [plan.choice(Path(steps[:length])) for length in (2, 3)]
    return next((place for place, one in enumerate(loaded) if not (one and one.loaded)), 2)


def taken(lazy: Strategy) -> Cost:
    """What it takes to load all parents with what they have."""
    return chain(
        lazy,
        (Kind.COLLECTION, each(PARENTS, CHILDREN)),
        (Kind.COLLECTION, each(PARENTS * CHILDREN, GRANDCHILDREN)),
    )


def family() -> str:
    """How far each strategy loads, and what it takes."""
    rows = [
        [
            f"`{lazy}`",
            str(levels(downward(lazy), DOWN)),
            str(levels(upward(lazy, Way.GET), UP)),
            str(levels(upward(lazy), UP)),
            told(taken(lazy)),
        ]
        for lazy in (Strategy.SELECT, *EAGER)
    ]
    header = ["`lazy=`", "down", "up, of one object", "up, of more", f"down, {PARENTS} parents"]
    return table(header, rows)
