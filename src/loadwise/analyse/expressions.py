"""Expressions: what an expression stands for, and what it touches on the way."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Callable, Hashable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from loadwise.analyse import calls
from loadwise.analyse.attributes import Attributes
from loadwise.analyse.hazards import gone_through
from loadwise.analyse.repeats import round_of
from loadwise.analyse.shape import Bare, refs_of
from loadwise.analyse.sightings import Places
from loadwise.analyse.tasks import awaited, each_its_own
from loadwise.analyse.values import (
    NONE,
    SOME,
    UNKNOWN,
    Attribute,
    Class,
    Const,
    Either,
    Entries,
    Expression,
    Function,
    Items,
    Many,
    Rows,
    Value,
    either,
)
from loadwise.analyse.world import Happening, Mapped, World, meet
from loadwise.core.statement import Statement
from loadwise.schema.classes import Classes
from loadwise.schema.from_source import SourceSchema
from loadwise.schema.scope import Project

if TYPE_CHECKING:
    from loadwise.analyse.frame import Frame
    from loadwise.analyse.summary import Summary

Evaluate = Callable[["Frame", World, Any], Value]

FEW: Final = 12
"""Elements of a list that are told apart."""


class Expressions(Attributes):
    """Evaluates expressions; what it leaves open is how names are bound and functions are run."""

    def __init__(
        self,
        project: Project,
        classes: Classes,
        schema: SourceSchema,
        places: Places,
        *,
        expires: bool,
    ) -> None:
        super().__init__(project, classes, schema, places)
        self.expires = expires
        self.running: list[int] = []
        self.awaiting: ast.expr | None = None
        """What is awaited as soon as it is evaluated."""
        self.steps: int = 0
        self.cut: int = 0
        self.runs: dict[int, int] = {}
        """How often the entry point that is run has run each function."""
        self.methods: dict[str, list[Function]] = {}
        """The methods of the project, by name."""
        self.inner: dict[int, Function] = {}
        """The functions that are defined within others, which a framework may call."""
        self.met: set[int] = set()
        """The functions that have been run with something that matters."""
        self.plain: dict[int, Value] = {}
        """What functions give that have to do with nothing mapped."""
        self.doubled: frozenset[str] = frozenset()
        """The functions that a test has exchanged for others, while one is run."""
        self.memo: dict[Hashable, list[Summary]] = {}
        """What calls that are alike did."""
        self.bare = Bare()
        self.thrown: list[tuple[Happening, ...]] = []
        """What had happened to sessions where a call did not return, likewise."""
        self.loaded: dict[Statement, Mapped] = {}
        """What each statement loads; one is run at many places."""
        self._handlers: dict[type[ast.AST], Evaluate] = {
            kind: getattr(self, f"of_{snake(kind.__name__)}")
            for kind in vars(ast).values()
            if isinstance(kind, type) and hasattr(self, f"of_{snake(kind.__name__)}")
        }

    @abstractmethod
    def narrowed(self, frame: Frame, world: World, test: ast.expr, *, truth: bool) -> World | None:
        """The world in which a test is true, or false; None where it cannot be."""

    @abstractmethod
    def chosen(self, frame: Frame, world: World, test: ast.expr, *, truth: bool) -> World | None:
        """As `narrowed`, on a copy; of the outcomes of a call, those in which the test is so."""

    @abstractmethod
    def assign(self, frame: Frame, world: World, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""

    def value(self, frame: Frame, world: World, node: ast.expr) -> Value:
        """What an expression stands for."""
        handler = self._handlers.get(type(node))
        if handler is not None:
            return handler(frame, world, node)
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.expr):
                self.value(frame, world, inner)
        return UNKNOWN

    def of_constant(self, frame: Frame, world: World, node: ast.Constant) -> Value:
        return Const(node.value)

    def of_name(self, frame: Frame, world: World, node: ast.Name) -> Value:
        if node.id in world.names:
            return world.names[node.id]
        return self.brought(world, self.named(frame.function.module, node.id))

    def of_await(self, frame: Frame, world: World, node: ast.Await) -> Value:
        self.awaiting = node.value
        return awaited(self.value(frame, world, node.value))

    def of_starred(self, frame: Frame, world: World, node: ast.Starred) -> Value:
        return self.value(frame, world, node.value)

    def of_named_expr(self, frame: Frame, world: World, node: ast.NamedExpr) -> Value:
        found = self.value(frame, world, node.value)
        world.bind(node.target.id, found)
        return found

    def of_lambda(self, frame: Frame, world: World, node: ast.Lambda) -> Value:
        return Function(module=frame.function.module, node=node, closure=dict(world.names))

    def of_yield(self, frame: Frame, world: World, node: ast.Yield) -> Value:
        found = NONE if node.value is None else self.value(frame, world, node.value)
        frame.yields.append(found)
        return UNKNOWN

    def of_if_exp(self, frame: Frame, world: World, node: ast.IfExp) -> Value:
        yes = self.chosen(frame, world, node.test, truth=True)
        no = self.chosen(frame, world, node.test, truth=False)
        parts: list[Value] = []
        ends: list[World] = []
        for part, one in ((node.body, yes), (node.orelse, no)):
            if one is not None:
                parts.append(self.value(frame, one, part))
                ends.append(one)
        met = meet(ends)
        if met is None:
            return UNKNOWN
        world.heap, world.log = met.heap, met.log
        return either(parts)

    def of_joined_str(self, frame: Frame, world: World, node: ast.JoinedStr) -> Value:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.value(frame, world, part.value)
        return SOME

    def of_unary_op(self, frame: Frame, world: World, node: ast.UnaryOp) -> Value:
        self.value(frame, world, node.operand)
        return SOME

    def of_bool_op(self, frame: Frame, world: World, node: ast.BoolOp) -> Value:
        parts: list[Value] = []
        for part in node.values:
            parts.append(self.value(frame, world, part))
            narrowed = self.narrowed(frame, world.copy(), part, truth=isinstance(node.op, ast.And))
            if narrowed is None:
                break
            world.names = narrowed.names
        return either(parts)

    def of_list(self, frame: Frame, world: World, node: ast.List | ast.Tuple | ast.Set) -> Value:
        found = [self.value(frame, world, part) for part in node.elts]
        starred = any(isinstance(part, ast.Starred) for part in node.elts)
        if starred or len(found) > FEW:
            return Many(either([self.element(one) if starred else one for one in found]))
        return Items(tuple(found))

    of_tuple = of_list
    of_set = of_list

    def of_dict(self, frame: Frame, world: World, node: ast.Dict) -> Value:
        entries: list[tuple[object, Value]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            found = self.value(frame, world, value)
            name = self.value(frame, world, key) if key is not None else UNKNOWN
            if isinstance(name, Const):
                entries.append((name.value, found))
        return Entries(tuple(entries))

    def of_list_comp(
        self, frame: Frame, world: World, node: ast.ListComp | ast.SetComp | ast.GeneratorExp
    ) -> Value:
        return self._comprehended(frame, world, node.generators, [node.elt])

    of_set_comp = of_list_comp
    of_generator_exp = of_list_comp

    def of_dict_comp(self, frame: Frame, world: World, node: ast.DictComp) -> Value:
        return self._comprehended(frame, world, node.generators, [node.key, node.value])

    def _comprehended(
        self,
        frame: Frame,
        world: World,
        generators: list[ast.comprehension],
        made: list[ast.expr],
    ) -> Value:
        """What a comprehension gives: of what is made in each round, the last."""
        inner = World(dict(world.names), world.heap, world.log)
        looping, rounds = set(self.looping), len(self.rounds)
        for generator in generators:
            source = self.value(frame, inner, generator.iter)
            gone_through(self, frame, inner, source, generator.iter)
            self.looping |= self.each_of(source)
            self.rounds.append(round_of(frame, generator, source, self.last))
            self.assign(frame, inner, generator.target, self.element(source))
            for test in generator.ifs:
                narrowed = self.narrowed(frame, inner, test, truth=True)
                if narrowed is not None:
                    inner.names, inner.heap, inner.log = narrowed.names, narrowed.heap, narrowed.log
        found = [self.value(frame, inner, one) for one in made]
        found = [each_its_own(one, self.rounds[rounds].last) for one in found]
        world.heap, world.log, self.looping = inner.heap, inner.log, looping
        del self.rounds[rounds:]
        return Many(found[-1])

    def each_of(self, value: Value) -> set[int]:
        """The objects that stand for each of the many that a loop goes through."""
        return set(refs_of(value)) if isinstance(value, Many | Rows) else set()

    def of_subscript(self, frame: Frame, world: World, node: ast.Subscript) -> Value:
        base = self.value(frame, world, node.value)
        key = self.value(frame, world, node.slice)
        match base:
            case Items(elements=elements) if isinstance(key, Const) and isinstance(key.value, int):
                place = key.value
                return elements[place] if -len(elements) <= place < len(elements) else UNKNOWN
            case Items() | Many():
                return base if isinstance(node.slice, ast.Slice) else self.element(base)
            case Entries(entries=entries) if isinstance(key, Const):
                return next((value for name, value in entries if name == key.value), UNKNOWN)
            case Class():
                return base
            case _:
                return UNKNOWN

    def element(self, value: Value) -> Value:
        """One of a collection."""
        match value:
            case Many(element=element):
                return element
            case Items(elements=elements):
                return either(list(elements)) if elements else UNKNOWN
            case Rows(element=element):
                return element
            case Either(options=options):
                return either([self.element(one) for one in options])
            case _:
                return UNKNOWN

    def of_compare(self, frame: Frame, world: World, node: ast.Compare) -> Value:
        sides = [self.value(frame, world, one) for one in (node.left, *node.comparators)]
        if len(sides) == 2 and isinstance(node.ops[0], ast.Eq):
            return self.points(world, *sides) or self.points(world, *reversed(sides)) or SOME
        return SOME

    def of_bin_op(self, frame: Frame, world: World, node: ast.BinOp) -> Value:
        sides = [self.value(frame, world, one) for one in (node.left, node.right)]
        if all(isinstance(one, Many | Items) for one in sides):
            return Many(either([self.element(one) for one in sides if one != Items(())]))
        sql = any(isinstance(one, Attribute | Expression) for one in sides)
        return Expression() if sql else SOME

    def of_attribute(self, frame: Frame, world: World, node: ast.Attribute) -> Value:
        base = self.value(frame, world, node.value)
        return self.attribute(frame, world, base, node.attr, node)

    def of_call(self, frame: Frame, world: World, node: ast.Call) -> Value:
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


@cache
def snake(name: str) -> str:
    """`ListComp` as `list_comp`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
