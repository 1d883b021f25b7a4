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
from loadwise.core.loading import plan_of
from loadwise.core.path import Path
from loadwise.core.reading import Outcome as Given
from loadwise.core.reading import Target, read
from loadwise.core.state import Held, Life, State, blank
from loadwise.core.statement import Option, RefusedError, Statement, Way, kept, load_only
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


SIMPLE: Final = {
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
WILD: Final = {
    "raiseload('*')": S.RAISE,
    "selectinload('*')": S.SELECTIN,
    "joinedload('*')": S.JOINED,
}


def _option(name: str, root: Path, rel: Path, everywhere: Path) -> tuple[Option, ...]:
    if name in SIMPLE:
        return (Option(path=rel, strategy=SIMPLE[name]),)
    if name in WILD:
        return (Option(path=everywhere, strategy=WILD[name], every=True, alone=True),)
    return {
        "-": (),
        "defaultload": (Option(path=rel, strategy=S.UNDEFER, every=True),),
        "joinedload(innerjoin)": (Option(path=rel, strategy=S.JOINED, inner=True),),
        "contains_eager(no join in stmt)": (
            Option(path=rel, strategy=S.CONTAINS_EAGER, joins=False),
        ),
        "load_only(name)": load_only(root, "name"),
        "selectinload.load_only(T.id)": (
            Option(path=rel, strategy=S.SELECTIN),
            *load_only(rel, "id"),
        ),
        "joinedload.load_only(T.id)": (Option(path=rel, strategy=S.JOINED), *load_only(rel, "id")),
    }[name]


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
            plan=found.plan, path=found.path, options=found.options or None, present=self.present
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

BY_TEXT: Final = {"select.from_statement(text)"}
"""The ways whose SQL is written by hand."""

EXPIRING: Final = {
    "select,commit eoc=True",
    "select,commit eoc=True,refresh()",
    "select,commit eoc=True,reselect",
    "select,rollback",
}
"""The ways that expire what else is in the session, too."""


def predict(cell: Cell) -> frozenset[Outcome]:
    """The outcomes that the model allows; one where it is certain."""
    found = _predicted(cell.table, cell.kind, cell.strategy, cell.way, cell.held)
    reason = undecided(cell)
    return found | ALSO[reason] if reason else found


@cache
def _predicted(
    table: str, kind: str, strategy: str, way: str, held: bool | None
) -> frozenset[Outcome]:
    """What the model alone says; how many parents there are makes no difference to it."""
    shape = KINDS[kind]
    lazy, option = strategy, "-"
    if table == "option_on_select":
        lazy, option = "select", strategy
    elif table == "lazy_config_x_option":
        lazy, option = strategy.split(" + ")
    mapping = graph(kind, LEGACY.get(lazy) or Strategy(lazy))
    case = Case(
        graph=mapping,
        kind=kind,
        option=option,
        entity="M" if shape.subclass else "P",
        present=REL if held else frozenset(),
    )
    if way == "*":
        refused = Strategy(lazy) in {S.DYNAMIC, S.WRITE_ONLY} and not shape.uselist
        return frozenset({Outcome.CONFIG_ERROR} if refused else ())
    if _is_ambiguous(kind, strategy, way):
        return frozenset({Outcome.LOAD_ERROR})
    try:
        state = WAYS[way](case)
    except RefusedError:
        return frozenset({Outcome.LOAD_ERROR})
    if option == "joinedload(innerjoin)" and shape.null is Target.NULL:
        dropped = _without_rows(way)
        if dropped:
            return dropped
    target = Target.UNKNOWN if state["rel"].held is Held.MAYBE else _target(way, held, shape)
    reading = read(mapping, state, "rel", target)
    found: set[Outcome] = set()
    for given in reading.outcomes:
        if given is Given.EMPTY:
            found.add(Outcome.OK if shape.empty else Outcome.EMPTY)
        else:
            found |= MEASURED[given]
    return frozenset(found)


WITH_KEYS: Final = {kind for kind, shape in KINDS.items() if shape.direction is M2O} | {
    "self_o2m",
    "inh_o2m",
}
"""The kinds whose parents have columns beside the key and the name."""


def _without_rows(way: str) -> frozenset[Outcome]:
    """What the read of an object comes to that an INNER JOIN has dropped from the result."""
    if way.startswith("merge") and "load=False" not in way:
        return frozenset(ALSO["not returned"])
    if way == "get_fresh" or way.startswith("via"):
        return frozenset({Outcome.OTHER})  # None is there in its place
    if way.startswith("get_hit") or "returning" in way or way in BY_TEXT or "load=False" in way:
        return frozenset()  # no such join was run
    return frozenset({Outcome.NO_ROWS})


UNDECIDED: Final = {
    "text": "which columns a text has, and under which names, is not known",
    "autoflush": "the first read fails in an autoflush, whose rollback fails all later ones (C11)",
    "cycle": "contains_eager() took unrelated rows, whose objects make a cycle",
    "not returned": "an INNER JOIN dropped the row, so that merge() takes the object for new",
    "subclass": "2.1 reaches a subclass below a join, 2.0 does not (T9)",
}
"""Why the model leaves a cell open."""

ALSO: Final = {
    "text": {Outcome.LOAD_ERROR, Outcome.OK},
    "autoflush": {Outcome.MIXED},
    "cycle": {Outcome.LOAD_ERROR, Outcome.MIXED},
    "not returned": {Outcome.LOAD_ERROR, Outcome.OK},
    "subclass": {Outcome.LOAD_ERROR},
}
"""What may be then, beside what the model says."""


def undecided(cell: Cell) -> str:
    """The reason why the model leaves a cell open, a word of `UNDECIDED`; empty where it does not.

    Only what no model of one object's state can know is here.
    """
    shape, option = KINDS[cell.kind], cell.strategy.rpartition(" + ")[2]
    merging = cell.way in {"merge(transient, row exists)", "merge(detached, rel unloaded)"}
    if cell.way in BY_TEXT and ("contains_eager" in option or shape.subclass):
        return "" if _is_ambiguous(cell.kind, cell.strategy, cell.way) else "text"
    if merging and option == "load_only(name)" and cell.kind in WITH_KEYS and cell.n != 1:
        return "autoflush"
    if "contains_eager" in option and shape.target == "P" and (merging or cell.way == "get_fresh"):
        return "cycle"
    if merging and option == "joinedload(innerjoin)" and shape.null is Target.NULL:
        return "not returned"
    if shape.subclass and "joinedload(Holder.p)" in cell.way:
        return "subclass" if cell.strategy in {"selectin", "subquery"} else ""
    return ""


def _is_ambiguous(kind: str, strategy: str, way: str) -> bool:
    """Whether a text has two columns of one name, `id`, of which SQLAlchemy finds neither.

    `load_only()` does not ask for the second.
    """
    return way in BY_TEXT and KINDS[kind].subclass and "load_only(name)" not in strategy


def _target(way: str, held: bool | None, shape: Kind) -> Target:
    if shape.null is not None:
        return shape.null
    if not held:
        return Target.ABSENT
    return Target.HELD_EXPIRED if way in EXPIRING else Target.HELD
