"""Expressions: what an expression stands for, and what it touches on the way."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from loadwise.analyse.shape import Bare, reached, refs_of
from loadwise.analyse.sightings import Places, Seen, Sightings
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
    Points,
    Query,
    Ref,
    Rows,
    Value,
    either,
)
from loadwise.analyse.world import Happening, Instance, Mapped, Session, Thing, World, meet
from loadwise.core.effect import Effect, Load, New, Read, Set
from loadwise.core.effects import apply
from loadwise.core.graph import Graph, Relationship
from loadwise.core.loading import choices_of
from loadwise.core.need import Touch
from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.reading import Outcome, Reading, Target, read
from loadwise.core.site import Site
from loadwise.core.state import Held, Life, State, blank
from loadwise.core.statement import RefusedError, Statement, Way
from loadwise.core.strategy import Strategy
from loadwise.core.use import Via
from loadwise.schema.classes import Classes, ClassSource
from loadwise.schema.from_source import SourceSchema
from loadwise.schema.scope import Defined, Module, Outside, Project, imported_from

if TYPE_CHECKING:
    from loadwise.analyse.interpreter import Frame
    from loadwise.analyse.summary import Summary

Evaluate = Callable[["Frame", World, Any], Value]

MUTATORS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "update"}
)
PROPERTIES: Final = ("property", "hybrid_property", "cached_property", "computed_field")
EVALUATED: Final = (
    ast.Constant, ast.Call, ast.Name, ast.Attribute, ast.List, ast.Tuple, ast.Dict,
)  # fmt: skip
"""What the value of a module's variable is worked out of."""
FEW: Final = 12
"""Elements of a list that are told apart."""


class Expressions:
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
        self.project = project
        self.classes = classes
        self.schema = schema
        self.graph: Graph = schema.graph
        self.places = places
        self.expires = expires
        self.sightings = Sightings(schema.graph)
        self.running: list[int] = []
        self.steps: int = 0
        self.cut = 0
        self._next = 0
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
        self.seen: list[Seen] = []
        """What was seen, in the order of the runs; a summary takes its part of it."""
        self.looping: set[int] = set()
        """The objects that stand for each of many, in the loops that are run."""
        self.asked: list[str] = []
        """The entities of which it mattered whether an object was there, likewise."""
        self.thrown: list[tuple[Happening, ...]] = []
        """What had happened to sessions where a call did not return, likewise."""
        self.loaded: dict[Statement, Mapped] = {}
        """What each statement loads; one is run at many places."""
        self._classes = {entity: name for name, entity in schema.entities.items()}
        self.shared: dict[int, Thing] = {}
        """The objects that the variables of modules lead to."""
        self._globals: dict[tuple[str, str], Value] = {}
        self._plans: dict[tuple[Statement, int], Plan] = {}
        self._statements_of: dict[int, Statement] = {}
        self._blanks: dict[tuple[str, Life], State] = {}
        self._below: dict[tuple[int, Path, str], tuple[Plan, State]] = {}
        self._below_of: dict[str, str] | None = None
        self._named: dict[tuple[str, str], Value] = {}
        self._outer: dict[str, Value] = {}
        self._members: dict[tuple[str, str], Value] = {}
        self._sources: dict[str, ClassSource | None] = {}
        self._states: dict[tuple[int, Effect], tuple[State, State]] = {}
        self._readings: dict[tuple[int, str, Target], tuple[State, Reading]] = {}
        self._handlers: dict[type[ast.AST], Evaluate] = {
            kind: getattr(self, f"of_{snake(kind.__name__)}")
            for kind in vars(ast).values()
            if isinstance(kind, type) and hasattr(self, f"of_{snake(kind.__name__)}")
        }

    def fresh(self) -> int:
        """A number that no object has."""
        self._next += 1
        return self._next

    def names(self, entity: str) -> frozenset[str]:
        """The names of everything that an entity can load."""
        return self.graph[entity].names

    def relationship(self, entity: str, name: str) -> Relationship | None:
        """The relationship of a name, if the entity has one."""
        return self.graph[entity].relationship(name)

    def applied(self, state: State, effect: Effect) -> State:
        """A state after an effect; each is worked out once."""
        key = (id(state), effect)
        known = self._states.get(key)
        if known is None:  # the state is kept, so that no other takes its id
            known = self._states[key] = (state, apply(state, effect, self.graph))
        return known[1]

    def read(self, state: State, name: str, target: Target) -> Reading:
        """What comes of a read; each is worked out once."""
        key = (id(state), name, target)
        known = self._readings.get(key)
        if known is None:
            known = self._readings[key] = (state, read(self.graph, state, name, target))
        return known[1]

    def see(self, seen: Seen) -> None:
        """Note that an attribute is touched that may not be there."""
        self.seen.append(seen)
        self.sightings.see(seen)

    def matters(self, world: World, value: Value, depth: int) -> bool:
        """Whether a value leads to a session, a mapped object, a statement or the like.

        A function that is given none of these, and gives none, is run once for all.
        """
        match value:
            case Ref(id=key):
                thing = world.heap.get(key)
                if isinstance(thing, Instance):
                    return depth > 0 and any(
                        self.matters(world, one, depth - 1) for _, one in thing.attributes
                    )
                return thing is not None
            case Many(element=element) | Rows(element=element):
                return self.matters(world, element, depth)
            case Items(elements=several) | Either(options=several):
                return any(self.matters(world, one, depth) for one in several)
            case Entries(entries=entries):
                return any(self.matters(world, one, depth) for _, one in entries)
            case Query() | Options() | Class() | Attribute() | Function() | Maker() | Method():
                return True
            case _:
                return False

    # --- what the interpreter does

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

    def assign(self, frame: Frame, world: World, target: ast.expr, value: Value) -> None:
        """Bind a target to a value."""
        raise NotImplementedError

    def evaluated(self, module: Module, name: str, node: ast.expr) -> Value:
        """The value of an expression at the top level of a module."""
        raise NotImplementedError

    # --- expressions

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

    def brought(self, world: World, value: Value) -> Value:
        """The value of a module's variable, with the objects that it leads to in this world."""
        for key in refs_of(value):
            if key not in world.heap and key in self.shared:
                found: set[int] = set()
                reached(self.shared, [key], found)
                world.heap.update((one, self.shared[one]) for one in found)
        return value

    def of_await(self, frame: Frame, world: World, node: ast.Await) -> Value:
        return self.value(frame, world, node.value)

    def of_starred(self, frame: Frame, world: World, node: ast.Starred) -> Value:
        return self.value(frame, world, node.value)

    def of_named_expr(self, frame: Frame, world: World, node: ast.NamedExpr) -> Value:
        found = self.value(frame, world, node.value)
        world.names[node.target.id] = found
        return found

    def of_lambda(self, frame: Frame, world: World, node: ast.Lambda) -> Value:
        return Function(module=frame.function.module, node=node, closure=dict(world.names))

    def of_yield(self, frame: Frame, world: World, node: ast.Yield) -> Value:
        found = NONE if node.value is None else self.value(frame, world, node.value)
        frame.yields.append(found)
        return UNKNOWN

    def of_if_exp(self, frame: Frame, world: World, node: ast.IfExp) -> Value:
        yes = self.narrowed(frame, world.copy(), node.test, truth=True)
        no = self.narrowed(frame, world.copy(), node.test, truth=False)
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
        inner, outer = World(dict(world.names), world.heap, world.log), set(self.looping)
        self.comprehended(frame, inner, node.generators)
        found = self.value(frame, inner, node.elt)
        world.heap, world.log, self.looping = inner.heap, inner.log, outer
        return Many(found)

    of_set_comp = of_list_comp
    of_generator_exp = of_list_comp

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

    def points(self, world: World, column: Value, value: Value) -> Points | None:
        """What a condition says of the rows: that they point at an object of the session."""
        if not isinstance(column, Attribute):
            return None
        relationship = self.relationship(column.entity, column.name)
        if relationship is not None:
            held = isinstance(value, Ref) and relationship.is_simple_get
            return Points(column.entity, column.name) if held else None
        name = self.pointer(world, column.entity, column.name, value)
        return Points(column.entity, name) if name else None

    def pointer(self, world: World, entity: str, column: str, value: Value) -> str:
        """The relationship that leads to an object, where a column has the value of its key."""
        thing = world.heap.get(value.ref) if isinstance(value, Cell) else None
        if not isinstance(thing, Mapped) or not isinstance(value, Cell):
            return ""
        for one in self.graph[entity].relationships:
            keys = self.graph[one.target].primary_key if one.target in self.graph else ()
            if one.join.get == (column,) and keys == (value.name,):
                return one.name if self.graph.is_a(thing.entity, one.target) else ""
        return ""

    def of_attribute(self, frame: Frame, world: World, node: ast.Attribute) -> Value:
        base = self.value(frame, world, node.value)
        return self.attribute(frame, world, base, node.attr, node)

    def of_call(self, frame: Frame, world: World, node: ast.Call) -> Value:
        return self.call(frame, world, node)

    # --- attributes

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
                return self._awaited(frame, world, owner, name, node)
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

    def touch(
        self, frame: Frame, world: World, key: int, name: str, node: ast.expr, touch: Touch
    ) -> None:
        """Note that an attribute of a mapped object is touched; afterwards it is there."""
        thing = world.heap[key]
        if not isinstance(thing, Mapped):
            return
        place = (frame.function.module.file, getattr(node, "lineno", 0), name)
        self.sightings.reads.add(place)
        if not thing.known:
            return
        self.sightings.resolved.add(place)
        session = world.heap.get(thing.session) if thing.session is not None else None
        synchronous = isinstance(session, Session) and session.synchronous
        target = self._target(world, thing, name)
        reading = self.read(thing.state, name, target)
        needs = reading.outcomes & {
            Outcome.IO,
            Outcome.DETACHED,
            Outcome.RAISES,
            Outcome.RAISES_ON_SQL,
        }
        hidden = target is Target.UNKNOWN and Outcome.VALUE in reading.outcomes
        hidden = hidden and thing.state[name].held is not Held.YES
        if needs and not (frame.greenlet or synchronous or hidden):
            site = self.places.site(frame.function.module, node, frame.name, name_only=True)
            self.see(Seen(thing, name, reading, site, touch))
        elif reading.outcomes == frozenset({Outcome.IO}) and key in self.looping:
            site = self.places.site(frame.function.module, node, frame.name, name_only=True)
            self.see(Seen(thing, name, reading, site, touch, Via.READ))
        if needs:
            state = self.applied(thing.state, Read(name=name))
            if not state.holds(name):
                state = self.applied(state, Set(name=name))
            world.heap[key] = replace(thing, state=state)

    def _target(self, world: World, thing: Mapped, name: str) -> Target:
        """Whether the target of a many-to-one may be in the session, by what is seen there."""
        relationship = self.relationship(thing.entity, name)
        if relationship is None or not relationship.is_simple_get:
            return Target.ABSENT
        if name in thing.row:
            return Target.HELD
        self.asked.append(relationship.target)
        return Target.UNKNOWN if self.holds(world.heap, relationship.target) else Target.ABSENT

    def holds(self, heap: Mapping[int, Thing], entity: str) -> bool:
        """Whether some object of an entity may be in the session."""
        return any(
            isinstance(one, Mapped)
            and (one.entity == entity or self.graph.is_a(one.entity, entity))
            and one.state.life is not Life.TRANSIENT
            for one in heap.values()
        )

    def related(self, world: World, key: int, name: str) -> Value:
        """What a relationship leads to: made on its first read, as the statement brought it."""
        thing = world.heap[key]
        if not isinstance(thing, Mapped):
            return UNKNOWN
        known = thing.related.get(name)
        if known is not None:
            return known
        relationship = self.relationship(thing.entity, name)
        if relationship is None or relationship.target not in self.graph:
            return UNKNOWN
        child = self._child(thing, name, relationship.target)
        new = self.new(world, child)
        found: Value = Many(new) if relationship.uselist else new
        if relationship.lazy in {Strategy.DYNAMIC, Strategy.WRITE_ONLY}:
            found = UNKNOWN
        world.heap[key] = replace(thing, related={**thing.related, name: found})
        return found

    def _child(self, thing: Mapped, name: str, entity: str) -> Mapped:
        """An object behind a relationship; one that nothing tells of is never reported."""
        life = self.blank(entity, Life.PERSISTENT)
        path = thing.path / name if thing.path is not None else None
        plan = thing.plan
        if plan is not None and path is not None:
            plan = self.deeper(plan, len(path.steps))
        if not thing.known or plan is None or path is None or not plan.below(path):
            return Mapped(entity=entity, state=life, session=thing.session, known=False)
        state = self.loaded_at(life, plan, path, entity)
        return Mapped(
            entity=entity,
            state=state,
            session=thing.session,
            load=thing.load,
            plan=plan,
            path=path,
        )

    def _awaited(
        self, frame: Frame, world: World, owner: Value, name: str, node: ast.expr
    ) -> Value:
        """What `awaitable_attrs` loads; afterwards it is there."""
        if not isinstance(owner, Ref):
            return UNKNOWN
        thing = world.heap.get(owner.id)
        if not isinstance(thing, Mapped) or name not in self.names(thing.entity):
            return UNKNOWN
        lacked = not (thing.known and thing.state.holds(name))
        state = self.applied(thing.state, Read(name=name))
        world.heap[owner.id] = replace(thing, state=state)
        relationship = self.relationship(thing.entity, name)
        if relationship is not None and lacked and name not in thing.related:
            site = self.places.site(frame.function.module, node, frame.name, name_only=True)
            reading = self.read(thing.state, name, Target.ABSENT)
            if thing.known and owner.id in self.looping and Outcome.IO in reading.outcomes:
                self.see(Seen(thing, name, reading, site, Touch.READ, Via.AWAITABLE))
            return self._loaded_now(world, owner.id, relationship, site)
        return self.related(world, owner.id, name)

    def _loaded_now(self, world: World, key: int, relationship: Relationship, site: Site) -> Value:
        """What a relationship leads to that a statement of its own has just loaded."""
        thing = world.heap[key]
        if not isinstance(thing, Mapped) or relationship.target not in self.graph:
            return UNKNOWN
        statement = Statement(
            entity=relationship.target,
            way=Way.LAZY,
            behind=(thing.entity,),
            reverse=relationship.back_populates,
        )
        try:
            plan = self.plan(statement)
        except RefusedError:
            return self.related(world, key, relationship.name)
        path = Path.parse(relationship.target)
        state = self.loaded_at(
            self.blank(relationship.target, Life.PERSISTENT), plan, path, relationship.target
        )
        child = Mapped(
            entity=relationship.target,
            state=state,
            session=thing.session,
            load=site,
            plan=plan,
            path=path,
        )
        new = self.new(world, child)
        found: Value = Many(new) if relationship.uselist else new
        thing = replace(thing, related={**thing.related, relationship.name: found})
        world.heap[key] = thing
        return found

    def put(
        self, frame: Frame, world: World, base: Value, name: str, value: Value, node: ast.expr
    ) -> None:
        """Set an attribute of a value."""
        if isinstance(base, Either):
            for one in base.options:
                self.put(frame, world, one, name, value, node)
            return
        if not isinstance(base, Ref):
            return
        thing = world.heap.get(base.id)
        if isinstance(thing, Instance):
            world.heap[base.id] = thing.put(name, value)
        elif isinstance(thing, Mapped) and name in self.names(thing.entity):
            relationship = self.relationship(thing.entity, name)
            if relationship is not None and relationship.uselist:
                self.touch(frame, world, base.id, name, node, Touch.WRITE)
                thing = world.heap[base.id]
            if isinstance(thing, Mapped):
                changed = thing.changed if relationship is not None else thing.changed | {name}
                pointer = self.pointer(world, thing.entity, name, value)
                world.heap[base.id] = replace(
                    thing,
                    state=self.applied(thing.state, Set(name=name)),
                    changed=changed | (set(relationship.join.get) if relationship else set()),
                    related={**thing.related, name: value} if relationship else thing.related,
                    row=(*thing.row, pointer) if pointer else thing.row,
                )

    # --- names, classes, objects

    def named(self, module: Module, name: str) -> Value:
        """What a name means at the top level of a module."""
        key = (module.name, name)
        known = self._named.get(key)
        if known is None:
            found = self.project.resolve(module, name)
            if isinstance(found, Outside):
                known = self.outer(found.qualified)
            else:
                known = self.defined(found) if found is not None else UNKNOWN
            self._named[key] = known
        return known

    def outer(self, qualified: str) -> Value:
        """What a dotted name means: of the project, or a name that leaves it."""
        known = self._outer.get(qualified)
        if known is None:
            module = self.project.module(qualified)
            if module is not None:
                known = Imported(module)
            else:
                found = self.project.find(qualified)
                if isinstance(found, Defined):
                    known = self.defined(found)
                else:
                    known = Foreign(found.qualified)
            self._outer[qualified] = known
        return known

    def defined(self, found: Defined) -> Value:
        """What a definition at the top level of a module is."""
        match found.node:
            case ast.ClassDef():
                source = self.classes.of(found)
                return self.class_value(source) if source is not None else UNKNOWN
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return Function(module=found.module, node=found.node)
            case ast.expr():
                return self._global(found, found.node)
            case _:
                return UNKNOWN

    def class_value(self, source: ClassSource) -> Class:
        """The value of a class."""
        return Class(source, self.schema.entities.get(source.qualified, ""))

    def _global(self, found: Defined, node: ast.expr) -> Value:
        """The value of a module's variable, evaluated once, with the objects that it makes."""
        key = (found.module.name, found.name)
        if key not in self._globals:
            self._globals[key] = UNKNOWN
            if isinstance(node, EVALUATED):
                self._globals[key] = self.evaluated(found.module, found.name, node)
        return self._globals[key]

    def import_origin(self, module: Module, node: ast.ImportFrom) -> str:
        """The module that a `from … import` in a function names."""
        return imported_from(module, node)

    def class_of(self, entity: str) -> str:
        """The qualified name of the class that an entity is."""
        return self._classes.get(entity, "")

    def mapped_below(self, source: ClassSource) -> str:
        """The first mapped class that inherits from another one; empty where none does."""
        if self._below_of is None:
            self._below_of = {}
            for qualified, entity in sorted(self.schema.entities.items()):
                mapped = self.source_of(qualified)
                for above in self.classes.sources(mapped) if mapped is not None else ():
                    self._below_of.setdefault(above.qualified, entity)
        return self._below_of.get(source.qualified, "")

    def source_of(self, qualified: str) -> ClassSource | None:
        """The class of a qualified name."""
        if qualified not in self._sources:
            found = self.project.find(qualified)
            self._sources[qualified] = (
                self.classes.of(found) if isinstance(found, Defined) else None
            )
        return self._sources[qualified]

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

    def of_class(self, base: Class, name: str) -> Value:
        """An attribute of a class: a mapped one, a method, or what its body assigns."""
        if base.entity and name in self.names(base.entity):
            return Attribute(base.entity, name)
        key = (base.source.qualified, name)
        known = self._members.get(key)
        if known is None:
            sources = list(self.classes.sources(base.source))
            known = self._members[key] = self._in_bodies(sources, base, name)
        return known

    def _in_bodies(self, sources: list[ClassSource], base: Class, name: str) -> Value:
        for source in sources:
            for statement in source.node.body:
                match statement:
                    case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) if (
                        found == name
                    ):
                        bound = base if _has(statement, "classmethod") else None
                        return Function(
                            module=source.module, node=statement, owner=source, bound=bound
                        )
                    case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                        return self._global(
                            Defined(
                                module=source.module, name=f"{source.node.name}.{name}", node=value
                            ),
                            value,
                        )
                    case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if (
                        found == name
                    ):
                        return self._global(
                            Defined(
                                module=source.module, name=f"{source.node.name}.{name}", node=value
                            ),
                            value,
                        )
                    case _:
                        pass
        return UNKNOWN

    def of_instance(
        self, frame: Frame, world: World, base: Ref, class_name: str, name: str
    ) -> Value:
        """An attribute that a class gives its objects: a property is run, a method is bound."""
        source = self.source_of(class_name)
        if source is None:
            return UNKNOWN
        found = self.brought(world, self.of_class(Class(source), name))
        if isinstance(found, Const):  # a default, and what the object has in its place is not seen
            return UNKNOWN if self._is_field(source, name) else found
        if not isinstance(found, Function) or found.owner is None:
            return found
        if isinstance(found.node, ast.Lambda) or _has(found.node, "staticmethod"):
            return found
        bound = replace(found, bound=found.bound or base)
        if any(_has(found.node, one) for one in PROPERTIES):
            first = found.node.args.args[:1]
            given: dict[str, Value] = {one.arg: base for one in first}
            return self.run(bound, given, world, depth=frame.depth + 1, greenlet=frame.greenlet)
        return bound

    def blank(self, entity: str, life: Life) -> State:
        """An object of which nothing is loaded; one for each entity and life."""
        key = (entity, life)
        if key not in self._blanks:
            self._blanks[key] = blank(self.graph[entity], life)
        return self._blanks[key]

    def plan(self, statement: Statement, depth: int = 1) -> Plan:
        """What a statement does for so many entities in a row. Raises what `choices_of` raises."""
        known = self._plans.get((statement, depth))
        if known is None:
            known = Plan(choices=choices_of(self.graph, statement, depth))
            self._plans[statement, depth] = known
            self._statements_of[id(known)] = statement
        return known

    def deeper(self, plan: Plan, depth: int) -> Plan:
        """The plan of the same statement that goes as deep as asked for."""
        statement = self._statements_of.get(id(plan))
        return self.plan(statement, depth) if statement is not None else plan

    def loaded_at(self, life: State, plan: Plan, path: Path, entity: str) -> State:
        """What a statement brings at a path; worked out once."""
        key = (id(plan), path, entity)
        known = self._below.get(key)
        if known is None:
            state = apply(life, Load(plan=plan, path=path, entity=entity), self.graph)
            known = self._below[key] = (plan, state)
        return known[1]

    def _is_field(self, source: ClassSource, name: str) -> bool:
        """Whether a class only annotates an attribute, with a default: each object has its own."""
        return any(
            isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and one.target.id == name
            for each in self.classes.sources(source)
            for one in each.node.body
        )

    def new(self, world: World, thing: Mapped | Session | Instance) -> Ref:
        """Put an object on the heap."""
        self._next += 1
        world.heap[self._next] = thing
        return Ref(self._next)

    def made(self, world: World, entity: str, names: frozenset[str], site: Site) -> Ref:
        """A new object of a mapped class, with some attributes set."""
        state = self.applied(self.blank(entity, Life.TRANSIENT), New(names=names))
        return self.new(world, Mapped(entity=entity, state=state, load=site))

    def refs(self, value: Value) -> list[Ref]:
        """The objects that a value is, or may be, itself or one of its elements."""
        match value:
            case Ref():
                return [value]
            case Many(element=element) | Rows(element=element):
                return self.refs(element)
            case Items(elements=several) | Either(options=several):
                return [ref for one in several for ref in self.refs(one)]
            case _:
                return []


def _has(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a function has a decorator of a name, whatever stands before it."""
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if ast.unparse(called).rpartition(".")[2] == name:
            return True
    return False


@cache
def snake(name: str) -> str:
    """`ListComp` as `list_comp`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
