"""Narrowing: what names are bound to, and what a test leaves of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from loadwise.analyse.expressions import Expressions
from loadwise.analyse.frame import Frame
from loadwise.analyse.guards import asked_for
from loadwise.analyse.nodes import names_in
from loadwise.analyse.values import (
    UNKNOWN,
    Const,
    Entries,
    Items,
    Many,
    Ref,
    Value,
    narrow,
    narrow_none,
)
from loadwise.analyse.world import Instance, Mapped, World, meet
from loadwise.core.state import Held, Slot


class Narrowing(Expressions):
    """Binds names, and takes the world apart by tests."""

    def assign(self, frame: Frame, world: World, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""
        match target:
            case ast.Name(id=name):
                world.bind(name, value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for one, part in zip(targets, self.unpacked(value, len(targets)), strict=True):
                    inner = one.value if isinstance(one, ast.Starred) else one
                    self.assign(frame, world, inner, part)
            case ast.Attribute(value=owner, attr=name):
                self.put(frame, world, self.value(frame, world, owner), name, value, target)
            case ast.Subscript(value=owner, slice=key):
                self.value(frame, world, key)
                base = self.value(frame, world, owner)
                if isinstance(owner, ast.Name) and isinstance(base, Entries):
                    known = self.value(frame, world, key)
                    if isinstance(known, Const):
                        kept = tuple(one for one in base.entries if one[0] != known.value)
                        world.names[owner.id] = Entries((*kept, (known.value, value)))
            case _:
                pass

    def unpacked(self, value: Value, count: int) -> list[Value]:
        """The parts of a value that is unpacked into so many targets."""
        if isinstance(value, Items) and len(value.elements) == count:
            return list(value.elements)
        return [self.element(value)] * count if isinstance(value, Many) else [UNKNOWN] * count

    def chosen(self, frame: Frame, world: World, test: ast.expr, *, truth: bool) -> World | None:
        """The world in which a test is true, or false: of the outcomes of a call, those that are.

        That holds while nothing has changed since the call but names.
        """
        forks = world.forks
        if forks is None or forks.names.isdisjoint(names_in(test)) or not forks.hold(world):
            return self.narrowed(frame, world.copy(), test, truth=truth)
        ends = [self.narrowed(frame, way, test, truth=truth) for _, way in forks.apart(world)]
        return meet([one for one in ends if one is not None])

    def narrowed(self, frame: Frame, world: World, test: ast.expr, *, truth: bool) -> World | None:
        """The world in which a test is true, or false; None where it cannot be."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.narrowed(frame, world, inner, truth=not truth)
            case ast.BoolOp(op=op, values=values):
                return self._all_or_one(frame, world, values, truth, isinstance(op, ast.And))
            case ast.Compare(
                left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]
            ):
                return self._nothing(frame, world, left, truth=truth)
            case ast.Compare(
                left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]
            ):
                return self._nothing(frame, world, left, truth=not truth)
            case ast.Compare(
                left=ast.Call(func=ast.Name(id="len"), args=[inner]),
                ops=[op],
                comparators=[ast.Constant(value=int() as count)],
            ) if (some := _says_some(op, count)) is not None:
                return self.narrowed(frame, world, inner, truth=some is truth)
            case _:
                asked = asked_for(test)
                if asked is not None:
                    owner, name, there = asked
                    if there is truth:
                        self._found(world, owner, name)
                    return world
                return self._tested(frame, world, test, lambda value: narrow(value, truth=truth))

    def _all_or_one(
        self, frame: Frame, world: World, values: list[ast.expr], truth: bool, every: bool
    ) -> World | None:
        here: World | None = world
        if every is truth:
            for value in values:
                here = self.narrowed(frame, here, value, truth=truth) if here is not None else None
            return here
        ends: list[World | None] = []
        for value in values:
            if here is None:
                break
            ends.append(self.narrowed(frame, here.copy(), value, truth=truth))
            here = self.narrowed(frame, here, value, truth=not truth)
        return meet([one for one in ends if one is not None])

    def _nothing(self, frame: Frame, world: World, node: ast.expr, *, truth: bool) -> World | None:
        """The world in which a value is None (truth), or is not."""
        return self._tested(frame, world, node, lambda value: narrow_none(value, none=truth))

    def _tested(
        self, frame: Frame, world: World, node: ast.expr, left: Callable[[Value], Value | None]
    ) -> World | None:
        """The world in which something is left of a value: of a call, in which outcomes it is."""
        value = self.value(frame, world, node)
        ways = world.outcomes(value) or [(value, world)]
        ends = [self._left(way, node, left(one)) for one, way in ways]
        return meet([one for one in ends if one is not None])

    def _left(self, world: World, node: ast.expr, value: Value | None) -> World | None:
        """The world in which what was tested is what is left of it; None where nothing is."""
        if value is None:
            return None
        if isinstance(node, ast.NamedExpr):
            node = node.target
        if isinstance(node, ast.Name):
            world.names[node.id] = value
        elif isinstance(node, ast.Attribute):
            self._left_behind(world, node, value)
        return world

    def _left_behind(self, world: World, node: ast.Attribute, value: Value) -> None:
        """An attribute of an object leads to what a test left of it."""
        key = self._object(world, node.value)
        thing = world.heap.get(key) if key is not None else None
        if key is None or not isinstance(thing, Mapped) or node.attr not in thing.related:
            return
        if thing.related[node.attr] != value:
            world.heap[key] = replace(thing, related={**thing.related, node.attr: value})

    def _found(self, world: World, owner: ast.expr, name: str) -> None:
        """An attribute of an object is there: that was asked."""
        key = self._object(world, owner)
        thing = world.heap.get(key) if key is not None else None
        if key is not None and isinstance(thing, Mapped) and name in self.names(thing.entity):
            slot = Slot(name=name, held=Held.YES)
            state = thing.state.change({name}, lambda _: slot)
            world.heap[key] = replace(thing, state=state)

    def _object(self, world: World, node: ast.expr) -> int | None:
        """The object that a chain of names leads to, which nothing is run for."""
        found: Value | None = None
        match node:
            case ast.Name(id=name):
                found = world.names.get(name)
            case ast.Attribute(value=inner, attr=name):
                key = self._object(world, inner)
                thing = world.heap.get(key) if key is not None else None
                if isinstance(thing, Mapped):
                    found = thing.related.get(name)
                elif isinstance(thing, Instance):
                    found = thing.get(name)
            case _:
                pass
        return found.id if isinstance(found, Ref) else None


def _says_some(op: ast.cmpop, count: int) -> bool | None:
    """Whether a comparison of a length says that there are some, or none; None where neither."""
    match op, count:
        case (ast.Gt(), 0) | (ast.NotEq(), 0) | (ast.GtE(), 1):
            return True
        case (ast.Eq(), 0) | (ast.LtE(), 0) | (ast.Lt(), 1):
            return False
        case _:
            return None
