"""Memo: what a function gave for some values, to give it again for values that are alike.

Two calls are alike where everything that can be reached from their arguments is, whatever the
objects are called. Only a call that changed nothing of what was there before, and did nothing to a
session as a whole, is remembered: what it gave is made anew, with new objects.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from loadwise.analyse.values import (
    Above,
    Awaitables,
    Either,
    Entries,
    Function,
    Items,
    Many,
    Method,
    Ref,
    Rows,
    Value,
)
from loadwise.analyse.world import Instance, Mapped, Session, Thing, World
from loadwise.core.state import Life


class UnlikeError(Exception):
    """A value is not compared: too much can be reached from it, or it closes over names."""


MOST: Final = 200
"""Objects that are compared for one call."""


class Shape:
    """What can be reached from some values, with objects numbered in the order of their meeting."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ids: dict[int, int] = {}

    def of(self, value: Value) -> Hashable:
        """The shape of one value."""
        match value:
            case Ref(id=key, nullable=nullable):
                return ("ref", self._thing(key), nullable)
            case Many(element=element) | Rows(element=element):
                return (type(value).__name__, getattr(value, "shape", ""), self.of(element))
            case Items(elements=several) | Either(options=several):
                return (type(value).__name__, *(self.of(one) for one in several))
            case Entries(entries=entries):
                return ("entries", *((key, self.of(one)) for key, one in entries))
            case Method(owner=owner) | Awaitables(owner=owner):
                return (type(value).__name__, getattr(value, "name", ""), self.of(owner))
            case Above(owner=owner, receiver=receiver):
                return ("above", owner.qualified, self.of(receiver))
            case Function(node=node, bound=bound, closure=closure):
                if closure:
                    raise UnlikeError
                return ("function", id(node), self.of(bound) if bound is not None else None)
            case _:
                return value

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
                plain = (thing.entity, thing.state, thing.load, thing.known, thing.changed)
                return (number, *plain, id(thing.plan), thing.path, session, *related)
            case other:
                return (number, other, self._waits(key))

    def _waits(self, session: int) -> bool:
        """Whether something waits for a flush in a session: the next statement writes it."""
        return any(
            isinstance(thing, Mapped)
            and thing.session == session
            and (thing.changed or thing.state.life is Life.PENDING)
            for thing in self._world.heap.values()
        )


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a call gave: a value, the objects that it made, and the ones it was given, by number."""

    value: Value
    made: Mapping[int, Thing]
    given: tuple[int, ...]


def remembered(
    before: World, after: World, value: Value, given: Mapping[int, int]
) -> Remembered | None:
    """What is to be remembered of a call; None where it changed what was there."""
    made: dict[int, Thing] = {}
    for key, thing in after.heap.items():
        old = before.heap.get(key)
        if old is None:
            made[key] = thing
        elif old is not thing and old != thing:
            return None
    reached: dict[int, Thing] = {}
    _reach(value, made, reached)
    return Remembered(value, reached, tuple(given))


def _reach(value: Value, made: Mapping[int, Thing], reached: dict[int, Thing]) -> None:
    for key in _refs(value):
        if key in made and key not in reached:
            thing = reached[key] = made[key]
            for one in _values(thing):
                _reach(one, made, reached)


def _values(thing: Thing) -> list[Value]:
    match thing:
        case Instance(attributes=attributes):
            return [value for _, value in attributes]
        case Mapped(related=related, session=session):
            found = list(related.values())
            return [*found, Ref(session)] if session is not None else found
        case _:
            return []


def _refs(value: Value) -> list[int]:
    match value:
        case Ref(id=key):
            return [key]
        case Many(element=inner) | Rows(element=inner):
            return _refs(inner)
        case Items(elements=several) | Either(options=several):
            return [key for one in several for key in _refs(one)]
        case Entries(entries=entries):
            return [key for _, one in entries for key in _refs(one)]
        case Method(owner=inner) | Awaitables(owner=inner):
            return _refs(inner)
        case Function(bound=bound) if bound is not None:
            return _refs(bound)
        case _:
            return []


class Again:
    """Gives what was remembered once more, for other objects of the same shape."""

    def __init__(self, told: Remembered, given: tuple[int, ...], first: int) -> None:
        self._names = dict(zip(told.given, given, strict=False))
        for place, key in enumerate(told.made):
            self._names[key] = first + place
        self.made = {self._names[key]: self._thing(thing) for key, thing in told.made.items()}
        self.value = self.of(told.value)

    def of(self, value: Value) -> Value:
        """A value with its objects exchanged."""
        match value:
            case Ref(id=key):
                return replace(value, id=self._names.get(key, key))
            case Many(element=inner) | Rows(element=inner):
                return replace(value, element=self.of(inner))
            case Items(elements=several):
                return Items(tuple(self.of(one) for one in several))
            case Either(options=several):
                return Either(tuple(self.of(one) for one in several))
            case Entries(entries=entries):
                return Entries(tuple((key, self.of(one)) for key, one in entries))
            case Method(owner=inner) | Awaitables(owner=inner):
                return replace(value, owner=self.of(inner))
            case Function(bound=bound) if bound is not None:
                return replace(value, bound=self.of(bound))
            case _:
                return value

    def _thing(self, thing: Thing) -> Thing:
        match thing:
            case Instance(attributes=attributes):
                changed = tuple((name, self.of(value)) for name, value in attributes)
                return replace(thing, attributes=changed)
            case Mapped(related=related, session=session):
                there = {name: self.of(value) for name, value in related.items()}
                owner = self._names.get(session, session) if session is not None else None
                return replace(thing, related=there, session=owner)
            case Session():
                return thing
