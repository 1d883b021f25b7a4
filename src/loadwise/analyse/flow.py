"""Flow: what statements do, one after the other, in branches, loops, handlers and blocks."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from loadwise.analyse.expressions import snake
from loadwise.analyse.frame import Frame
from loadwise.analyse.guards import failures, is_guard
from loadwise.analyse.happenings import happened
from loadwise.analyse.hazards import gone_through
from loadwise.analyse.narrowing import Narrowing
from loadwise.analyse.repeats import round_of
from loadwise.analyse.schemas import serialised
from loadwise.analyse.sessions import entered, left
from loadwise.analyse.values import (
    NONE,
    UNKNOWN,
    Function,
    Value,
)
from loadwise.analyse.world import Forks, Happening, World, meet
from loadwise.schema.scope import imported_from

STEPS: Final = 6_000
"""Statements that one entry point may take, its callees included."""


class Flow(Narrowing):
    """Runs the statements of a function."""

    def __init__(self, *arguments: Any, **words: Any) -> None:
        """Take what `Expressions` takes."""
        super().__init__(*arguments, **words)
        self._statements: dict[type[ast.AST], Callable[[Frame, Any, World], World | None]] = {
            kind: getattr(self, f"do_{snake(kind.__name__)}")
            for kind in vars(ast).values()
            if isinstance(kind, type) and hasattr(self, f"do_{snake(kind.__name__)}")
        }

    def block(self, frame: Frame, body: Iterable[ast.stmt], world: World) -> World | None:
        """The world after some statements; None where none gets to their end."""
        here: World | None = world
        for statement in body:
            if here is None or self.steps > STEPS:
                return here
            self.steps += 1
            here = self.statement(frame, statement, here)
        return here

    def statement(self, frame: Frame, node: ast.stmt, world: World) -> World | None:
        """The world after one statement."""
        handler = self._statements.get(type(node))
        if handler is None:
            for inner in ast.iter_child_nodes(node):
                if isinstance(inner, ast.expr):
                    self.value(frame, world, inner)
            return world
        return handler(frame, node, world)

    def do_assign(self, frame: Frame, node: ast.Assign, world: World) -> World:
        return self._bound(frame, world, node.targets, node.value)

    def do_ann_assign(self, frame: Frame, node: ast.AnnAssign, world: World) -> World:
        if node.value is None:
            return world
        return self._bound(frame, world, [node.target], node.value)

    def _bound(self, frame: Frame, world: World, targets: list[ast.expr], node: ast.expr) -> World:
        """Bind targets to a value; to the outcomes of a call, in the world of each."""
        value = self.value(frame, world, node)
        ways = world.outcomes(value)
        for one, way in ((value, world), *ways):
            for target in targets:
                self.assign(frame, way, target, one)
        if ways:
            named = [one for target in targets for one in ast.walk(target)]
            names = frozenset(one.id for one in named if isinstance(one, ast.Name))
            world.forks = Forks(value, tuple(ways), dict(world.heap), world.log, names)
        return world

    def do_aug_assign(self, frame: Frame, node: ast.AugAssign, world: World) -> World:
        self.value(frame, world, node.value)
        if isinstance(node.target, ast.Attribute):
            reading = ast.copy_location(
                ast.Attribute(value=node.target.value, attr=node.target.attr, ctx=ast.Load()),
                node.target,
            )
            self.value(frame, world, reading)
            self.assign(frame, world, node.target, UNKNOWN)
        elif isinstance(node.target, ast.Name):
            world.bind(node.target.id, UNKNOWN)
        return world

    def do_return(self, frame: Frame, node: ast.Return, world: World) -> None:
        value = NONE if node.value is None else self.value(frame, world, node.value)
        serialised(self, frame, world, node, value)
        frame.returns += world.outcomes(value) or [(value, world.copy())]

    def do_raise(self, frame: Frame, node: ast.Raise, world: World) -> None:
        for inner in (node.exc, node.cause):
            if inner is not None:
                self.value(frame, world, inner)
        frame.raises.append(world.copy())

    def do_break(self, frame: Frame, node: ast.Break, world: World) -> None:
        frame.breaks.append(world.copy())

    def do_continue(self, frame: Frame, node: ast.Continue, world: World) -> None:
        frame.continues.append(world.copy())

    def do_function_def(self, frame: Frame, node: ast.FunctionDef, world: World) -> World:
        made = Function(module=frame.function.module, node=node, closure=dict(world.names))
        world.names[node.name] = made
        self.inner[id(node)] = made
        return world

    do_async_function_def = do_function_def

    def do_class_def(self, frame: Frame, node: ast.ClassDef, world: World) -> World:
        return world

    def do_import(self, frame: Frame, node: ast.Import, world: World) -> World:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            world.names[name] = self.outer(alias.name if alias.asname else name)
        return world

    def do_import_from(self, frame: Frame, node: ast.ImportFrom, world: World) -> World:
        origin = imported_from(frame.function.module, node)
        for alias in node.names:
            world.names[alias.asname or alias.name] = self.outer(f"{origin}.{alias.name}")
        return world

    def do_assert(self, frame: Frame, node: ast.Assert, world: World) -> World | None:
        return self.chosen(frame, world, node.test, truth=True)

    def do_if(self, frame: Frame, node: ast.If, world: World) -> World | None:
        yes = self.chosen(frame, world, node.test, truth=True)
        no = self.chosen(frame, world, node.test, truth=False)
        ends = [
            self.block(frame, body, one) if one is not None else None
            for body, one in ((node.body, yes), (node.orelse, no))
        ]
        return meet([one for one in ends if one is not None])

    def do_match(self, frame: Frame, node: ast.Match, world: World) -> World | None:
        self.value(frame, world, node.subject)
        ends = [self.block(frame, case.body, world.copy()) for case in node.cases]
        return meet([one for one in (*ends, world) if one is not None])

    def do_while(self, frame: Frame, node: ast.While, world: World) -> World | None:
        def prepare(here: World) -> World | None:
            return self.narrowed(frame, here, node.test, truth=True)

        return self._loop(frame, node, world, prepare)

    def do_for(self, frame: Frame, node: ast.For, world: World) -> World | None:
        source = self.value(frame, world, node.iter)
        element, outer = self.element(source), set(self.looping)
        gone_through(self, frame, world, source, node.iter)

        def prepare(here: World) -> World | None:
            self.assign(frame, here, node.target, element)
            return here

        self.looping |= self.each_of(source)
        self.rounds.append(round_of(frame, node, source, self.last))
        after = self._loop(frame, node, world, prepare)
        self.rounds.pop()
        self.looping = outer
        return after

    do_async_for = do_for

    def _loop(
        self,
        frame: Frame,
        node: ast.For | ast.AsyncFor | ast.While,
        world: World,
        prepare: Callable[[World], World | None],
    ) -> World | None:
        """Run a body twice, so that what one round does meets the next one's reads.

        What the loop goes through is as the body leaves it: a loop over nothing does no harm.
        """
        outer = frame.breaks, frame.continues
        frame.breaks, frame.continues = [], []
        here: World | None = world
        before = world.copy()
        for _ in range(2):
            if here is None:
                break
            start = prepare(here.copy())
            ended = self.block(frame, node.body, start) if start is not None else None
            ends = [one for one in (ended, *frame.continues) if one is not None]
            frame.continues = []
            here = meet(ends)
        ends = [one for one in (here, *frame.breaks) if one is not None]
        frame.breaks, frame.continues = outer
        after = meet(ends)
        if isinstance(node, ast.While):
            after = meet([one for one in (before, after) if one is not None])
        elif after is None:
            after = before
        else:
            names = meet([before, after])
            after = World(names.names if names is not None else after.names, after.heap)
        if after is not None and node.orelse:
            after = self.block(frame, node.orelse, after)
        return after

    def do_try(self, frame: Frame, node: ast.Try, world: World) -> World | None:
        outer, frame.raises = frame.raises, []
        thrown = len(self.thrown)
        first = world.copy()
        here: World | None = world
        starts: list[World] = []
        guarded, self.guarded = self.guarded, self.guarded or is_guard(node)
        for statement, (before, over) in zip(node.body, failures(node), strict=True):
            if here is None:
                break
            starts += [here.copy()] if before else []
            here = self.block(frame, [statement], here)
            starts += [here.copy()] if over and here is not None else []
        self.guarded = guarded
        starts += [*frame.raises, *self._thrown(first, self.thrown[thrown:])]
        starts = starts or [first]
        frame.raises = outer
        if node.handlers:
            del self.thrown[thrown:]
        if here is not None and node.orelse:
            here = self.block(frame, node.orelse, here)
        after = meet([one for one in (here, *self._handled(frame, node, starts)) if one])
        if not node.finalbody:
            return after
        last = self.block(frame, node.finalbody, after or starts[-1].copy())
        return last if after is not None else None

    def _thrown(self, before: World, logs: list[tuple[Happening, ...]]) -> Iterator[World]:
        """The worlds in which calls did not return, by what had happened to sessions there."""
        for log in logs:
            one = before.copy()
            for happening in log:
                happened(self, one, happening)
            yield one

    def _handled(self, frame: Frame, node: ast.Try, starts: list[World]) -> Iterator[World | None]:
        """The worlds after the handlers, each of which may start from any of some worlds."""
        for handler in node.handlers:
            start = meet([one.copy() for one in starts])
            if start is not None:
                if handler.name:
                    start.names[handler.name] = UNKNOWN
                yield self.block(frame, handler.body, start)

    do_try_star = do_try

    def do_with(self, frame: Frame, node: ast.With, world: World) -> World | None:
        """A block that is entered and left; a `return` within it leaves it, too."""
        within: list[tuple[Value, ast.expr]] = []
        for item in node.items:
            value = self.value(frame, world, item.context_expr)
            within.insert(0, (value, item.context_expr))
            inside = entered(value)
            if item.optional_vars is not None:
                self.assign(frame, world, item.optional_vars, inside)
        before = len(frame.returns)
        here = self.block(frame, node.body, world)
        ends = [one for _, one in frame.returns[before:]]
        for end in (*ends, *((here,) if here is not None else ())):
            for value, place in within:
                left(self, frame, end, value, place)
        return here

    do_async_with = do_with
