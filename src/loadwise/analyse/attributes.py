"""Attributes: what `x.name` stands for, whatever `x` is."""

from __future__ import annotations

import ast
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.names import has_decorator
from loadwise.analyse.objects import Objects
from loadwise.analyse.values import (
    NONE,
    UNKNOWN,
    Above,
    Attribute,
    Awaitables,
    Cell,
    Class,
    Const,
    Dynamic,
    Either,
    Entries,
    Foreign,
    Function,
    Imported,
    Items,
    Maker,
    Many,
    Method,
    Options,
    Pending,
    Query,
    Ref,
    Rows,
    Synchronous,
    Value,
    either,
)
from loadwise.analyse.world import Instance, Mapped, Session, World
from loadwise.core.need import Touch
from loadwise.schema.classes import ClassSource

if TYPE_CHECKING:
    from loadwise.analyse.frame import Frame

NO_OBJECT: Final = 0
"""Stands for the object of a column that says nothing of other rows."""
PROPERTIES: Final = ("property", "hybrid_property", "cached_property", "computed_field")
"""Decorators that make an attribute of a method."""


class Attributes(Objects):
    """Looks attributes up; those of a property are what it returns."""

    @abstractmethod
    def run(
        self,
        function: Function,
        arguments: dict[str, Value],
        world: World,
        *,
        depth: int,
        greenlet: bool,
    ) -> Value:
        """Run a function."""

    def attribute(
        self,
        frame: Frame,
        world: World,
        base: Value,
        name: str,
        node: ast.expr,
        touch: Touch = Touch.READ,
    ) -> Value:
        """The attribute of a value, which notes what it touches."""
        if isinstance(base, Pending):  # a coroutine has none of what it will give
            return UNKNOWN
        match base:
            case Ref(id=key):
                return self._of_thing(frame, world, base, world.heap.get(key), name, node, touch)
            case Either(options=options):
                several = [one for one in options if one != NONE]
                outer, self.doubtful = self.doubtful, self.doubtful or len(several) > 1
                found = [self.attribute(frame, world, one, name, node, touch) for one in several]
                self.doubtful = outer
                return either(found)
            case Class():
                member = self.brought(world, self.of_class(base, name))
                return Method(base, name) if member == UNKNOWN else member
            case Imported(module=module):
                return self.brought(world, self.named(module, name))
            case Foreign(name=outer):
                return self.outer(f"{outer}.{name}")
            case Awaitables(owner=owner):
                return self.awaited(frame, world, owner, name, node)
            case Above():
                return self._above(world, base, name)
            case (
                Const()
                | Attribute()
                | Query()
                | Options()
                | Rows()
                | Dynamic()
                | Synchronous()
                | Maker()
                | Many()
                | Items()
                | Entries()
            ):
                return Method(base, name)
            case _:
                return UNKNOWN

    def _of_thing(
        self,
        frame: Frame,
        world: World,
        base: Ref,
        thing: object,
        name: str,
        node: ast.expr,
        touch: Touch,
    ) -> Value:
        match thing:
            case Mapped():
                return self._of_mapped(frame, world, base, thing, name, node, touch)
            case Session():
                return Synchronous(base) if name == "sync_session" else Method(base, name)
            case Instance():
                known = thing.get(name)
                if known is not None:
                    return known
                return self.of_instance(frame, world, base, thing.class_name, name)
            case _:
                return UNKNOWN

    def _of_mapped(
        self,
        frame: Frame,
        world: World,
        base: Ref,
        thing: Mapped,
        name: str,
        node: ast.expr,
        touch: Touch,
    ) -> Value:
        if name == "awaitable_attrs":
            return Awaitables(base)
        if name not in self.names(thing.entity):
            qualified = self.class_of(thing.entity)
            return self.of_instance(frame, world, base, qualified, name)
        self.touch(frame, world, base.id, name, node, touch)
        if self.relationship(thing.entity, name) is None:
            is_key = name in self.graph[thing.entity].primary_key
            return Cell(base.id, name) if is_key else Cell(NO_OBJECT, name)
        return self.related(world, base.id, name)

    def _above(self, world: World, base: Above, name: str) -> Value:
        """What a method reaches by `super()`, along the order of the receiver's own class."""
        receiver = base.receiver
        source: ClassSource | None = None
        if isinstance(receiver, Class):
            source = receiver.source
        elif isinstance(receiver, Ref):
            thing = world.heap.get(receiver.id)
            if isinstance(thing, Instance):
                source = self.source_of(thing.class_name)
            elif isinstance(thing, Mapped):
                source = self.source_of(self.class_of(thing.entity))
        order = list(self.classes.sources(source if source is not None else base.owner))
        behind = order[order.index(base.owner) + 1 :] if base.owner in order else order[1:]
        found = self._in_bodies(behind, Class(base.owner), name)
        return replace(found, bound=receiver) if isinstance(found, Function) else found

    def of_instance(
        self, frame: Frame, world: World, base: Ref, class_name: str, name: str
    ) -> Value:
        """An attribute that a class gives its objects: a property is run, a method is bound."""
        source = self.source_of(class_name)
        if source is None:
            return UNKNOWN
        found = self.brought(world, self.of_class(Class(source), name))
        if isinstance(found, Const):  # a default, and what the object has in its place is not seen
            return UNKNOWN if self.is_field(source, name) else found
        if not isinstance(found, Function) or found.owner is None:
            return found
        if isinstance(found.node, ast.Lambda) or has_decorator(found.node, "staticmethod"):
            return found
        bound = replace(found, bound=found.bound or base)
        if any(has_decorator(found.node, one) for one in PROPERTIES):
            first = found.node.args.args[:1]
            given: dict[str, Value] = {one.arg: base for one in first}
            return self.run(bound, given, world, depth=frame.depth + 1, greenlet=frame.greenlet)
        return bound
