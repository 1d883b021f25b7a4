"""Identity: which objects are one row, by their keys; a session has each row once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loadwise.analyse.happenings import members
from loadwise.analyse.shape import renamed
from loadwise.analyse.values import Cell, Const, Ref, Row, Value
from loadwise.analyse.world import Happening, Mapped, World, both_states
from loadwise.core.effect import Get, PopulateExisting, Reselect
from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.site import Site
from loadwise.core.state import Held, Life, State
from loadwise.core.statement import Option, kept

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """A row of an entity was looked for in a session, by its key, or among all that are there.

    `found` is the object that made a difference. Without a key the row is one that a statement
    brought: `state` is what it has of that.
    """

    session: int
    entity: str
    key: Value | None
    found: int | None
    state: State | None = None

    @property
    def alike(self) -> Hashable:
        """What is the same of two that ask the same; a state is large, and made once."""
        return self.session, self.entity, self.key, self.found, id(self.state)


def key_of(engine: Expressions, world: World, entity: str, value: Value) -> Value | None:
    """What tells the row of a key from others: a constant, a column of an object, an object itself.

    None where that is not known. In a loop, a column of what it goes through is another each time.
    """
    match value:
        case Const(value=constant) if constant is not None:
            return value
        case Cell(ref=ref, name=name) if ref not in engine.looping:
            thing = world.heap.get(ref)
            if not isinstance(thing, Mapped):
                return None
            own = is_one_table(engine, thing.entity, entity) and name in keys(engine, thing.entity)
            return Ref(ref) if own else value
        case _:
            return None


def keys(engine: Expressions, entity: str) -> tuple[str, ...]:
    """The primary key, where it is of one column."""
    found = engine.graph[entity].primary_key
    return found if len(found) == 1 else ()


def is_one_table(engine: Expressions, one: str, other: str) -> bool:
    """Whether objects of two entities may be one row: one inherits from the other."""
    return engine.graph.is_a(one, other) or engine.graph.is_a(other, one)


def key_among(engine: Expressions, world: World, entity: str, rows: Iterable[Row]) -> Value | None:
    """The key that the conditions of a statement ask for."""
    for row in rows:
        if row.entity == entity:
            return key_of(engine, world, entity, row.key)
    return None


def there(
    engine: Expressions, world: World, session: int, entity: str, key: Value | None
) -> int | None:
    """The number of the object that a session has of a row, if it is known to have it."""
    if key is None:
        return None
    found = _there(engine, world, session, entity, key)
    engine.sought.append(Sought(session, entity, key, found))
    return found


def _there(engine: Expressions, world: World, session: int, entity: str, key: Value) -> int | None:
    for place, thing in members(world, session):
        same = key == Ref(place) or thing.key == key
        if same and thing.session == session and is_one_table(engine, thing.entity, entity):
            return place if thing.state.life is Life.PERSISTENT else None
    return None


def meeting(
    plan: Plan, path: Path, options: tuple[Option, ...], site: Site, *, populate: bool
) -> Reselect | PopulateExisting:
    """What a statement does to an object that the session has: it fills it, or replaces it all."""
    own = tuple(one for one in options if not one.path or one.path.root == path.root)
    left = kept(own, path, path.root)
    if populate:
        return PopulateExisting(plan=plan, path=path, options=left or None, site=site)
    return Reselect(plan=plan, path=path, options=left, site=site)


def met(engine: Expressions, world: World, place: int, effect: Reselect | PopulateExisting) -> None:
    """A statement meets an object that the session has."""
    thing = world.heap.get(place)
    if isinstance(thing, Mapped):
        state = engine.applied(thing.state, effect)
        if isinstance(effect, PopulateExisting) or thing.state.expired:
            # all that it has is of this statement
            thing = replace(thing, plan=effect.plan, path=effect.path, load=effect.site, related={})
        world.heap[place] = replace(thing, state=state)


def as_it_was(
    engine: Expressions, world: World, sought: Iterable[Sought], names: Mapping[int, int]
) -> bool:
    """Whether what a call looked for in sessions makes no difference in another world, either."""
    given = set(names.values())
    return all(
        _there(engine, world, names[one.session], one.entity, renamed(one.key, names)) is None
        if one.state is None and one.key is not None
        else not any(
            place not in given
            for place, _ in _helping(
                engine, world, names[one.session], one.entity, one.key, one.state
            )
        )
        for one in sought
        if one.session in names
    )


def _helping(
    engine: Expressions,
    world: World,
    session: int,
    entity: str,
    key: Value | None,
    state: State | None,
) -> Iterator[tuple[int, State]]:
    """The objects that may be the row that a statement brings, and have more than it brings.

    Each with what the row then is; it may also be one that came behind an object.
    """
    if state is None:
        return
    for place, thing in members(world, session):
        if thing.session != session or thing.state.life is not Life.PERSISTENT:
            continue
        here = [] if is_another(thing.key, key) else [thing.state]
        for one in (*here, *_states_behind(engine, thing)):
            if is_one_table(engine, one.entity, entity):
                either = _either_of(state, one)
                if either != state:
                    yield place, either


def _states_behind(engine: Expressions, thing: Mapped) -> Iterator[State]:
    """What the objects hold that came behind an object, by the plan of its statement."""
    if thing.plan is None or thing.path is None:
        return
    for _, effect in engine.meetings(thing.plan, thing.path, thing.entity)[1:]:
        entity = engine.end_of(effect.path)
        blank = engine.blank(entity, Life.PERSISTENT)
        yield engine.loaded_at(blank, effect.plan, effect.path, entity)


def _either_of(state: State, other: State) -> State:
    """What an object holds that may be another one, which the statement only adds to."""
    there = {slot.name for slot in other.slots if slot.held is not Held.NO} & state.names
    lacking = {slot.name for slot in state.slots if slot.held is Held.NO and slot.name in there}
    return state.change(lacking, lambda slot: replace(slot, held=Held.MAYBE)) if lacking else state


def may_be_met(engine: Expressions, world: World, session: int, new: int, site: Site) -> None:
    """What a statement brings may be what the session has already, which is filled then.

    That is not so of an object with another key, and makes no difference to one that lacks nothing.
    """
    brought = world.heap[new]
    if not isinstance(brought, Mapped) or brought.plan is None or brought.path is None:
        return
    effects = engine.meetings(brought.plan, brought.path, brought.entity)
    for entity, effect in effects:
        world.note(Happening(session, site, effect, entity, sure=False))
    for place, thing in members(world, session):
        if thing.session != session or thing.state.life is not Life.PERSISTENT:
            continue
        if not any(slot.expired or slot.held is not Held.YES for slot in thing.state.slots):
            continue
        state = thing.state
        for entity, effect in effects:
            itself = effect.path == brought.path
            others = itself and (place == new or is_another(thing.key, brought.key))
            if not others and is_one_table(engine, thing.entity, entity):
                state = both_states(state, engine.after_meeting(thing.state, effect))
        world.heap[place] = replace(thing, state=state)
    _may_be_held(engine, world, session, new)


def may_be_hit(engine: Expressions, world: World, session: int, entity: str) -> None:
    """`get()` may find an object whose row is not known, and loads it again if it is expired."""
    for place, thing in members(world, session):
        if thing.session == session and thing.state.expired and thing.entity == entity:
            state = both_states(thing.state, engine.applied(thing.state, Get()))
            world.heap[place] = replace(thing, state=state)


def _may_be_held(engine: Expressions, world: World, session: int, new: int) -> None:
    """What a statement brings may be an object that has more of it than the statement asks for."""
    brought = world.heap[new]
    if not isinstance(brought, Mapped) or not brought.known:
        return
    state = bare = brought.state
    found: int | None = None
    for place, held in _helping(engine, world, session, brought.entity, brought.key, bare):
        if place != new:
            found, state = place, _either_of(state, held)
    engine.sought.append(Sought(session, brought.entity, brought.key, found, bare))
    world.heap[new] = replace(brought, state=state)


def is_another(one: Value | None, other: Value | None) -> bool:
    """Whether two keys are of two rows: two constants that differ."""
    return isinstance(one, Const) and isinstance(other, Const) and one != other
