"""Expressions: what an expression stands for, and what it touches on the way."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from loadwise.analyse.names import has_decorator
from loadwise.analyse.objects import Objects
from loadwise.analyse.shape import Bare, refs_of
from loadwise.analyse.sightings import Places
from loadwise.analyse.values import (
    NONE,
    UNKNOWN,
    Above,
    Attribute,
    Awaitables,
    Cell,
    Class,
    Const,
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
    Query,
    Ref,
    Rows,
    Value,
    either,
)
from loadwise.analyse.world import Happening, Instance, Mapped, Session, World, meet
from loadwise.core.need import Touch
from loadwise.core.statement import Statement
from loadwise.schema.classes import Classes, ClassSource
from loadwise.schema.from_source import SourceSchema
from loadwise.schema.scope import Project

if TYPE_CHECKING:
    from loadwise.analyse.interpreter import Frame
    from loadwise.analyse.summary import Summary

Evaluate = Callable[["Frame", World, Any], Value]

MUTATORS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "update"}
)
PROPERTIES: Final = ("property", "hybrid_property", "cached_property", "computed_field")
FEW: Final = 12
"""Elements of a list that are told apart."""


class Expressions(Objects):
    """Evaluates expressions; the statements are the interpreter's."""

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
        raise NotImplementedError

    def call(self, frame: Frame, world: World, node: ast.Call) -> Value:
        """The value of a call."""
        raise NotImplementedError

    def called(
        self,
        frame: Frame,
        world: World,
        callee: Value,
        arguments: tuple[list[Value], dict[str, Value]],
        node: ast.Call,
    ) -> Value:
        """What a call of some value gives."""
        raise NotImplementedError

    def narrowed(self, frame: Frame, world: World, test: ast.expr, *, truth: bool) -> World | None:
        """The world in which a test is true, or false; None where it cannot be."""
        raise NotImplementedError

    def chosen(self, frame: Frame, world: World, test: ast.expr, *, truth: bool) -> World | None:
        """As `narrowed`, on a copy; of the outcomes of a call, those in which the test is so."""
        raise NotImplementedError

    def assign(self, frame: Frame, world: World, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""
        raise NotImplementedError

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
        return self.value(frame, world, node.value)

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
        inner, outer = World(dict(world.names), world.heap, world.log), set(self.looping)
        self.comprehended(frame, inner, node.generators)
        found = self.value(frame, inner, node.elt)
        world.heap, world.log, self.looping = inner.heap, inner.log, outer
        return Many(found)

    def of_dict_comp(self, frame: Frame, world: World, node: ast.DictComp) -> Value:
        inner, outer = World(dict(world.names), world.heap, world.log), set(self.looping)
        self.comprehended(frame, inner, node.generators)
        self.value(frame, inner, node.key)
        found = self.value(frame, inner, node.value)
        world.heap, world.log, self.looping = inner.heap, inner.log, outer
        return Many(found)

    def comprehended(self, frame: Frame, world: World, generators: list[ast.comprehension]) -> None:
        """Bind the targets of a comprehension."""
        for generator in generators:
            source = self.value(frame, world, generator.iter)
            self.looping |= self.each_of(source)
            self.assign(frame, world, generator.target, self.element(source))
            for test in generator.ifs:
                narrowed = self.narrowed(frame, world, test, truth=True)
                if narrowed is not None:
                    world.names, world.heap, world.log = narrowed.names, narrowed.heap, narrowed.log

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
            return self.points(world, *sides) or self.points(world, *reversed(sides)) or UNKNOWN
        return UNKNOWN

    def of_attribute(self, frame: Frame, world: World, node: ast.Attribute) -> Value:
        base = self.value(frame, world, node.value)
        return self.attribute(frame, world, base, node.attr, node)

    def of_call(self, frame: Frame, world: World, node: ast.Call) -> Value:
        return self.call(frame, world, node)

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
        match base:
            case Ref(id=key):
                return self._of_thing(frame, world, base, world.heap.get(key), name, node, touch)
            case Either(options=options):
                return either(
                    [
                        self.attribute(frame, world, one, name, node, touch)
                        for one in options
                        if one != NONE
                    ]
                )
            case Class():
                found = self.brought(world, self.of_class(base, name))
                return Method(base, name) if found == UNKNOWN else found
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
                return base if name == "sync_session" else Method(base, name)
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
            return Cell(base.id, name)
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


@cache
def snake(name: str) -> str:
    """`ListComp` as `list_comp`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
