"""Interpreter: runs functions on abstract values, statement by statement.

A call runs the callee with the caller's values, so that options, flags, injected sessions and the
objects that are handed around need no rules of their own. Every bound is a number at the top.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import Any, Final

from loadwise.analyse.flow import STEPS, Flow
from loadwise.analyse.frame import Frame
from loadwise.analyse.identity import as_it_was
from loadwise.analyse.shape import Shape, UnlikeError
from loadwise.analyse.summary import (
    MOST_SEEN,
    Summary,
    again,
    kept,
    kind_of,
    outcome_of,
)
from loadwise.analyse.values import (
    NONE,
    SOME,
    UNKNOWN,
    Const,
    Function,
    Value,
    either,
)
from loadwise.analyse.world import Forks, World, meet
from loadwise.schema.scope import Module

DEEPEST: Final = 12
"""How many calls within calls are followed."""
RUNS: Final = 12
"""How often one entry point runs one function; with other values there is seldom more to see."""


FEW_CONTEXTS: Final = 8
"""Runs of one function after which it is not told which strings and numbers it is given."""
OUTCOMES: Final = 4
"""Ways in which a call ends that are told apart."""


def _varies(value: object) -> bool:
    """Whether a constant is one of many: a flag or None is not."""
    return value is not None and not isinstance(value, bool)


def _alike(returns: list[tuple[Value, World]]) -> bool:
    """Whether all ends of a run leave the same objects, and have done the same to sessions."""
    worlds = [one for _, one in returns]
    return all(
        one.log == worlds[0].log
        and all(one.heap.get(key) is thing for key, thing in worlds[0].heap.items())
        for one in worlds[1:]
    )


class Interpreter(Flow):
    """Runs functions of a project."""

    def __init__(self, *arguments: Any, **words: Any) -> None:
        """Take what `Expressions` takes."""
        super().__init__(*arguments, **words)
        self.contexts: dict[int, int] = {}
        """How often each function has been run, in the whole analysis."""

    def run(
        self,
        function: Function,
        arguments: dict[str, Value],
        world: World,
        *,
        depth: int,
        greenlet: bool,
    ) -> Value:
        """Run a function with its arguments, on the objects of a world, which it changes."""
        node = function.node
        if isinstance(node, ast.Lambda):
            frame = Frame(function, self.qualified(function), depth, greenlet=greenlet)
            return self._lambda(frame, node, arguments, world)
        plain = not any(self.matters(world, one, 3) for one in arguments.values())
        if plain and id(node) in self.plain:
            return self.plain[id(node)]
        arguments = self._general(function, arguments)
        shape = Shape(world, self.bare)
        key = self._key(function, arguments, shape, greenlet=greenlet)
        known = self.memo.get(key, []) if key is not None else []
        for summary in known:
            names = dict(zip(summary.given, shape.ids, strict=True))
            as_before = all(
                self.holds(world.heap, one) == said for one, said in summary.asked.items()
            )
            if as_before and as_it_was(self, world, summary.sought, names):
                return self.come_together(world, again(self, world, summary, shape))
        self.runs[id(node)] = self.runs.get(id(node), 0) + 1
        enough = self.runs[id(node)] > RUNS or self.steps > STEPS
        if depth > DEEPEST or self.running.count(id(node)) >= 2 or enough:
            self.cut += 1
            return UNKNOWN
        if not plain and not self.doubled:
            self.met.add(id(node))
        cut, seen, asked, thrown = self.cut, len(self.seen), len(self.asked), len(self.thrown)
        used, sought = len(self.used), len(self.sought)
        before = dict(world.heap)
        ends = self._run(function, arguments, world, depth=depth, greenlet=greenlet)
        made: set[int] = set()
        for value, end in ends:
            fresh = kept(before, end, value)
            made |= fresh
            end.heap = {
                key: thing for key, thing in end.heap.items() if key in before or key in fresh
            }
        escaped = tuple(dict.fromkeys(one for log in self.thrown[thrown:] for one in log))
        del self.thrown[thrown:]
        self.thrown += [escaped] if escaped else []
        rows = tuple({one.alike: one for one in self.sought[sought:]}.values())
        alone = all(
            one.found is None or one.found in shape.ids or one.found in made for one in rows
        )
        if key is not None and alone and self.cut == cut and len(self.seen) - seen <= MOST_SEEN:
            entities = set(self.asked[asked:])
            summary = Summary(
                outcomes=tuple(outcome_of(before, end, value) for value, end in ends),
                thrown=escaped,
                given=tuple(shape.ids),
                places=tuple(shape.sites),
                made=tuple(sorted(made)),
                seen=tuple({one.key: one for one in self.seen[seen:]}.values()),
                sought=tuple(one for one in rows if one.found is None),
                used=tuple(dict.fromkeys(self.used[used:])),
                asked={one: self.holds(before, one) for one in sorted(entities)},
            )
            self.memo.setdefault(key, []).append(summary)
        found = self.come_together(world, ends)
        if plain and not self.doubled and not self.matters(world, found, 3):
            self.plain[id(node)] = found
        return found

    def _lambda(
        self, frame: Frame, node: ast.Lambda, arguments: dict[str, Value], world: World
    ) -> Value:
        inner = World({**frame.function.closure, **arguments}, world.heap, world.log)
        value = self.value(frame, inner, node.body)
        world.heap, world.log = inner.heap, inner.log
        return value

    def come_together(self, world: World, ends: list[tuple[Value, World]]) -> Value:
        """Go on with the outcomes of a call: together, and apart until something changes."""
        met = meet([World({}, dict(end.heap), end.log) for _, end in ends])
        if met is None:  # it always raises
            return UNKNOWN
        ways = [(value, World({}, end.heap, world.log)) for value, end in ends]
        for (_, way), (_, end) in zip(ways, ends, strict=True):
            way.note_all(end.log)
        world.heap = met.heap
        world.note_all(met.log)
        value = either([value for value, _ in ends])
        if len(ends) > 1 and value is not UNKNOWN:
            world.forks = Forks(value, tuple(ways), dict(world.heap), world.log)
        return value

    def _general(self, function: Function, arguments: dict[str, Value]) -> dict[str, Value]:
        """The arguments; after some runs, without the strings and numbers among them."""
        if self.contexts.get(id(function.node), 0) <= FEW_CONTEXTS:
            return arguments
        return {
            name: SOME if isinstance(value, Const) and _varies(value.value) else value
            for name, value in arguments.items()
        }

    def _key(
        self, function: Function, arguments: dict[str, Value], shape: Shape, *, greenlet: bool
    ) -> Hashable | None:
        """What two calls that are alike share; None for a call that is like no other."""
        try:
            given = tuple((name, shape.of(value)) for name, value in arguments.items())
            looping = tuple(number for one, number in shape.ids.items() if one in self.looping)
            how = (greenlet, self.guarded, bool(self.doubled))
            key = (id(function.node), how, given, shape.closed(function), looping)
            hash(key)
        except (UnlikeError, TypeError):
            return None
        return key

    def _run(
        self,
        function: Function,
        arguments: dict[str, Value],
        world: World,
        *,
        depth: int,
        greenlet: bool,
    ) -> list[tuple[Value, World]]:
        """The ways in which a run ends, those of one kind together; none where it only raises."""
        node = function.node
        assert not isinstance(node, ast.Lambda)
        self.contexts[id(node)] = self.contexts.get(id(node), 0) + 1
        frame = Frame(function, self.qualified(function), depth, greenlet=greenlet)
        inner = World({**function.closure, **arguments}, dict(world.heap))
        self.running.append(id(node))
        try:
            end = self.block(frame, node.body, inner)
        finally:
            self.running.pop()
        if end is not None:
            frame.returns.append((NONE, end))
        self.thrown += [one.log for one in frame.raises if one.log]
        if frame.yields:
            met = meet([one for _, one in frame.returns]) or inner
            return [(either(frame.yields), met)]
        kinds: dict[str, list[tuple[Value, World]]] = {}
        for value, one in frame.returns:
            kinds.setdefault(kind_of(value), []).append((value, one))
        several = list(kinds.values())
        if len(several) > OUTCOMES or _alike(frame.returns):
            several = [frame.returns] if frame.returns else []
        ends: list[tuple[Value, World]] = []
        for group in several:
            end = meet([one for _, one in group])
            if end is not None:
                ends.append((either([value for value, _ in group]), end))
        return ends

    def evaluated(self, module: Module, name: str, node: ast.expr) -> Value:
        """The value of an expression at the top level of a module."""
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        holder = Function(module=module, node=ast.Lambda(args=nothing, body=node))
        frame = Frame(holder, f"{module.name}.{name}", 0, greenlet=True)
        world = World({}, {})
        found = self.value(frame, world, node)
        self.shared.update(world.heap)
        return found

    def qualified(self, function: Function) -> str:
        """The dotted name of a function."""
        name = getattr(function.node, "name", "<lambda>")
        owner = f"{function.owner.node.name}." if function.owner is not None else ""
        return f"{function.module.name}.{owner}{name}"
