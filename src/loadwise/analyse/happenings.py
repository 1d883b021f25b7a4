"""Happenings: what befalls the objects of a session, by the core's effects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.world import Happening, Mapped, World, both
from loadwise.core.cause import CauseKind
from loadwise.core.effect import (
    Add,
    Commit,
    Detach,
    Effect,
    Flush,
    Refresh,
    Reselect,
    Returns,
    Rollback,
)
from loadwise.core.graph import Generated
from loadwise.core.site import Site
from loadwise.core.state import Held, Life

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions

RETURNING: Final = Returns(insert=True, update=True)
"""What most databases give back; what needs it not is the same anyway."""


def happened(engine: Expressions, world: World, one: Happening, told: Iterable[int] = ()) -> None:
    """What happened to a session happens to its objects, but for those of which it was told."""
    if one.effect is None:
        flushed(engine, world, one.session, one.site, told, sure=one.sure)
    else:
        to_all(engine, world, one, told)


def to_all(engine: Expressions, world: World, one: Happening, told: Iterable[int] = ()) -> None:
    """An effect on every object of a session, or on those of an entity."""
    assert one.effect is not None
    world.note(one)
    for place, thing in members(world, one.session):
        if place in told or (one.entity and not engine.graph.is_a(thing.entity, one.entity)):
            continue
        after = _after(engine, thing, one.effect, one.site)
        world.heap[place] = after if one.sure else both(thing, after)


def to_one(
    engine: Expressions, world: World, key: int, place: int, effect: Effect, site: Site
) -> None:
    thing = world.heap.get(place)
    if isinstance(thing, Mapped):
        world.heap[place] = _after(
            engine, replace(thing, session=thing.session or key), effect, site
        )


def _after(engine: Expressions, thing: Mapped, effect: Effect, site: Site) -> Mapped:
    """An object after an effect; what it no longer holds leads nowhere."""
    if isinstance(effect, Reselect):
        state = engine.after_meeting(thing.state, effect)
    else:
        state = engine.applied(thing.state, effect)
    related = {
        name: value for name, value in thing.related.items() if state[name].held is not Held.NO
    }
    kept: frozenset[str] = (
        thing.changed if not isinstance(effect, Rollback | Commit) else frozenset()
    )
    plan = thing.plan if not isinstance(effect, Refresh) else None
    known = thing.known or (isinstance(effect, Commit | Rollback | Refresh) and state.expired)
    if isinstance(effect, Refresh) and effect.names is None and thing.load is None:
        known = False  # it obeys the options of a statement that nobody knows
    if isinstance(effect, Reselect) and is_expired_by_name(thing):
        known = False
    left = site if isinstance(effect, Detach) else thing.left
    return replace(
        thing, state=state, related=related, changed=kept, plan=plan, known=known, left=left
    )


def is_expired_by_name(thing: Mapped) -> bool:
    """Whether an object was expired by `expire()`: mostly it is selected again at once."""
    kinds = {slot.cause.kind for slot in thing.state.slots if slot.cause is not None}
    return thing.state.expired and CauseKind.EXPIRED_EXPLICITLY in kinds


def members(world: World, key: int) -> list[tuple[int, Mapped]]:
    """The objects of a session, and those that come from nobody knows where."""
    return [
        (place, thing)
        for place, thing in world.heap.items()
        if isinstance(thing, Mapped)
        and (thing.session == key or (thing.session is None and not thing.known))
    ]


def added(engine: Expressions, world: World, key: int, place: int) -> None:
    """An object joins a session, and what it refers to with it."""
    thing = world.heap.get(place)
    if not isinstance(thing, Mapped) or thing.session == key:
        return
    state = engine.applied(thing.state, Add())
    world.heap[place] = replace(thing, state=state, session=key)
    for value in thing.related.values():
        for ref in engine.refs(value):
            added(engine, world, key, ref.id)


def flushed(
    engine: Expressions,
    world: World,
    key: int,
    site: Site,
    told: Iterable[int] = (),
    *,
    sure: bool = True,
) -> None:
    """What waits for a flush is written."""
    world.note(Happening(key, site, sure=sure))
    for place, thing in members(world, key):
        pending = thing.state.life is Life.PENDING
        if place in told or not (pending or thing.changed):
            continue
        names = engine.names(thing.entity)
        changed = frozenset(thing.changed & names) or frozenset(
            {"?"} & thing.changed and _any_column(engine, thing.entity)
        )
        effect = Flush(
            changed=changed,
            expressions=thing.expressions & changed,
            returns=RETURNING,
            site=site,
        )
        state = engine.applied(thing.state, effect)
        after = replace(thing, state=state, changed=frozenset(), expressions=frozenset())
        world.heap[place] = after if sure else both(thing, after)


def _any_column(engine: Expressions, entity: str) -> set[str]:
    """A column that an UPDATE of an unknown one may set: one that nothing makes by itself."""
    plain = [
        column.name
        for column in engine.graph[entity].columns
        if not column.primary_key and column.on_update is Generated.NO and not column.computed
    ]
    return set(plain[:1])
