"""Objects: what the interpreter knows of the objects that a program works with.

The rules are the core's: an object of a mapped class is a state, what happens to it an effect.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.names import Names
from loadwise.analyse.sightings import Places, Seen, Sightings
from loadwise.analyse.values import (
    UNKNOWN,
    Attribute,
    Cell,
    Class,
    Const,
    Dynamic,
    Either,
    Entries,
    Expression,
    Function,
    Items,
    Maker,
    Many,
    Method,
    Options,
    Pending,
    Points,
    Query,
    Ref,
    Row,
    Rows,
    Synchronous,
    Value,
)
from loadwise.analyse.world import Instance, Mapped, Session, Thing, World
from loadwise.core.effect import Effect, Load, New, Read, Reselect, Set
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
from loadwise.schema.classes import Classes
from loadwise.schema.from_source import SourceSchema
from loadwise.schema.scope import Project

if TYPE_CHECKING:
    from loadwise.analyse.frame import Frame
    from loadwise.analyse.identity import Sought
    from loadwise.analyse.repeats import Round

DEEP: Final = 3
"""Relationships in a row, behind which a statement is looked at for what it brings."""


class Objects(Names):
    """Makes objects, and touches them; states, plans and readings are worked out once."""

    def __init__(
        self, project: Project, classes: Classes, schema: SourceSchema, places: Places
    ) -> None:
        super().__init__(project, classes, schema)
        self.graph: Graph = schema.graph
        self.places = places
        self.sightings = Sightings(schema.graph)
        self._next = 0
        self.looping: set[int] = set()
        """The objects that stand for each of many, in the loops that are run."""
        self.sought: list[Sought] = []
        """The rows that were looked for in sessions, likewise."""
        self.used: list[int] = []
        """The sessions that did IO, in the order of the runs; a summary takes its part of it."""
        self.rounds: list[Round] = []
        """The loops that are run, the outermost first."""
        self.heard: Mapping[str, set[str]] = {}
        """The attributes that are listened to, by entity: who hears of a change may change others.
        """
        self.guarded = False
        """Whether what a read raises is meant to be caught."""
        self.doubtful = False
        """Whether the object that is touched is one of several."""
        self.seen: list[Seen] = []
        """What was seen, in the order of the runs; a summary takes its part of it."""
        self.asked: list[str] = []
        """The entities of which it mattered whether an object was there, likewise."""
        self._plans: dict[tuple[Statement, int], Plan] = {}
        self._statements_of: dict[int, Statement] = {}
        self._blanks: dict[tuple[str, Life], State] = {}
        self._below: dict[tuple[int, Path, str], tuple[Plan, State]] = {}
        self._states: dict[tuple[int, Effect], tuple[State, State]] = {}
        self._readings: dict[tuple[int, str, Target], tuple[State, Reading]] = {}
        self._meetings: dict[tuple[int, Path], tuple[Plan, list[tuple[str, Reselect]]]] = {}
        self._after_meetings: dict[tuple[int, int], tuple[State, Reselect, State]] = {}
        self._behinds: dict[tuple[int, int], tuple[State, Plan | None, frozenset[str]]] = {}

    @property
    def last(self) -> int:
        """The number of the object that was made last."""
        return self._next

    def fresh(self) -> int:
        """A number that no object has."""
        self._next += 1
        return self._next

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
            case Many(element=element) | Rows(element=element) | Pending(value=element):
                return self.refs(element)
            case Items(elements=several) | Either(options=several):
                return [ref for one in several for ref in self.refs(one)]
            case _:
                return []

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
            case Many(element=element) | Rows(element=element) | Pending(value=element):
                return self.matters(world, element, depth)
            case Items(elements=several) | Either(options=several):
                return any(self.matters(world, one, depth) for one in several)
            case Entries(entries=entries):
                return any(self.matters(world, one, depth) for _, one in entries)
            case Dynamic() | Synchronous():
                return True
            case Query() | Options() | Class() | Attribute() | Function() | Maker() | Method():
                return True
            case _:
                return False

    def names(self, entity: str) -> frozenset[str]:
        """The names of everything that an entity can load."""
        return self.graph[entity].names

    def relationship(self, entity: str, name: str) -> Relationship | None:
        """The relationship of a name, if the entity has one."""
        return self.graph[entity].relationship(name)

    def blank(self, entity: str, life: Life) -> State:
        """An object of which nothing is loaded; one for each entity and life."""
        key = (entity, life)
        if key not in self._blanks:
            self._blanks[key] = blank(self.graph[entity], life)
        return self._blanks[key]

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

    def meetings(self, plan: Plan, path: Path, entity: str) -> list[tuple[str, Reselect]]:
        """What a statement does to objects that the session has, by their entities.

        The first is for what it selects, the others for what it brings behind that.
        """
        key = (id(plan), path)
        known = self._meetings.get(key)
        if known is None:  # the plan is kept, so that no other takes its id
            found = [(entity, Reselect(plan=plan, path=path))]
            for choice in self.deeper(plan, DEEP).choices:
                behind = self.end_of(choice.path)
                if behind and choice.loaded is not False:
                    deep = self.deeper(plan, len(choice.path.steps))
                    found.append((behind, Reselect(plan=deep, path=choice.path)))
            known = self._meetings[key] = (plan, found)
        return known[1]

    def after_meeting(self, state: State, effect: Reselect) -> State:
        """A state after a meeting, by the identity of both: plans are large."""
        key = (id(state), id(effect))
        known = self._after_meetings.get(key)
        if known is None:  # both are kept, so that no other takes an id
            after = apply(state, effect, self.graph)
            known = self._after_meetings[key] = (state, effect, after)
        return known[2]

    def loaded_at(self, life: State, plan: Plan, path: Path, entity: str) -> State:
        """What a statement brings at a path; worked out once."""
        key = (id(plan), path, entity)
        known = self._below.get(key)
        if known is None:
            state = apply(life, Load(plan=plan, path=path, entity=entity), self.graph)
            known = self._below[key] = (plan, state)
        return known[1]

    def see(self, seen: Seen) -> None:
        """Note that an attribute is touched that may not be there."""
        self.seen.append(seen)
        self.sightings.see(seen)

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
        if needs and self.guarded:
            pass
        elif needs and not (frame.greenlet or synchronous):
            site = self.places.site(frame.function.module, node, frame.name, name_only=True)
            self.see(Seen(thing, name, reading, site, touch, held=hidden, doubtful=self.doubtful))
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
        keys = relationship.join.local
        if keys and all(self._is_null(thing.state, column) for column in keys):
            return Target.NULL
        self.asked.append(relationship.target)
        return Target.UNKNOWN if self.holds(world.heap, relationship.target) else Target.ABSENT

    def _is_null(self, state: State, column: str) -> bool:
        """Whether a column reads as None, since the INSERT was never given a value."""
        if state[column].held is not Held.NO or state.life is not Life.PERSISTENT:
            return False
        return self.read(state, column, Target.ABSENT).outcomes == frozenset({Outcome.VALUE})

    def holds(self, heap: Mapping[int, Thing], entity: str) -> bool:
        """Whether some object of an entity may be in the session: itself, or behind another."""
        return any(
            isinstance(one, Mapped)
            and one.state.life is not Life.TRANSIENT
            and any(self.graph.is_a(there, entity) for there in (one.entity, *self._behind(one)))
            for one in heap.values()
        )

    def _behind(self, thing: Mapped) -> frozenset[str]:
        """The entities of the objects that came with an object, or that it leads to."""
        key = (id(thing.state), id(thing.plan))
        known = self._behinds.get(key)
        if known is None:  # both are kept, so that no other takes an id
            held = {
                one.target
                for one in self.graph[thing.entity].relationships
                if thing.state[one.name].held is not Held.NO
            }
            plan = thing.plan if thing.plan is not None else Plan()
            brought = {self.end_of(one.path) for one in plan.choices if one.loaded is not False}
            targets = frozenset(one for one in held | brought if one in self.graph)
            known = self._behinds[key] = (thing.state, thing.plan, targets)
        return known[2]

    def end_of(self, path: Path) -> str:
        """The entity at the end of a path; empty where that is a column."""
        entity = path.root
        for step in path.steps[1:]:
            found = self.relationship(entity, step.name) if entity in self.graph else None
            entity = found.target if found is not None else ""
        return entity

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
        found: Value = Many(new) if relationship.uselist else Ref(new.id, nullable=True)
        if relationship.lazy is Strategy.DYNAMIC:
            return Dynamic(key, name)
        if relationship.lazy is Strategy.WRITE_ONLY:
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

    def awaited(self, frame: Frame, world: World, owner: Value, name: str, node: ast.expr) -> Value:
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
        found: Value = Many(new) if relationship.uselist else Ref(new.id, nullable=True)
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
            self._is_another_key(world, Cell(base.id, name))
            relationship = self.relationship(thing.entity, name)
            if self.is_heard(thing.entity, [name]):
                world.heap[base.id] = thing = replace(thing, known=False)
            if relationship is not None and relationship.uselist:
                self.touch(frame, world, base.id, name, node, Touch.WRITE)
                thing = world.heap[base.id]
            if isinstance(thing, Mapped):
                changed = thing.changed if relationship is not None else thing.changed | {name}
                made = {name} if isinstance(value, Attribute | Expression) else set[str]()
                pointer = self.pointer(world, thing.entity, name, value)
                world.heap[base.id] = replace(
                    thing,
                    state=self.applied(thing.state, Set(name=name)),
                    expressions=(thing.expressions - {name}) | made,
                    changed=changed | (set(relationship.join.get) if relationship else set()),
                    related={**thing.related, name: value} if relationship else thing.related,
                    row=(*thing.row, pointer) if pointer else thing.row,
                )

    def is_heard(self, entity: str, names: Iterable[str]) -> bool:
        """Whether one of some attributes is listened to."""
        heard = {
            name for one in self.graph.lineage(entity) for name in self.heard.get(one.name, ())
        }
        return not heard.isdisjoint(names)

    def _is_another_key(self, world: World, cell: Cell) -> None:
        """A column changes: what was found by its value is not what it leads to any more."""
        for place, thing in list(world.heap.items()):
            if isinstance(thing, Mapped) and thing.key == cell:
                world.heap[place] = replace(thing, key=None)

    def points(self, world: World, column: Value, value: Value) -> Points | Row | None:
        """What a condition says of the rows: which one it is, or that they point at an object."""
        if not isinstance(column, Attribute):
            return None
        if (column.name,) == self.graph[column.entity].primary_key:
            return Row(column.entity, value) if isinstance(value, Cell | Const) else None
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
