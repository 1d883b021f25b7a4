"""Summary: what a call did, to do it again for a call that is alike.

A summary holds what came back, what became of the objects that were given, the objects that were
made, what happened to whole sessions (which reaches objects that were not given, too), and what was
seen on the way. Done again, it is told of the objects and the places of the new call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeGuard

from loadwise.analyse.happenings import happened
from loadwise.analyse.shape import Shape, moved, reached, refs_of, renamed
from loadwise.analyse.sightings import Seen
from loadwise.analyse.values import Const, Either, Entries, Items, Unknown, Value
from loadwise.analyse.world import Happening, Mapped, Thing, World
from loadwise.core.site import Site
from loadwise.core.state import Life

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.identity import Sought

MOST_SEEN: Final = 300
"""Uses that one call is remembered with."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way in which a call ended: what came back, and all that was changed or made."""

    value: Value
    things: Mapping[int, Thing]
    log: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A call: its outcomes, and the objects and places that it was given, in order.

    `asked` are the entities of which it mattered whether another object was there, `used` the
    sessions that did IO, `sought` the rows that were not in them.
    """

    outcomes: tuple[Outcome, ...]
    thrown: tuple[Happening, ...]
    given: tuple[int, ...]
    places: tuple[Site, ...]
    made: tuple[int, ...]
    seen: tuple[Seen, ...]
    asked: Mapping[str, bool]
    used: tuple[int, ...] = ()
    sought: tuple[Sought, ...] = ()


def kept(
    before: Mapping[int, Thing], after: World, value: Value, given: Iterable[int] = ()
) -> set[int]:
    """The new objects that outlive a call: what is returned, referred to, or waits for a flush."""
    heap = after.heap
    start = refs_of(value)
    for key, thing in heap.items():
        old = before.get(key)
        if old is None:
            start += [key] if _waits(thing, before) else []
        elif old is not thing:
            start.append(key)
    found: set[int] = set()
    reached(heap, [*start, *given], found)
    return {key for key in found if key not in before}


def _waits(thing: Thing, before: Mapping[int, Thing]) -> bool:
    """Whether a new object waits for a flush of a session that was there before."""
    if not isinstance(thing, Mapped) or thing.session not in before:
        return False
    return thing.state.life is Life.PENDING or bool(thing.changed)


def outcome_of(before: Mapping[int, Thing], after: World, value: Value) -> Outcome:
    """What one end of a call is remembered by."""
    things = {key: thing for key, thing in after.heap.items() if before.get(key, None) is not thing}
    return Outcome(value=value, things=things, log=after.log)


def kind_of(value: Value) -> str:
    """What tells outcomes apart: callers test for None, truth, flags and the first of a pair."""
    match value:
        case Const(value=constant):
            return repr(constant) if constant is None or isinstance(constant, bool) else "value"
        case Items(elements=(first, *_)):
            return f"({kind_of(first)}"
        case Entries(entries=entries):
            flags = [(key, one.value) for key, one in entries if _is_flag(one)]
            return f"{flags}" if flags else "object"
        case Either():
            return "either"
        case Unknown():
            return "unknown"
        case _:
            return "object"


def _is_flag(value: Value) -> TypeGuard[Const]:
    return isinstance(value, Const) and isinstance(value.value, bool)


def again(
    engine: Expressions, world: World, summary: Summary, shape: Shape
) -> list[tuple[Value, World]]:
    """Do what a call did once more; gives a value and a world for each of its outcomes."""
    names = dict(zip(summary.given, shape.ids, strict=True))
    for key in summary.made:
        names[key] = engine.fresh()
    places = {
        old: new
        for old, new in zip(summary.places, shape.sites, strict=True)
        if old is not new and old != new
    }
    ends: list[tuple[Value, World]] = []
    for outcome in summary.outcomes:
        end = World({}, dict(world.heap))
        for key, thing in outcome.things.items():
            if key in names:
                end.heap[names[key]] = moved(thing, names, places)
        told = {names[key] for key in outcome.things if key in names} | set(shape.ids)
        for one in outcome.log:
            if one.session in names:
                happened(engine, end, replace(one, session=names[one.session]), told)
        ends.append((renamed(outcome.value, names), end))
    thrown = tuple(
        replace(one, session=names[one.session]) for one in summary.thrown if one.session in names
    )
    engine.thrown += [thrown] if thrown else []
    engine.asked += summary.asked
    engine.sought += [
        replace(
            one,
            session=names[one.session],
            key=renamed(one.key, names) if one.key is not None else None,
        )
        for one in summary.sought
        if one.session in names
    ]
    engine.used += [names[one] for one in summary.used if one in names]
    for seen in summary.seen:
        engine.see(_seen_at(seen, places) if places else seen)
    return ends


def _seen_at(seen: Seen, places: Mapping[Site, Site]) -> Seen:
    """What was seen, with the places of another call."""
    thing = moved(seen.thing, {}, places)
    return replace(seen, thing=thing) if isinstance(thing, Mapped) else seen
