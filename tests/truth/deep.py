"""What the model says of how far a graph can be walked from loaded objects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from loadwise.core.graph import (
    Column,
    Direction,
    Entity,
    Graph,
    Inheritance,
    InheritanceKind,
    Join,
    PolymorphicLoad,
    Relationship,
)
from loadwise.core.loading import plan_of
from loadwise.core.path import Path, Step
from loadwise.core.statement import Option, Statement
from loadwise.core.strategy import Strategy
from loadwise.core.tree import Tree
from tests.truth.cells import DepthCell, TwoHopCell

S = Strategy
M2O, O2M, M2M = Direction.MANY_TO_ONE, Direction.ONE_TO_MANY, Direction.MANY_TO_MANY
KEY: Final = Column(name="id", primary_key=True)
FOREIGN: Final = Column(name="fk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A statement, and the relationships that are read one after another from its objects."""

    graph: Graph
    statement: Statement
    hops: Sequence[str]


def relation(
    name: str, target: str, kind: str, lazy: Strategy = S.SELECT, *, depth: int | None = None
) -> Relationship:
    """A relationship of a kind: m2o, m2o_nonpk, o2m, o2o or m2m."""
    simple = kind == "m2o"
    direction = {"o2m": O2M, "o2o": O2M, "m2m": M2M}.get(kind, M2O)
    return Relationship(
        name=name,
        target=target,
        direction=direction,
        uselist=kind in {"o2m", "m2m"},
        lazy=lazy,
        join_depth=depth,
        join=Join(local=("fk",) if direction is M2O else ("id",), get=("fk",) if simple else ()),
    )


def entity(name: str, *relationships: Relationship) -> Entity:
    return Entity(name=name, columns=(KEY, FOREIGN), relationships=relationships)


def reachable(walk: Walk) -> range:
    """How many hops can be read: at least the start of the range, less than its stop.

    A many-to-one that leads back to the object it was reached from finds it in the session.
    """
    plan = plan_of(walk.graph, walk.statement)
    return range(_walked(walk, plan.tree), _walked(walk, plan.may) + 1)


def _walked(walk: Walk, tree: Tree) -> int:
    at, reached = [Path((Step(walk.statement.entity),))], 0
    here = walk.graph[walk.statement.entity]
    for number, hop in enumerate(walk.hops):
        relationship = here.relationship(hop)
        if relationship is None:
            break
        back = number and relationship.is_simple_get and hop == _reverse(walk, number)
        path = at[-1] / hop
        if path not in tree and not back:
            break
        at = at[:-1] if back and path not in tree else [*at, path]
        here = walk.graph[relationship.target]
        reached += 1
    return reached


def _reverse(walk: Walk, number: int) -> str:
    """The relationship that leads back over the hop before."""
    names = {"rel": "back", "back": "rel"}
    return names.get(walk.hops[number - 1], "")


EAGER: Final = {
    "joinedload": S.JOINED,
    "selectinload": S.SELECTIN,
    "subqueryload": S.SUBQUERY,
    "immediateload": S.IMMEDIATE,
}
DEEP: Final = 5
"""How deep the trees are that were measured."""


def depth_walk(cell: DepthCell) -> Walk:
    """The walk of a label."""
    words = cell.label.split(" ")
    match words[0]:
        case "selfref":
            return _self_walk(cell.label, words[1])
        case "chain":
            return _chain_walk(words[1], S(words[3].removeprefix("lazy=")))
        case "bidi":
            return _both_walk(cell.label)
        case "linked":
            lazy = S(re.findall(r"lazy=(\w+)", cell.label)[0])
            nodes = Graph(entities=(entity("P", relation("rel", "P", "m2o", lazy)),))
            return Walk(graph=nodes, statement=Statement(entity="P"), hops=["rel"] * 999)
        case _:
            return _subclass_walk(cell.label, words[1])


def _self_walk(label: str, side: str) -> Walk:
    kind = "o2m" if side == "children" else "m2o"
    found = re.search(r"lazy=(\w+) join_depth=(\w+)", label)
    options: tuple[Option, ...] = ()
    lazy, depth = S.SELECT, None
    root = Path.parse("P")
    if found is not None:
        lazy = S(found[1])
        depth = None if found[2] == "None" else int(found[2])
    elif "recursion_depth" in label:
        name, levels = re.findall(r"option (\w+)\(recursion_depth=(-?\d+)\)", label)[0]
        options = (Option(path=root / "rel", strategy=EAGER[name], depth=int(levels)),)
    else:
        name, times = re.findall(r"option (\w+)(?: x(\d))?", label)[0]
        path = root
        for _ in range(int(times or 1)):
            path /= "rel"
            options += (Option(path=path, strategy=EAGER[name]),)
    nodes = Graph(entities=(entity("P", relation("rel", "P", kind, lazy, depth=depth)),))
    return Walk(graph=nodes, statement=Statement(entity="P", options=options), hops=["rel"] * DEEP)


def _chain_walk(kind: str, lazy: Strategy) -> Walk:
    names = ["P", "Q", "R", "S"]
    linked = [entity(name, relation("rel", after, kind, lazy)) for name, after in pairwise(names)]
    chain = Graph(entities=(*linked, entity("S")))
    return Walk(graph=chain, statement=Statement(entity="P"), hops=["rel"] * 3)


def _both_walk(label: str) -> Walk:
    lazy = S(re.findall(r"lazy=(\w+)", label)[0])
    one, other = ("m2m", "m2m") if " m2m " in label else ("m2o", "o2m")
    if "orgs" in label:
        one, other = other, one
    both = Graph(
        entities=(
            entity("P", relation("rel", "T", one, lazy)),
            entity("T", relation("back", "P", other, lazy)),
        )
    )
    return Walk(graph=both, statement=Statement(entity="P"), hops=["rel", "back", "rel"])


def _subclass_walk(label: str, kind: str) -> Walk:
    lazy = S(re.findall(r"lazy=(\w+)", label)[0]) if "lazy=" in label else S.SELECT
    how = re.findall(r"polymorphic_load=(\w+)", label)
    load = {"inline": PolymorphicLoad.INLINE, "selectin": PolymorphicLoad.SELECTIN}
    base = Entity(name="E", columns=(KEY,), loads_subclasses=how == ["with_polymorphic"])
    sub = Entity(
        name="M",
        columns=(KEY, FOREIGN),
        relationships=(relation("rel", "T", kind, lazy),),
        inherits=Inheritance(
            base="E",
            kind=InheritanceKind.JOINED,
            load=load.get("".join(how), PolymorphicLoad.NO),
        ),
    )
    both = Graph(entities=(base, sub, entity("T")))
    direct = label.endswith("select(M)")
    asked = "selectin_polymorphic" in label or "with_polymorphic(E" in label
    name = re.findall(r"(joinedload|selectinload|subqueryload|immediateload)\(", label)
    root = Path.parse("M" if direct else "E[M]")
    options = (Option(path=root / "rel", strategy=EAGER[name[0]]),) if name else ()
    statement = Statement(
        entity="M" if direct else "E",
        options=options,
        polymorphic=frozenset({"M"} if asked else ()),
    )
    return Walk(graph=both, statement=statement, hops=["rel"])


def subclass_range(walk: Walk) -> range:
    """How many hops can be read from objects of the subclass M: none or one."""
    plan = plan_of(walk.graph, walk.statement)
    paths = [Path.parse(f"{root}.rel") for root in ("M", "E[M]")]
    sure, maybe = (any(path in tree for path in paths) for tree in (plan.tree, plan.may))
    return range(int(sure), int(maybe) + 1)


def depths(cell: DepthCell) -> range:
    """What the model allows for a cell."""
    walk = depth_walk(cell)
    if cell.label.startswith("inh"):
        return subclass_range(walk)
    return reachable(walk)


def two_hops(cell: TwoHopCell) -> range:
    """What the model allows for every object of a cell."""
    first, second = cell.hops
    one, two = map(S, cell.strategies)
    options: tuple[Option, ...] = ()
    if cell.mode != "lazy":
        path = Path.parse("P.rel")
        options = (
            Option(path=path, strategy=one),
            Option(path=path / "rel", strategy=two),
        )
        one = two = S.SELECT
    hops = Graph(
        entities=(
            entity("P", relation("rel", "Q", first, one)),
            entity("Q", relation("rel", "R", second, two)),
            entity("R"),
        )
    )
    walk = Walk(graph=hops, statement=Statement(entity="P", options=options), hops=["rel", "rel"])
    return reachable(walk)
