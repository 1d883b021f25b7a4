"""Shape: what can be reached from some values, whatever the objects are called.

Two calls are alike where the shapes of their arguments are. Objects are numbered in the order of
their meeting, and so are the places in the code where they were loaded or lost something.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Final

from loadwise.analyse.values import (
    Above,
    Awaitables,
    Cell,
    Dynamic,
    Either,
    Entries,
    Function,
    Items,
    Many,
    Method,
    Pending,
    Query,
    Ref,
    Rows,
    Synchronous,
    Value,
)
from loadwise.analyse.world import Instance, Mapped, Session, Thing, World
from loadwise.core.cause import Cause
from loadwise.core.site import Site
from loadwise.core.state import Life, State

MOST: Final = 200
"""Objects that are compared for one call."""


class UnlikeError(Exception):
    """A value is not compared: too much can be reached from it."""


class Bare:
    """States without their places, by small numbers; each state is taken apart once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[State, int, tuple[Site, ...]]] = {}
        self._numbers: dict[State, int] = {}

    def of(self, state: State) -> tuple[int, tuple[Site, ...]]:
        """The number of a state without its places, and those places in order."""
        found = self._known.get(id(state))
        if found is None:
            sites = tuple(_site(slot.cause) for slot in state.slots)
            bare = state
            if any(sites):
                slots = (
                    replace(slot, cause=replace(slot.cause, site=None))
                    if slot.cause is not None and slot.cause.site is not None
                    else slot
                    for slot in state.slots
                )
                bare = replace(state, slots=tuple(slots))
            number = self._numbers.setdefault(bare, len(self._numbers))
            # the state is kept, so that no other takes its id
            found = self._known[id(state)] = (state, number, tuple(one for one in sites if one))
        return found[1], found[2]


def _site(cause: Cause | None) -> Site | None:
    return cause.site if cause is not None else None


class Shape:
    """The shapes of the arguments of one call."""

    def __init__(self, world: World, bare: Bare) -> None:
        self._world = world
        self._bare = bare
        self.ids: dict[int, int] = {}
        self.sites: dict[Site, int] = {}

    def of(self, value: Value) -> Hashable:  # noqa: C901 - one case a kind of value
        """The shape of one value."""
        match value:
            case Ref(id=key, nullable=nullable):
                return ("ref", self._thing(key), nullable)
            case Pending(value=given, name=name, sessions=sessions):
                return ("pending", name, self.of(given), *(self._thing(one) for one in sessions))
            case Many(element=element) | Rows(element=element):
                return (type(value).__name__, getattr(value, "shape", ""), self.of(element))
            case Items(elements=several) | Either(options=several):
                return (type(value).__name__, *(self.of(one) for one in several))
            case Entries(entries=entries):
                return ("entries", *((key, self.of(one)) for key, one in entries))
            case Method(owner=owner) | Awaitables(owner=owner) | Synchronous(owner=owner):
                return (type(value).__name__, getattr(value, "name", ""), self.of(owner))
            case Cell(ref=key):
                return (replace(value, ref=0), self._thing(key))
            case Query(rows=rows) if rows:
                asked = (self.of(one.key) for one in rows)
                return (replace(value, rows=()), *(one.entity for one in rows), *asked)
            case Dynamic(ref=key, name=name):
                return ("dynamic", self._thing(key), name)
            case Above(owner=owner, receiver=receiver):
                return ("above", owner.qualified, self.of(receiver))
            case Function(bound=bound):
                inner = self.closed(value)
                return ("function", id(value.node), self.of(bound) if bound else None, inner)
            case _:
                return value

    def closed(self, function: Function) -> Hashable:
        """The shape of what a function closes over, as far as it uses that."""
        if not function.closure:
            return ()
        return tuple((name, self.of(value)) for name, value in closed_over(function).items())

    def _thing(self, key: int) -> Hashable:
        if key in self.ids:
            return self.ids[key]
        if len(self.ids) >= MOST:
            raise UnlikeError
        number = self.ids[key] = len(self.ids)
        match self._world.heap.get(key):
            case Instance(class_name=name, attributes=attributes):
                return (number, name, *((one, self.of(value)) for one, value in attributes))
            case Mapped() as thing:
                session = self._thing(thing.session) if thing.session is not None else None
                related = tuple((one, self.of(value)) for one, value in thing.related.items())
                state, sites = self._bare.of(thing.state)
                places = tuple(self._place(one) for one in sites)
                load = self._place(thing.load) if thing.load is not None else None
                left = self._place(thing.left) if thing.left is not None else None
                plain = (state, places, load, left, thing.known, thing.changed, thing.row)
                return (
                    number,
                    *plain,
                    self._row(thing.key),
                    thing.expressions,
                    id(thing.plan),
                    thing.path,
                    session,
                    *related,
                )
            case other:
                return (number, other, self._waits(key))

    def _row(self, key: Value | None) -> Hashable:
        return self.of(key) if key is not None else None

    def _place(self, site: Site) -> int:
        return self.sites.setdefault(site, len(self.sites))

    def _waits(self, session: int) -> bool:
        """Whether something waits for a flush in a session: the next statement writes it."""
        return any(
            isinstance(thing, Mapped)
            and thing.session == session
            and (thing.changed or thing.state.life is Life.PENDING)
            for thing in self._world.heap.values()
        )


_USED: dict[int, tuple[ast.AST, frozenset[str]]] = {}


def closed_over(function: Function) -> dict[str, Value]:
    """What a function closes over and uses, by name."""
    node = function.node
    known = _USED.get(id(node))
    if known is None or known[0] is not node:
        names = (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
        known = _USED[id(node)] = (node, frozenset(names))
    closure = function.closure
    return {name: closure[name] for name in sorted(known[1]) if name in closure}


def refs_of(value: Value) -> list[int]:
    """The objects that a value leads to at once."""
    match value:
        case Ref(id=key) | Cell(ref=key) | Dynamic(ref=key):
            return [key]
        case Query(rows=rows) if rows:
            return [key for one in rows for key in refs_of(one.key)]
        case Pending(value=inner, sessions=sessions):
            return [*refs_of(inner), *sessions]
        case Many(element=inner) | Rows(element=inner):
            return refs_of(inner)
        case Items(elements=several) | Either(options=several):
            return [key for one in several for key in refs_of(one)]
        case Entries(entries=entries):
            return [key for _, one in entries for key in refs_of(one)]
        case (
            Method(owner=inner)
            | Awaitables(owner=inner)
            | Synchronous(owner=inner)
            | Above(receiver=inner)
        ):
            return refs_of(inner)
        case Function(bound=bound):
            found = refs_of(bound) if bound is not None else []
            return [*found, *(key for one in closed_over(value).values() for key in refs_of(one))]
        case _:
            return []


def values_of(thing: Thing | None) -> list[Value]:
    """What an object leads to."""
    match thing:
        case Instance(attributes=attributes):
            return [value for _, value in attributes]
        case Mapped(related=related, session=session):
            found = list(related.values())
            return [*found, Ref(session)] if session is not None else found
        case _:
            return []


def reached(heap: Mapping[int, Thing], start: list[int], found: set[int]) -> None:
    """Enter all that can be reached from some objects."""
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in found and key in heap:
            found.add(key)
            for value in values_of(heap[key]):
                waiting += refs_of(value)


def renamed(  # noqa: C901 - one case a kind of value
    value: Value, names: Mapping[int, int]
) -> Value:
    """A value with its objects exchanged."""
    match value:
        case Ref(id=key):
            return replace(value, id=names.get(key, key))
        case Pending(value=inner, sessions=sessions):
            there = tuple(names.get(one, one) for one in sessions)
            return replace(value, value=renamed(inner, names), sessions=there)
        case Query(rows=rows) if rows:
            asked = tuple(replace(one, key=renamed(one.key, names)) for one in rows)
            return replace(value, rows=asked)
        case Many(element=inner) | Rows(element=inner):
            return replace(value, element=renamed(inner, names))
        case Cell(ref=key) | Dynamic(ref=key):
            return replace(value, ref=names.get(key, key))
        case Items(elements=several):
            return Items(tuple(renamed(one, names) for one in several))
        case Either(options=several):
            return Either(tuple(renamed(one, names) for one in several))
        case Entries(entries=entries):
            return Entries(tuple((key, renamed(one, names)) for key, one in entries))
        case Method(owner=inner) | Awaitables(owner=inner) | Synchronous(owner=inner):
            return replace(value, owner=renamed(inner, names))
        case Above(receiver=inner):
            return replace(value, receiver=renamed(inner, names))
        case Function(bound=bound):
            closure = {name: renamed(one, names) for name, one in closed_over(value).items()}
            return replace(
                value,
                bound=renamed(bound, names) if bound is not None else None,
                closure={**value.closure, **closure},
            )
        case _:
            return value


def moved(thing: Thing, names: Mapping[int, int], places: Mapping[Site, Site]) -> Thing:
    """An object with the objects it leads to, and the places it remembers, exchanged."""
    match thing:
        case Instance(attributes=attributes):
            changed = tuple((name, renamed(value, names)) for name, value in attributes)
            return replace(thing, attributes=changed)
        case Mapped(related=related, session=session):
            there = {name: renamed(value, names) for name, value in related.items()}
            owner = names.get(session, session) if session is not None else None
            load = places.get(thing.load, thing.load) if thing.load is not None else None
            left = places.get(thing.left, thing.left) if thing.left is not None else None
            state = moved_state(thing.state, places)
            key = renamed(thing.key, names) if thing.key is not None else None
            if isinstance(key, Cell) and names and key.ref not in names.values():
                key = None  # a column of an object that is forgotten
            there_now = replace(thing, related=there, session=owner, load=load, left=left)
            return replace(there_now, state=state, key=key)
        case Session():
            return thing


def moved_state(state: State, places: Mapping[Site, Site]) -> State:
    """A state with the places of its causes exchanged."""
    if not places or not any(_site(slot.cause) in places for slot in state.slots):
        return state
    slots = (
        replace(slot, cause=replace(slot.cause, site=places[slot.cause.site]))
        if slot.cause is not None and slot.cause.site is not None and slot.cause.site in places
        else slot
        for slot in state.slots
    )
    return replace(state, slots=tuple(slots))
