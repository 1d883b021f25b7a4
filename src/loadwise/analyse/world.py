"""World: what is known at one point of a program: local names, and the objects they lead to.

A branch works on a copy; where two branches meet, so do their worlds, object by object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from loadwise.analyse.values import UNKNOWN, Value, either
from loadwise.core.cause import Cause
from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.site import Site
from loadwise.core.state import Held, Slot, State


@dataclass(frozen=True, slots=True)
class Mapped:
    """An object of a mapped class.

    `load` is where it was loaded or made, `plan` and `path` what its statement brought below it,
    `related` the objects that its relationships lead to. `known` is False for one whose state
    nothing tells, which is never reported. `changed` names columns that wait for a flush.
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


class World:
    """Names and objects at one point; copied where ways part."""

    __slots__ = ("heap", "names")

    def __init__(self, names: dict[str, Value], heap: dict[int, Thing]) -> None:
        self.names = names
        self.heap = heap

    def copy(self) -> World:
        """A world that can go its own way."""
        return World(dict(self.names), dict(self.heap))

    def take(self, other: World) -> None:
        """Become what another world is."""
        self.names, self.heap = other.names, other.heap


def meet(worlds: list[World]) -> World | None:
    """The world where some ways come together; None where none arrives."""
    if not worlds:
        return None
    first, *rest = worlds
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
                met.heap[key] = _both(mine, thing)
    return met


def _both(one: Thing, other: Thing) -> Thing:
    if isinstance(one, Mapped) and isinstance(other, Mapped) and one.entity == other.entity:
        return replace(
            one,
            state=both_states(one.state, other.state),
            known=one.known and other.known,
            plan=one.plan if one.plan is other.plan else None,
            related={**other.related, **one.related},
            changed=one.changed | other.changed,
        )
    if isinstance(one, Instance) and isinstance(other, Instance):
        joined = one
        for name, value in other.attributes:
            mine = one.get(name)
            joined = joined.put(name, value if mine is None else either([mine, value]))
        return joined
    return one


def both_states(one: State, other: State) -> State:
    """What an object holds where it may be in either of two states."""
    if one == other or one.entity != other.entity:
        return one
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


def _both_slots(one: Slot, other: Slot) -> Slot:
    if one == other:
        return one
    if one.held is other.held:
        return replace(one, expired=one.expired or other.expired)
    lacking = other if one.held is Held.YES else one
    cause: Cause | None = lacking.cause or other.cause
    return replace(
        one,
        held=Held.MAYBE,
        cause=cause,
        expired=one.expired or other.expired,
        strategy=lacking.strategy,
    )
