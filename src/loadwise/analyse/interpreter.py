"""Interpreter: runs functions on abstract values, statement by statement.

A call runs the callee with the caller's values, so that options, flags, injected sessions and the
objects that are handed around need no rules of their own. Every bound is a number at the top.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Final

from loadwise.analyse import calls
from loadwise.analyse.expressions import Expressions, snake
from loadwise.analyse.schemas import serialised
from loadwise.analyse.sessions import entered, happened, left
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
    UNKNOWN,
    Const,
    Entries,
    Function,
    Items,
    Many,
    Value,
    either,
    narrow,
    narrow_none,
)
from loadwise.analyse.world import Forks, Happening, World, meet
from loadwise.schema.scope import Module

DEEPEST: Final = 12
"""How many calls within calls are followed."""
STEPS: Final = 6_000
"""Statements that one entry point may take, its callees included."""
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


class Frame:
    """One running function: where it is, what came back from it, and what ended it early."""

    __slots__ = (
        "breaks",
        "continues",
        "depth",
        "function",
        "greenlet",
        "name",
        "raises",
        "returns",
        "yields",
    )

    def __init__(self, function: Function, name: str, depth: int, *, greenlet: bool) -> None:
        self.function = function
        self.name = name
        self.depth = depth
        self.greenlet = greenlet
        self.returns: list[tuple[Value, World]] = []
        self.yields: list[Value] = []
        self.raises: list[World] = []
        self.breaks: list[World] = []
        self.continues: list[World] = []


class Interpreter(Expressions):
    """Runs functions of a project."""

    def __init__(self, *arguments: Any, **words: Any) -> None:
        """Take what `Expressions` takes."""
        super().__init__(*arguments, **words)
        self.contexts: dict[int, int] = {}
        """How often each function has been run, in the whole analysis."""
        self._statements: dict[type[ast.AST], Callable[[Frame, Any, World], World | None]] = {
            kind: getattr(self, f"do_{snake(kind.__name__)}")
            for kind in vars(ast).values()
            if isinstance(kind, type) and hasattr(self, f"do_{snake(kind.__name__)}")
        }

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
            inner = World({**function.closure, **arguments}, world.heap, world.log)
            value = self.value(frame, inner, node.body)
            world.heap, world.log = inner.heap, inner.log
            return value
        plain = not any(self.matters(world, one, 3) for one in arguments.values())
        if plain and id(node) in self.plain:
            return self.plain[id(node)]
        arguments = self._general(function, arguments)
        shape = Shape(world, self.bare)
        key = self._key(function, arguments, shape, greenlet=greenlet)
        known = self.memo.get(key, []) if key is not None else []
        for summary in known:
            if all(self.holds(world.heap, one) == said for one, said in summary.asked.items()):
                return self.come_together(world, again(self, world, summary, shape))
        self.runs[id(node)] = self.runs.get(id(node), 0) + 1
        enough = self.runs[id(node)] > RUNS or self.steps > STEPS
        if depth > DEEPEST or self.running.count(id(node)) >= 2 or enough:
            self.cut += 1
            return UNKNOWN
        if not plain:
            self.met.add(id(node))
        cut, seen, asked, thrown = self.cut, len(self.seen), len(self.asked), len(self.thrown)
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
        if key is not None and self.cut == cut and len(self.seen) - seen <= MOST_SEEN:
            entities = set(self.asked[asked:])
            summary = Summary(
                outcomes=tuple(outcome_of(before, end, value) for value, end in ends),
                thrown=escaped,
                given=tuple(shape.ids),
                places=tuple(shape.sites),
                made=tuple(sorted(made)),
                seen=tuple({one.key: one for one in self.seen[seen:]}.values()),
                asked={one: self.holds(before, one) for one in sorted(entities)},
            )
            self.memo.setdefault(key, []).append(summary)
        found = self.come_together(world, ends)
        if plain and not self.matters(world, found, 3):
            self.plain[id(node)] = found
        return found

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
            name: UNKNOWN if isinstance(value, Const) and _varies(value.value) else value
            for name, value in arguments.items()
        }

    def _key(
        self, function: Function, arguments: dict[str, Value], shape: Shape, *, greenlet: bool
    ) -> Hashable | None:
        """What two calls that are alike share; None for a call that is like no other."""
        try:
            given = tuple((name, shape.of(value)) for name, value in arguments.items())
            looping = tuple(number for one, number in shape.ids.items() if one in self.looping)
            key = (id(function.node), greenlet, given, shape.closed(function), looping)
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

    def call(self, frame: Frame, world: World, node: ast.Call) -> Value:
        """The value of a call."""
        return calls.call(self, frame, world, node)

    def called(
        self,
        frame: Frame,
        world: World,
        callee: Value,
        arguments: calls.Arguments,
        node: ast.Call,
    ) -> Value:
        """What a call of some value gives."""
        return calls.called(self, frame, world, callee, arguments, node)

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

    # --- simple statements

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
        origin = self.import_origin(frame.function.module, node)
        for alias in node.names:
            world.names[alias.asname or alias.name] = self.outer(f"{origin}.{alias.name}")
        return world

    def do_assert(self, frame: Frame, node: ast.Assert, world: World) -> World | None:
        return self.chosen(frame, world, node.test, truth=True)

    # --- branches and loops

    def do_if(self, frame: Frame, node: ast.If, world: World) -> World | None:
        yes = self.chosen(frame, world, node.test, truth=True)
        no = self.chosen(frame, world, node.test, truth=False)
        ends = [
            self.block(frame, body, one) if one is not None else None
            for body, one in ((node.body, yes), (node.orelse, no))
        ]
        return meet([one for one in ends if one is not None])

    def chosen(self, frame: Frame, world: World, test: ast.expr, *, truth: bool) -> World | None:
        """The world in which a test is true, or false: of the outcomes of a call, those that are.

        That holds while nothing has changed since the call but names.
        """
        forks = world.forks
        used = {one.id for one in ast.walk(test) if isinstance(one, ast.Name)}
        if forks is None or not (used & forks.names) or not forks.hold(world):
            return self.narrowed(frame, world.copy(), test, truth=truth)
        ends = [self.narrowed(frame, way, test, truth=truth) for _, way in forks.apart(world)]
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

        def prepare(here: World) -> World | None:
            self.assign(frame, here, node.target, element)
            return here

        self.looping |= self.each_of(source)
        after = self._loop(frame, node, world, prepare)
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
        starts = [world.copy()]
        here: World | None = world
        for statement in node.body:
            if here is None:
                break
            here = self.block(frame, [statement], here)
            if here is not None:
                starts.append(here.copy())
        starts += [*frame.raises, *self._thrown(starts[0], self.thrown[thrown:])]
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

    # --- names

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
            case _:
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
        return world
