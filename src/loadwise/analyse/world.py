"""World: what is known at one point of a program: local names, and the objects they lead to.

A branch works on a copy; where two branches meet, so do their worlds, object by object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from loadwise.analyse.values import NONE, UNKNOWN, Items, Ref, Value, either
from loadwise.core.cause import Cause
from loadwise.core.effect import Effect, Reselect
from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.site import Site
from loadwise.core.state import Held, Life, Slot, State


@dataclass(frozen=True, slots=True)
class Mapped:
    """An object of a mapped class.

    `load` is where it was loaded or made, `plan` and `path` what its statement brought below it,
    `related` the objects that its relationships lead to. `known` is False for one whose state
    nothing tells, which is never reported. `changed` names columns that wait for a flush,
    `expressions` those of them that are set to a SQL expression. `row`
    names the relationships whose targets are certainly in the session: rows chosen by their keys.
    `left` is where the object left its session, `key` tells its row from others.
    """

    entity: str
    state: State
    session: int | None = None
    load: Site | None = None
    plan: Plan | None = None
    path: Path | None = None
    related: Mapping[str, Value] = field(default_factory=dict[str, Value])
    known: bool = True
    changed: frozenset[str] = frozenset()
    expressions: frozenset[str] = frozenset()
    row: tuple[str, ...] = ()
    left: Site | None = None
    key: Value | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session, and what decides how it treats its objects."""

    expires: bool = True
    autoflush: bool = True
    synchronous: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the project that is not mapped."""

    class_name: str
    attributes: tuple[tuple[str, Value], ...] = ()

    def get(self, name: str) -> Value | None:
        """The value of an attribute, if one was set."""
        return next((value for key, value in self.attributes if key == name), None)

    def put(self, name: str, value: Value) -> Instance:
        """The object with an attribute set."""
        kept = tuple((key, old) for key, old in self.attributes if key != name)
        return replace(self, attributes=(*kept, (name, value)))


Thing = Mapped | Session | Instance


@dataclass(frozen=True, slots=True, eq=False)
class Happening:
    """What happened to a session as a whole: an effect on all of its objects.

    A flush has no effect of its own, it writes what waits. An UPDATE or DELETE of many rows is for
    the objects of one entity. What happened on some ways only is not sure.
    """

    session: int
    site: Site
    effect: Effect | None = None
    entity: str = ""
    sure: bool = True

    def __eq__(self, other: object) -> bool:
        """Meetings are compared by identity: they hold whole plans, and are made once."""
        if not isinstance(other, Happening) or self.plain != other.plain:
            return False
        one, two = self.effect, other.effect
        return one is two or (not isinstance(one, Reselect) and one == two)

    def __hash__(self) -> int:
        return hash(self.plain)

    @property
    def plain(self) -> tuple[object, ...]:
        return self.session, self.site, self.entity, self.sure


EACH: Final = 3
"""Things of one kind that happen to a session in one call, and are told apart."""


class World:
    """Names and objects at one point; copied where ways part.

    `log` is what has happened to sessions since the running function was called. `forks` are the
    worlds that the last call with several outcomes left, each with its value, and the objects of
    all of them together: while those are unchanged, a test of the value chooses among the worlds.
    """

    __slots__ = ("forks", "heap", "log", "names")

    def __init__(
        self, names: dict[str, Value], heap: dict[int, Thing], log: tuple[Happening, ...] = ()
    ) -> None:
        self.names = names
        self.heap = heap
        self.log = log
        self.forks: Forks | None = None

    def copy(self) -> World:
        """A world that can go its own way."""
        made = World(dict(self.names), dict(self.heap), self.log)
        made.forks = self.forks
        return made

    def outcomes(self, value: Value) -> list[tuple[Value, World]]:
        """The outcomes of the call that gave a value, apart; none where they no longer are."""
        forks = self.forks
        if forks is None or forks.value is not value or not forks.hold(self):
            return []
        return forks.apart(self)

    def bind(self, name: str, value: Value) -> None:
        """Bind a name; outcomes that it was bound to are forgotten."""
        if self.forks is not None and name in self.forks.names:
            self.forks = None
        self.names[name] = value

    def note(self, happening: Happening) -> None:
        """Enter what happened to a session, if it makes a difference.

        Only the first flush does: what waits when a function is called is written then.
        """
        if happening.effect is None and any(
            one.effect is None and one.sure and one.session == happening.session for one in self.log
        ):
            return
        if happening not in self.log:
            self.log = _few((*self.log, happening))

    def note_all(self, log: Iterable[Happening]) -> None:
        """Enter what happened, in order."""
        for happening in log:
            self.note(happening)


@dataclass(frozen=True, slots=True)
class Forks:
    """The outcomes of one call: `worlds` with their values; `heap` and `log` are of all together.

    `names` are those that were bound to the value.
    """

    value: Value
    worlds: tuple[tuple[Value, World], ...]
    heap: dict[int, Thing]
    log: tuple[Happening, ...]
    names: frozenset[str] = frozenset()

    def hold(self, world: World) -> bool:
        """Whether nothing has changed since but names."""
        heap = world.heap
        return len(heap) == len(self.heap) and all(
            heap.get(key) is thing for key, thing in self.heap.items()
        )

    def apart(self, world: World) -> list[tuple[Value, World]]:
        """The outcomes, each in a world that has gone on as this one did."""
        since = [one for one in world.log if one not in self.log]
        found: list[tuple[Value, World]] = []
        for value, one in self.worlds:
            bound = {name: one.names[name] for name in self.names if name in one.names}
            way = World({**world.names, **bound}, dict(one.heap), one.log)
            way.note_all(since)
            found.append((value, way))
        return found


def met_logs(one: tuple[Happening, ...], other: tuple[Happening, ...]) -> tuple[Happening, ...]:
    """What happened on two ways that come together: what is on one way alone is not sure."""
    if one == other:
        return one
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    unsure = dict.fromkeys(replace(each, sure=False) for each in (*one[same:], *other[same:]))
    return _few((*one[:same], *unsure))


def _few(log: tuple[Happening, ...]) -> tuple[Happening, ...]:
    """The first of each kind: what has expired, or may have, is not told of it again and again."""
    counted: Counter[tuple[object, ...]] = Counter()
    found: list[Happening] = []
    for one in log:
        kind = (one.session, type(one.effect), one.entity, one.sure)
        counted[kind] += 1
        if counted[kind] <= EACH:
            found.append(one)
    return tuple(found)


def meet(worlds: list[World]) -> World | None:
    """The world where some ways come together; None where none arrives."""
    if not worlds:
        return None
    first, *rest = worlds
    if not rest:
        return first
    met = first.copy()
    for other in rest:
        for name in {*met.names, *other.names}:
            one, two = met.names.get(name, UNKNOWN), other.names.get(name, UNKNOWN)
            if one != two:
                met.names[name] = either([one, two])
        for key, thing in other.heap.items():
            mine = met.heap.get(key)
            if mine is None:
                met.heap[key] = thing
            elif mine is not thing:
                met.heap[key] = both(mine, thing)
        met.log = met_logs(met.log, other.log)
    met.forks = None
    return met


def both(one: Thing, other: Thing) -> Thing:
    if isinstance(one, Mapped) and isinstance(other, Mapped) and one.entity == other.entity:
        one, other = _told_apart(one, other)
        return replace(
            one,
            state=both_states(one.state, other.state),
            known=one.known and other.known and not _is_gone_on_one(one.state, other.state),
            key=one.key if one.key == other.key else None,
            plan=one.plan if one.plan is other.plan else None,
            related=_both_related(one.related, other.related),
            changed=one.changed | other.changed,
            expressions=one.expressions | other.expressions,
        )
    if isinstance(one, Instance) and isinstance(other, Instance):
        joined = one
        for name, value in other.attributes:
            mine = one.get(name)
            joined = joined.put(name, value if mine is None else either([mine, value]))
        return joined
    return one


def _told_apart(one: Mapped, other: Mapped) -> tuple[Mapped, Mapped]:
    """Two ways of an object: where one tells nothing of it and the other that some was expired,
    nothing is missing on the first.
    """
    told = one if one.known else other
    if one.known is not other.known and any(slot.expired for slot in told.state.slots):
        return _complete(one), _complete(other)
    return one, other


def _complete(thing: Mapped) -> Mapped:
    if thing.known:
        return thing
    state = thing.state.change(thing.state.names, lambda slot: Slot(name=slot.name, held=Held.YES))
    return replace(thing, state=state, known=True)


def _both_related(one: Mapping[str, Value], other: Mapping[str, Value]) -> Mapping[str, Value]:
    """What relationships lead to on either of two ways: to nothing only if on both.

    A collection that is empty on one way is as it is on the other.
    """
    if one == other:
        return one
    found: dict[str, Value] = {}
    for name in {**other, **one}:
        several = [two[name] for two in (one, other) if name in two]
        some = [value for value in several if value not in NOTHING]
        if not some and len(several) == 2:
            found[name] = several[0]
        elif some:
            lacks = len(several) < 2 or several != some
            nullable = lacks or any(isinstance(one, Ref) and one.nullable for one in some)
            first = some[0]
            found[name] = replace(first, nullable=nullable) if isinstance(first, Ref) else first
    return found


NOTHING: Final = (NONE, Items(()))
"""What a relationship leads to that leads nowhere."""


_BOTH: dict[tuple[int, int], tuple[State, State, State]] = {}
"""Joins of two states, each worked out once; the states are kept, so that no other takes an id."""


def both_states(one: State, other: State) -> State:
    """What an object holds where it may be in either of two states."""
    if one is other:
        return one
    known = _BOTH.get((id(one), id(other)))
    if known is None or known[0] is not one or known[1] is not other:
        if len(_BOTH) > MOST_PAIRS:
            _BOTH.clear()
        known = _BOTH[id(one), id(other)] = (one, other, _both_states(one, other))
    return known[2]


MOST_PAIRS: Final = 100_000
"""Joins of two states that are remembered before all are forgotten."""


def _both_states(one: State, other: State) -> State:
    if one == other or one.entity != other.entity:
        return one
    if _is_new(one) is not _is_new(other):
        one, other = _settled(one), _settled(other)
        one, other = (other, one) if _is_new(one) else (one, other)
    slots = tuple(
        _both_slots(mine, theirs) for mine, theirs in zip(one.slots, other.slots, strict=True)
    )
    return replace(
        one,
        slots=slots,
        life=one.life,
        expired=one.expired and other.expired,
        born=one.born or other.born,
    )


def _is_gone_on_one(one: State, other: State) -> bool:
    """Whether a rollback has made a new object transient on one of two ways only."""
    lives = {one.life, other.life}
    return Life.TRANSIENT in lives and Life.PERSISTENT in lives


def _is_new(state: State) -> bool:
    return state.life in {Life.TRANSIENT, Life.PENDING}


def _settled(state: State) -> State:
    """A new object as it reads: what was not set is None or empty, and needs no IO."""
    if not _is_new(state):
        return state
    names = (slot.name for slot in state.slots if slot.held is Held.NO and not slot.expired)
    return state.change(names, lambda slot: replace(slot, held=Held.YES, cause=None))


def _either_cause(one: Cause | None, other: Cause | None) -> Cause | None:
    """Why a value is not there that was taken away on each of two ways: the words name both."""
    if one is None or other is None or one.kind is other.kind or " or " in one.text:
        return one or other
    return replace(one, text=f"{one.text}, or {other.text}")


def _both_slots(one: Slot, other: Slot) -> Slot:
    if one is other or one == other:
        return one
    if one.held is other.held:
        reason = _either_cause(one.cause, other.cause)
        return replace(one, cause=reason, expired=one.expired or other.expired)
    lacking = other if one.held is Held.YES else one
    cause = lacking.cause or other.cause
    return replace(
        one,
        held=Held.MAYBE,
        cause=cause,
        expired=one.expired or other.expired,
        strategy=lacking.strategy,
    )
