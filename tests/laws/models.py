"""Hypothesis strategies for the model: mappings, statements, states and effects that fit together.

Names are few, so that what happens meets what is mapped.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from loadwise.core.cause import CauseKind, because
from loadwise.core.effect import (
    Add,
    Append,
    BulkUpdate,
    Commit,
    Delete,
    Detach,
    Effect,
    Expire,
    Flush,
    Get,
    Merge,
    New,
    PopulateExisting,
    Queue,
    Read,
    Refresh,
    Reselect,
    Returns,
    Rollback,
    SavepointRollback,
    Set,
    Unknown,
)
from loadwise.core.effects import load
from loadwise.core.graph import (
    Column,
    Direction,
    Entity,
    Generated,
    Graph,
    Inheritance,
    InheritanceKind,
    Join,
    PolymorphicLoad,
    Relationship,
)
from loadwise.core.loading import plan_of
from loadwise.core.path import Path, Step
from loadwise.core.state import Held, Life, Slot, State, blank
from loadwise.core.statement import Option, RefusedError, Statement, Way, kept
from loadwise.core.strategy import COLUMNS, Strategy

S = Strategy
ENTITIES = ("A", "B", "C")
LAZY = (
    *(S.SELECT, S.SELECT, S.JOINED, S.SELECTIN, S.SUBQUERY, S.IMMEDIATE),
    *(S.RAISE, S.RAISE_ON_SQL, S.NOLOAD, S.DYNAMIC, S.WRITE_ONLY),
)
FOR_RELATIONSHIPS = (
    *(S.SELECT, S.JOINED, S.SELECTIN, S.SUBQUERY, S.IMMEDIATE),
    *(S.RAISE, S.RAISE_ON_SQL, S.NOLOAD, S.CONTAINS_EAGER),
)
FOR_COLUMNS = tuple(sorted(COLUMNS))

names = st.sampled_from(ENTITIES)
causes = st.none() | st.sampled_from([CauseKind.NEVER_LOADED, CauseKind.DEFERRED]).map(because)

columns = st.builds(
    Column,
    name=st.sampled_from(["x", "y", "z"]),
    deferred=st.booleans(),
    raises=st.booleans(),
    group=st.sampled_from(["", "", "g"]),
    on_insert=st.sampled_from(Generated),
    on_update=st.sampled_from(Generated),
    computed=st.booleans(),
)


@st.composite
def relationships(draw: st.DrawFn, name: str) -> Relationship:
    """A relationship to one or many: by the primary key of its target, or otherwise."""
    direction = draw(st.sampled_from(Direction))
    to_one = direction is Direction.MANY_TO_ONE
    local = ("fk",) if to_one else ("id",)
    return Relationship(
        name=name,
        target=draw(names),
        direction=direction,
        uselist=not to_one and draw(st.booleans()),
        lazy=draw(st.sampled_from(LAZY)),
        join_depth=draw(st.sampled_from([None, None, 1, 2])),
        join=Join(
            local=local,
            get=local if to_one and draw(st.booleans()) else (),
            inner=draw(st.booleans()),
            view_only=draw(st.booleans()),
        ),
        cascade=draw(st.sampled_from([frozenset(), frozenset({"save-update", "merge"})])),
    )


@st.composite
def entities(draw: st.DrawFn, name: str) -> Entity:
    own = draw(st.lists(columns, max_size=3, unique_by=lambda one: one.name))
    related = draw(st.sampled_from([(), ("r",), ("r", "s")]))
    return Entity(
        name=name,
        columns=(Column(name="id", primary_key=True), Column(name="fk"), *own),
        relationships=tuple(draw(relationships(one)) for one in related),
        fetches=draw(st.sampled_from([None, True, False])),
        partial_keys=draw(st.booleans()),
    )


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Three entities that point at each other, and sometimes a subclass of the first."""
    base, *others = (draw(entities(name)) for name in ENTITIES)
    if not draw(st.booleans()):
        return Graph(entities=(base, *others))
    sub = Entity(
        name="Sub",
        columns=(*base.columns, Column(name="extra")),
        relationships=(*base.relationships, draw(relationships("t"))),
        inherits=Inheritance(
            base="A", kind=InheritanceKind.JOINED, load=draw(st.sampled_from(PolymorphicLoad))
        ),
    )
    return Graph(entities=(base, *others, sub))


@st.composite
def options(draw: st.DrawFn, graph: Graph, entity: str) -> Option:
    """An option whose path links up: for a column, a relationship, or every attribute of one."""
    path = Path((Step(entity),))
    here = graph[entity]
    for _ in range(draw(st.integers(0, 2))):
        if here.relationships:
            step = draw(st.sampled_from(here.relationships))
            path, here = path / step.name, graph[step.target]
    kind = draw(st.sampled_from(["column", "relationship", "every", "everywhere"]))
    strategy = draw(st.sampled_from(FOR_COLUMNS if kind == "column" else FOR_RELATIONSHIPS))
    if kind == "column":
        return Option(path=path / draw(st.sampled_from(here.columns)).name, strategy=strategy)
    if kind == "relationship" and here.relationships:
        return Option(
            path=path / draw(st.sampled_from(here.relationships)).name,
            strategy=strategy,
            joins=draw(st.booleans()),
            inner=draw(st.booleans()),
            depth=draw(st.sampled_from([None, None, None, 1, 2])),
        )
    every = strategy if strategy is not S.CONTAINS_EAGER else S.DEFER
    return Option(path=Path() if kind == "everywhere" else path, strategy=every, every=True)


@st.composite
def statements(draw: st.DrawFn, graph: Graph, entity: str | None = None) -> Statement:
    root = entity if entity is not None else draw(st.sampled_from(graph.entities)).name
    chosen: dict[Path, Option] = {}
    for option in draw(st.lists(options(graph, root), max_size=3)):
        chosen.setdefault(option.path, option)
    return Statement(
        entity=root,
        way=draw(st.sampled_from([Way.SELECT, Way.SELECT, Way.SELECT, *Way])),
        options=tuple(chosen.values()),
        polymorphic=draw(st.sampled_from([frozenset(), frozenset({"Sub"})])),
    )


def is_legal(graph: Graph, statement: Statement) -> bool:
    """Whether SQLAlchemy takes a statement: only then there is an object that keeps its options."""
    try:
        plan_of(graph, statement)
    except RefusedError:
        return False
    return True


slots = st.builds(
    Slot,
    name=st.just(""),
    held=st.sampled_from(Held),
    cause=causes,
    expired=st.booleans(),
    empty=st.sampled_from([False, False, True]),
    unrelated=st.sampled_from([False, False, True]),
)


def known(slot: Slot) -> Slot:
    """A slot that says nothing of a value that it does not have, or of one that it has."""
    if slot.held is Held.YES:
        return replace(slot, expired=False)
    return replace(slot, empty=False, unrelated=False) if slot.held is Held.NO else slot


@st.composite
def states(draw: st.DrawFn, graph: Graph) -> State:
    """Any object of a mapping, also one that no effects lead to, with options that it obeys."""
    entity = draw(st.sampled_from(graph.entities))
    state = blank(
        entity, draw(st.sampled_from([Life.PERSISTENT, Life.PERSISTENT, Life.PERSISTENT, *Life]))
    )
    for name in sorted(state.names):
        among = FOR_COLUMNS if entity.column(name) else FOR_RELATIONSHIPS[:-1]
        left = draw(st.sampled_from([None, None, *among]))
        slot = known(replace(draw(slots), name=name, strategy=left))
        state = replace(
            state, slots=tuple(slot if one.name == name else one for one in state.slots)
        )
    statement = draw(statements(graph, entity.name).filter(lambda one: is_legal(graph, one)))
    return replace(
        state,
        options=kept(statement.options, Path((Step(entity.name),)), entity.name),
        expired=draw(st.booleans()),
        born=draw(st.booleans()),
    )


def _subset(of: frozenset[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(of)), max_size=3)


def effects(graph: Graph, state: State) -> st.SearchStrategy[Effect]:
    """Anything that may happen to an object, or may be said to: apply() has to bear it."""
    some, one = _subset(state.names), st.sampled_from(sorted(state.names))
    doubt = st.sampled_from([None, True, False])
    source = states(graph).filter(lambda other: other.entity == state.entity)
    returns = st.sampled_from([None, Returns(), Returns(insert=False)])
    return st.one_of(
        st.builds(Read, name=one),
        st.builds(Set, name=one),
        st.builds(Append, name=one),
        st.builds(Queue, name=one),
        st.builds(New, names=some),
        st.builds(
            Flush, changed=some, expressions=st.just(frozenset()), references=some, returns=returns
        ),
        st.builds(Flush, changed=some, expressions=some, returns=returns),
        st.builds(Commit, expire_on_commit=st.booleans()),
        st.builds(SavepointRollback, touched=doubt, born=st.booleans()),
        st.builds(Expire, names=st.none() | some),
        st.builds(Refresh, names=st.none() | some, present=st.none() | some),
        st.builds(BulkUpdate, sets=some, expires=some, matched=doubt),
        st.builds(Merge, source=source, load=st.booleans()),
        meetings(graph, state),
        st.sampled_from([Add(), Get(), Delete(), Detach(), Unknown(), Rollback()]),
    )


@st.composite
def meetings(draw: st.DrawFn, graph: Graph, state: State) -> Effect:
    """A statement that brings the object, or meets it; a new object where it is refused."""
    statement = draw(statements(graph, state.entity))
    if not is_legal(graph, statement):
        return New()
    found = load(graph, statement)
    present = draw(st.none() | _subset(state.names))
    found = replace(found, present=present)
    again = draw(st.sampled_from([None, Reselect, PopulateExisting]))
    if again is None:
        return found
    return again(plan=found.plan, path=found.path, options=found.options, present=present)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Graph, State]:
    graph = draw(graphs())
    return graph, draw(states(graph))


@st.composite
def happenings(draw: st.DrawFn) -> tuple[Graph, State, Effect]:
    graph, state = draw(worlds())
    return graph, state, draw(effects(graph, state))
