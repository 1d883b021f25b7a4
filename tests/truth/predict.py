"""What the model says of a cell of the truth table, without running SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from loadwise.core.effect import (
    Add,
    Commit,
    Detach,
    Effect,
    Expire,
    Flush,
    Get,
    Load,
    Merge,
    New,
    PopulateExisting,
    Refresh,
    Reselect,
    Returns,
    Rollback,
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
from loadwise.core.loading import RefusedError, plan_of
from loadwise.core.path import Path
from loadwise.core.reading import Outcome as Given
from loadwise.core.reading import Target, read
from loadwise.core.state import Held, Life, State, blank
from loadwise.core.statement import Option, Statement, Way, kept, load_only
from loadwise.core.strategy import Strategy
from tests.truth.cells import Cell, Outcome

S = Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of relationship as the model sees it: how `rel` is found, and what it points to.

    `empty` says that nothing is there to be found, so that None or an empty list is right.
    """

    direction: Direction
    uselist: bool = False
    local: tuple[str, ...] = ("id",)
    get: bool = False
    target: str = "T"
    back: bool = False
    subclass: bool = False
    empty: bool = False
    null: Target | None = None


M2O, O2M, M2M = Direction.MANY_TO_ONE, Direction.ONE_TO_MANY, Direction.MANY_TO_MANY
KINDS: Final = {
    "m2o": Kind(direction=M2O, local=("fk",), get=True),
    "m2o_shared": Kind(direction=M2O, local=("fk",), get=True),
    "m2o_null": Kind(direction=M2O, local=("fk",), get=True, empty=True, null=Target.NULL),
    "m2o_custom": Kind(direction=M2O, local=("fk",)),
    "m2o_nonpk": Kind(direction=M2O, local=("fk",)),
    "m2o_comp": Kind(direction=M2O, local=("fk", "fk2"), get=True),
    "m2o_comp_part": Kind(
        direction=M2O, local=("fk", "fk2"), get=True, empty=True, null=Target.PARTLY_NULL
    ),
    "o2m": Kind(direction=O2M, uselist=True),
    "o2o": Kind(direction=O2M),
    "o2o_none": Kind(direction=O2M, empty=True),
    "m2m": Kind(direction=M2M, uselist=True),
    "self_m2o": Kind(direction=M2O, local=("fk",), get=True, target="P"),
    "self_o2m": Kind(direction=O2M, uselist=True, target="P"),
    "bidi_m2o": Kind(direction=M2O, local=("fk",), get=True, back=True),
    "bidi_o2m": Kind(direction=O2M, uselist=True, back=True),
    "bidi_o2o": Kind(direction=O2M, back=True),
    "inh_m2o": Kind(direction=M2O, local=("fk",), get=True, subclass=True),
    "inh_o2m": Kind(direction=O2M, uselist=True, subclass=True),
}

LEGACY: Final = {"True": S.SELECT, "False": S.JOINED, "None": S.NOLOAD}
"""The older ways to write `lazy=`."""


@cache
def graph(kind: str, lazy: Strategy) -> Graph:
    """The entities of a kind: P with `rel`, its target T, and Holder, which points at P."""
    shape = KINDS[kind]
    reverse = {M2O: O2M, O2M: M2O, M2M: M2M}[shape.direction]
    rel = Relationship(
        name="rel",
        target=shape.target,
        direction=shape.direction,
        uselist=shape.uselist,
        lazy=lazy,
        join=Join(
            local=shape.local,
            get=shape.local if shape.get else (),
            secondary=shape.direction is M2M,
        ),
    )
    key, name = Column(name="id", primary_key=True), Column(name="name")
    columns = (key, name, *(Column(name=one) for one in shape.local if one != "id"))
    back = Relationship(
        name="back",
        target="P",
        direction=reverse,
        uselist=shape.direction is M2O,
        lazy=lazy,
        join=Join(
            local=("id",) if reverse is O2M else ("p_id",), get=("p_id",) if reverse is M2O else ()
        ),
    )
    own = {M2O: ("code",), O2M: ("p_id",), M2M: ()}[shape.direction]
    target = Entity(
        name="T",
        columns=(key, name, *(Column(name=one) for one in own)),
        relationships=(back,) if shape.back else (),
    )
    to_p = Relationship(name="p", target="P", join=Join(local=("p_id",), get=("p_id",)))
    holder = Entity(name="Holder", columns=(key, Column(name="p_id")), relationships=(to_p,))
    if not shape.subclass:
        parent = Entity(name="P", columns=columns, relationships=(rel,))
        return Graph(entities=(parent, target, holder))
    base = Entity(name="P", columns=(key, name))
    sub = Entity(
        name="M",
        columns=columns,
        relationships=(rel,),
        inherits=Inheritance(base="P", kind=InheritanceKind.JOINED),
    )
    return Graph(entities=(base, sub, target, holder))


def options(name: str, kind: str, at: str = "P") -> tuple[Option, ...]:
    """The loader options of a name, for objects of P at the path `at`."""
    root = Path.parse(at)
    narrowed = Path.parse("P[M]") if KINDS[kind].subclass and at == "P" else root
    rel = narrowed / "rel"
    everywhere = Path() if at == "P" else root
    found: list[Option] = []
    for part in name.split("+"):
        found += _option(part, root, rel, everywhere)
    return tuple(found)


def _option(name: str, root: Path, rel: Path, everywhere: Path) -> tuple[Option, ...]:
    simple = {
        "joinedload": S.JOINED,
        "selectinload": S.SELECTIN,
        "subqueryload": S.SUBQUERY,
        "immediateload": S.IMMEDIATE,
        "lazyload": S.SELECT,
        "raiseload": S.RAISE,
        "raiseload(sql_only)": S.RAISE_ON_SQL,
        "noload": S.NOLOAD,
        "contains_eager(outerjoin)": S.CONTAINS_EAGER,
    }
    if name in simple:
        return (Option(path=rel, strategy=simple[name]),)
    match name:
        case "-":
            return ()
        case "defaultload":
            return (Option(path=rel, strategy=S.UNDEFER, every=True),)
        case "joinedload(innerjoin)":
            return (Option(path=rel, strategy=S.JOINED, inner=True),)
        case "contains_eager(no join in stmt)":
            return (Option(path=rel, strategy=S.CONTAINS_EAGER, joins=False),)
        case "raiseload('*')":
            return (Option(path=everywhere, strategy=S.RAISE, every=True),)
        case "selectinload('*')":
            return (Option(path=everywhere, strategy=S.SELECTIN, every=True),)
        case "joinedload('*')":
            return (Option(path=everywhere, strategy=S.JOINED, every=True),)
        case "load_only(name)":
            return load_only(root, "name")
        case "selectinload.load_only(T.id)":
            return (Option(path=rel, strategy=S.SELECTIN), *load_only(rel, "id"))
        case "joinedload.load_only(T.id)":
            return (Option(path=rel, strategy=S.JOINED), *load_only(rel, "id"))
        case _:
            raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The mapping and the options of a cell, and the class of its objects."""

    graph: Graph
    kind: str
    option: str
    entity: str
    present: frozenset[str] = frozenset()

    def statement(self, way: Way = Way.SELECT) -> Statement:
        return Statement(entity="P", way=way, options=options(self.option, self.kind))

    def loaded(self, way: Way = Way.SELECT) -> Load:
        return replace(
            load(self.graph, self.statement(way), entity=self.entity), present=self.present
        )

    def direct(self, way: Way) -> Load:
        """The load of the objects by their own class, where that is a subclass."""
        own = kept(options(self.option, self.kind), Path.parse("P"), self.entity)
        wild = tuple(one for one in options(self.option, self.kind) if not one.is_kept)
        wild = tuple(
            one if one.every else replace(one, path=Path.parse(f"{self.entity}.{one.path.name}"))
            for one in wild
        )
        statement = Statement(entity=self.entity, way=way, options=(*own, *wild))
        return replace(load(self.graph, statement), present=self.present)

    def lazily(self) -> Load:
        """The load that leaves `rel` alone, whatever the mapping says."""
        statement = Statement(entity="P", options=options("lazyload", self.kind))
        return load(self.graph, statement, entity=self.entity)

    def run(self, *effects: Effect) -> State:
        state = blank(self.graph[self.entity], Life.TRANSIENT)
        for effect in effects:
            state = apply(state, effect, self.graph)
        return state

    def new(self) -> New:
        columns = self.graph[self.entity].columns
        return New(names=frozenset(column.name for column in columns))

    def again(self) -> Reselect:
        found = self.loaded()
        return Reselect(
            plan=found.plan, path=found.path, options=found.options, present=self.present
        )

    def over(self) -> PopulateExisting:
        found = self.loaded()
        return PopulateExisting(
            plan=found.plan, path=found.path, options=found.options, present=self.present
        )

    def refresh(self, *names: str) -> Refresh:
        return Refresh(names=frozenset(names) or None, present=self.present)


FLUSH: Final = Flush(returns=Returns())
REL: Final = frozenset({"rel"})


def _by_holder(case: Case, strategy: Strategy) -> State:
    to_p = Option(path=Path.parse("Holder.p"), strategy=strategy)
    below = options(case.option, case.kind, at="Holder.p")
    statement = Statement(entity="Holder", options=(to_p, *below))
    found = load(case.graph, statement, path=to_p.path, entity=case.entity)
    return case.run(replace(found, present=case.present))


def _by_lazy(case: Case) -> State:
    to_p = Option(path=Path.parse("Holder.p"), strategy=S.SELECT)
    below = options(case.option, case.kind, at="Holder.p")
    first = Statement(entity="Holder", options=(to_p, *below))
    plan_of(case.graph, first)
    own = kept(first.options, to_p.path, "P")
    statement = Statement(entity="P", way=Way.LAZY, options=own)
    found = load(case.graph, statement, entity=case.entity)
    return case.run(replace(found, present=case.present))


def _merged(case: Case, source: State, *, is_loading: bool = True) -> State:
    if not is_loading:
        return case.run(Merge(source=source, load=False))
    return case.run(case.direct(Way.GET), Merge(source=source))


WAYS: Final[dict[str, Callable[[Case], State]]] = {
    "select": lambda case: case.run(case.loaded()),
    "get_fresh": lambda case: case.run(case.loaded(Way.GET)),
    "get_hit(after add+flush)": lambda case: case.run(case.new(), Add(), FLUSH, Get()),
    "get_hit(after lazyload select)": lambda case: case.run(case.lazily(), Get()),
    "reselect(after add+flush)": lambda case: case.run(case.new(), Add(), FLUSH, case.again()),
    "reselect(after lazyload select)": lambda case: case.run(case.lazily(), case.again()),
    "populate_existing(after lazyload select)": lambda case: case.run(case.lazily(), case.over()),
    "transient(no session)": lambda case: case.run(case.new()),
    "pending(add, no flush)": lambda case: case.run(case.new(), Add()),
    "add+flush": lambda case: case.run(case.new(), Add(), FLUSH),
    "add+commit eoc=False": lambda case: case.run(
        case.new(), Add(), FLUSH, Commit(expire_on_commit=False)
    ),
    "add+commit eoc=True": lambda case: case.run(case.new(), Add(), FLUSH, Commit()),
    "add+commit eoc=True+refresh()": lambda case: case.run(
        case.new(), Add(), FLUSH, Commit(), case.refresh()
    ),
    "add+flush+refresh()": lambda case: case.run(case.new(), Add(), FLUSH, case.refresh()),
    "add+flush+refresh([rel])": lambda case: case.run(
        case.new(), Add(), FLUSH, case.refresh("rel")
    ),
    "add+flush+refresh([name])": lambda case: case.run(
        case.new(), Add(), FLUSH, case.refresh("name")
    ),
    "select,commit eoc=True": lambda case: case.run(case.loaded(), Commit()),
    "select,commit eoc=True,refresh()": lambda case: case.run(
        case.loaded(), Commit(), case.refresh()
    ),
    "select,commit eoc=True,reselect": lambda case: case.run(case.loaded(), Commit(), case.again()),
    "select,rollback": lambda case: case.run(case.loaded(), Rollback()),
    "select,expire([rel])": lambda case: case.run(case.loaded(), Expire(names=REL)),
    "select,refresh()": lambda case: case.run(case.loaded(), case.refresh()),
    "select,refresh([rel])": lambda case: case.run(case.loaded(), case.refresh("rel")),
    "merge(transient, row exists)": lambda case: _merged(case, case.run(case.new())),
    "merge(detached, rel unloaded)": lambda case: _merged(case, case.run(case.lazily(), Detach())),
    "merge(detached, load=False)": lambda case: _merged(
        case, case.run(case.lazily(), Detach()), is_loading=False
    ),
    "stream_scalars yield_per=5": lambda case: case.run(case.loaded(Way.STREAM)),
    "via relationship selectinload(Holder.p)": lambda case: _by_holder(case, S.SELECTIN),
    "via relationship joinedload(Holder.p)": lambda case: _by_holder(case, S.JOINED),
    "via relationship lazy load in greenlet": _by_lazy,
    "insert().returning(P)": lambda case: case.run(case.direct(Way.RETURNING)),
    "update().returning(P)": lambda case: case.run(case.direct(Way.RETURNING)),
    "select.from_statement(text)": lambda case: case.run(case.loaded(Way.FROM_STATEMENT)),
    "select,session closed (detached)": lambda case: case.run(case.loaded(), Detach()),
}

MEASURED: Final = {
    Given.IO: {Outcome.MISSING_GREENLET},
    Given.RAISES: {Outcome.RAISE},
    Given.RAISES_ON_SQL: {Outcome.RAISE_ON_SQL},
    Given.DETACHED: {Outcome.DETACHED},
    Given.QUERY: {Outcome.QUERY},
    Given.WRITE_ONLY: {Outcome.WRITE_ONLY},
    Given.VALUE: {Outcome.OK},
    Given.UNRELATED: {Outcome.OK, Outcome.WRONG, Outcome.EMPTY},
}
"""What the model calls an outcome, and what was measured there.

An unrelated value is no error, and right by chance: which of the three is not predicted.
"""

EXPIRING: Final = {
    "select,commit eoc=True",
    "select,commit eoc=True,refresh()",
    "select,commit eoc=True,reselect",
    "select,rollback",
}
"""The ways that expire what else is in the session, too."""


def predict(cell: Cell) -> frozenset[Outcome]:
    """The outcomes that the model allows; one where it is certain."""
    shape = KINDS[cell.kind]
    lazy, option = cell.strategy, "-"
    if cell.table == "option_on_select":
        lazy, option = "select", cell.strategy
    elif cell.table == "lazy_config_x_option":
        lazy, option = cell.strategy.split(" + ")
    mapping = graph(cell.kind, LEGACY.get(lazy) or Strategy(lazy))
    case = Case(
        graph=mapping,
        kind=cell.kind,
        option=option,
        entity="M" if shape.subclass else "P",
        present=REL if cell.held else frozenset(),
    )
    if cell.way == "*":
        refused = Strategy(lazy) in {S.DYNAMIC, S.WRITE_ONLY} and not shape.uselist
        return frozenset({Outcome.CONFIG_ERROR} if refused else ())
    if cell.way in BY_TEXT and shape.subclass and "load_only" not in option:
        return frozenset({Outcome.LOAD_ERROR})  # its text has two columns of one name
    try:
        state = WAYS[cell.way](case)
    except RefusedError:
        return frozenset({Outcome.LOAD_ERROR})
    if option == "joinedload(innerjoin)" and shape.null is Target.NULL:
        dropped = _without_rows(cell.way)
        if dropped:
            return dropped
    target = Target.UNKNOWN if state["rel"].held is Held.MAYBE else _target(cell, shape)
    reading = read(mapping, state, "rel", target)
    found: set[Outcome] = set()
    for given in reading.outcomes:
        if given is Given.EMPTY:
            found.add(Outcome.OK if shape.empty else Outcome.EMPTY)
        else:
            found |= MEASURED[given]
    return frozenset(found | _exceptions(cell, option, shape))


BY_TEXT: Final = {"select.from_statement(text)"}


WITH_KEYS: Final = {kind for kind, shape in KINDS.items() if shape.direction is M2O} | {
    "self_o2m",
    "inh_o2m",
}
"""The kinds whose parents have columns beside the key and the name."""


def _without_rows(way: str) -> frozenset[Outcome]:
    """What the read of an object comes to that an INNER JOIN has dropped from the result."""
    if way.startswith("merge") and "load=False" not in way:
        return frozenset({Outcome.OK, Outcome.LOAD_ERROR})  # it is taken for new, and inserted
    if way == "get_fresh" or way.startswith("via"):
        return frozenset({Outcome.OTHER})  # None is there in its place
    if way.startswith("get_hit") or "returning" in way or way in BY_TEXT or "load=False" in way:
        return frozenset()  # no such join was run
    return frozenset({Outcome.NO_ROWS})


def _exceptions(cell: Cell, option: str, shape: Kind) -> set[Outcome]:
    """What else may be, for the few cells that the model does not decide; README.md lists them."""
    if cell.way in BY_TEXT and (shape.subclass or "contains_eager" in option):
        return {Outcome.LOAD_ERROR, Outcome.OK}  # depends on the names of the text's columns
    merging = cell.way in {"merge(transient, row exists)", "merge(detached, rel unloaded)"}
    if merging and option == "load_only(name)" and cell.kind in WITH_KEYS and cell.n != 1:
        return {Outcome.MIXED}  # the first read fails in an autoflush, and so spoils the others
    if merging and "contains_eager" in option and shape.target == "P":
        return {Outcome.LOAD_ERROR}  # the unrelated rows make a cycle
    if cell.way == "get_fresh" and "contains_eager" in option and shape.target == "P":
        return {Outcome.MIXED}  # the unrelated rows are other parents, which are not filled
    if shape.subclass and "joinedload(Holder.p)" in cell.way and "subquery" in cell.strategy:
        return {Outcome.LOAD_ERROR}  # 2.1 alone, which asks for a column that is not selected
    return set()


def _target(cell: Cell, shape: Kind) -> Target:
    if shape.null is not None:
        return shape.null
    if not cell.held:
        return Target.ABSENT
    return Target.HELD_EXPIRED if cell.way in EXPIRING else Target.HELD


def is_certain(cell: Cell, outcomes: frozenset[Outcome]) -> bool:
    """Whether the model allows just one outcome."""
    return len(outcomes) == 1 or outcomes == MEASURED[Given.UNRELATED]
