"""What SQLAlchemy does in one operation, as effects for the model: told by its own events.

An effect needs to be told what a caller knows: which statement brought an object, at which path,
and which columns a flush writes. Statements carry their path, and objects the one that they were
loaded by; an object that was there may have been met at any path of its class in the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any, Final

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, Session

from loadwise.core.effect import (
    Add,
    Append,
    Commit,
    Effect,
    Expire,
    Flush,
    Load,
    PopulateExisting,
    Queue,
    Read,
    Refresh,
    Reselect,
    Returns,
    Rollback,
    SavepointRollback,
    Set,
)
from loadwise.core.effects import apply
from loadwise.core.graph import Generated, Graph, PolymorphicLoad
from loadwise.core.loading import choices_of, lazy_paths, reload_way
from loadwise.core.path import Path, Step
from loadwise.core.plan import Plan
from loadwise.core.state import Held, Life, Slot, State, blank
from loadwise.core.statement import Option, Statement, Way, kept
from loadwise.core.strategy import QUERIES, Strategy
from loadwise.observe import hooks

MOVES: Final = version("sqlalchemy").startswith("2.0.")
"""Whether the last path of several to an object counts, whatever order the rows had (#13507)."""


MOST: Final = 120
"""Statements of one operation: where SQLAlchemy walks a cycle without end, it is stopped."""


class NeedsIOError(Exception):
    """A read in plain code would emit SQL."""


@dataclass(slots=True, eq=False)
class Tracked:
    """An object and what the model says of it; what this operation has done to it so far."""

    obj: Any
    state: State
    label: str
    met: set[tuple[int, Path]] = field(default_factory=set)
    brought: frozenset[int] = frozenset()
    """The statements that may have brought it, by the identity of their anchors."""
    given: frozenset[str] = frozenset()
    own: set[str] = field(default_factory=set)
    loaded_by: tuple[Any, Any] | None = None
    """The options and the path that SQLAlchemy keeps for it."""
    source: Anchor | None = None
    """The statement whose options SQLAlchemy keeps for it."""
    unsure: set[str] = field(default_factory=set)
    """Attributes of which the model is told several things, until something makes them one."""

    def settle(self, before: State, *, expires: bool) -> None:
        """What is loaded now, and what something has expired, is so whatever it was."""
        for slot in self.state.slots:
            if slot == before[slot.name]:
                continue
            gone = expires and slot.held is Held.NO and slot.expired
            if slot.strategy is None and (slot.held is Held.YES or gone):
                self.unsure.discard(slot.name)

    @property
    def entity(self) -> str:
        return self.state.entity


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """A statement that others belong to, and the path that SQLAlchemy has for what is above it."""

    prefix: tuple[Any, ...]
    statement: Statement
    plan: Plan
    optioned: bool = False
    """Whether it has options, even such as say nothing."""
    queried: bool = False
    """Whether it is what a flush reads of a dynamic relationship."""
    around: Anchor | None = None
    """The statement that it has its options from, where those are another's."""

    @property
    def source(self) -> Anchor:
        return self.around or self

    @property
    def entity(self) -> str:
        return self.statement.entity

    def is_around(self, real: Sequence[Any]) -> bool:
        """Whether it is a lazy load with subqueries, which may have brought what is at a path."""
        return (
            self.statement.way is Way.LAZY
            and tuple(real[: len(self.prefix)]) == self.prefix
            and any(one.strategy is Strategy.SUBQUERY for one in self.plan.choices)
        )


class Seen:
    """The listeners of one session, and the states of its objects."""

    def __init__(self, graph: Graph, session: Session, classes: Iterable[Any]) -> None:
        self.graph = graph
        self.session = session
        self.classes = tuple(classes)
        self.tracked: dict[int, Tracked] = {}
        self.anchors: list[Anchor] = []
        self.alive: list[Anchor] = []
        self.statements = 0
        self.written: dict[int, frozenset[str]] = {}
        self.keyed: set[int] = set()
        """The objects whose key was read while they were written."""
        self.flushed: set[int] = set()
        """The objects that were written since the innermost savepoint was set."""
        self.inserted: set[int] = set()
        self.loaded: set[int] = set()
        """The objects that this operation has brought."""
        self.replaced: set[int] = set()
        """The objects whose options this operation has replaced."""
        self.early: dict[int, list[tuple[Anchor, Path]]] = {}
        """Where an object was met while it was being loaded: by a subquery that its row needs."""
        self.flushes: list[Tracked] = []
        self.refreshing: tuple[Any, frozenset[str] | None] | None = None
        self.cheap = True
        self.unresolved = 0
        self.log: list[str] = []

    # --- listening

    def listeners(self) -> Iterator[tuple[Any, str, Any]]:
        yield self.session, "do_orm_execute", self.on_execute
        yield self.session, "after_flush_postexec", self.on_flushed
        for one in self.classes:
            yield one, "load", self.on_load
            yield one, "refresh", self.on_refresh
            yield one, "before_insert", self.on_before
            yield one, "before_update", self.on_before
            yield one, "after_insert", self.on_insert
            yield one, "after_update", self.on_update
            for relationship in inspect(one).relationships:
                if relationship.parent.class_ is one:
                    name = "append" if relationship.uselist else "set"
                    listener = self.set_listener if name == "set" else self.append_listener
                    yield getattr(one, relationship.key), name, listener(relationship.key)

    def start(self) -> None:
        self.listening = list(self.listeners())
        for target, name, function in self.listening:
            words = {"raw": True} if name in {"load", "refresh", "set", "append"} else {}
            words |= {"propagate": True} if name in {"set", "append"} else {}
            event.listen(target, name, function, **words)

    def stop(self) -> None:
        for target, name, function in self.listening:
            event.remove(target, name, function)

    # --- states

    def apply(self, one: Tracked, effect: Effect) -> None:
        before = one.state
        one.state = apply(before, effect, self.graph)
        if one.unsure:
            one.settle(
                before, expires=isinstance(effect, Commit | Rollback | SavepointRollback | Expire)
            )
        self.log.append(f"    {one.label}: {_short(effect)}")

    def track(self, obj: Any, state: State) -> Tracked:
        key = inspect(obj).identity
        number = key[0] if key else len(self.tracked)
        one = Tracked(obj, state, f"{type(obj).__name__} {number}")
        self.tracked[id(obj)] = one
        return one

    def of(self, obj: Any) -> Tracked | None:
        return self.tracked.get(id(obj))

    def begin(self, *anchors: Anchor) -> None:
        """A new operation."""
        self.anchors, self.alive = list(anchors), list(anchors)
        self.statements = 0
        self.log = []
        self.loaded.clear()
        self.replaced.clear()
        self.keyed.clear()
        self.early.clear()
        for one in self.tracked.values():
            one.met.clear()

    def begun(self, anchor: Anchor) -> None:
        """A statement has begun. Its anchor outlives its place among the others: it is told by its
        identity.
        """
        self.anchors.append(anchor)
        self.alive.append(anchor)

    def end(self) -> None:
        """The operation is over. Of all paths to an object, the shortest decides the options."""
        for one in self.tracked.values():
            self.follow(one)
            real = getattr(inspect(one.obj), "load_path", None)
            if id(one.obj) not in self.loaded | self.replaced or not real:
                continue
            for anchor, path in self.places(real.path[:-1]):
                brought = id(anchor) in one.brought
                if brought and self.graph.is_a(one.entity, self.entity_at(anchor, path)):
                    options = anchor.plan.kept(anchor.statement, path, one.entity)
                    behind = self.behind(anchor, path)
                    one.state = replace(one.state, options=options, behind=behind)
                    one.source = anchor.source

    def follow(self, one: Tracked) -> None:
        """Before SQLAlchemy fixed it (#13507), a statement without options could move an object to
        another path, where the options that it has do not fit.
        """
        state = inspect(one.obj)
        options, path = getattr(state, "load_options", ()), getattr(state, "load_path", None)
        if path is None or not options:
            return
        if (
            one.loaded_by is not None
            and one.loaded_by[0] is options
            and one.loaded_by[1] != path.path
        ):
            one.state = replace(one.state, options=())
        one.loaded_by = (options, path.path)

    # --- paths

    def path(self, anchor: Anchor, real: Sequence[Any]) -> Path | None:
        """The path of a plan that SQLAlchemy writes as mappers and attributes in turn."""
        found = self.walk(anchor, real)
        return found if found is None or not found.steps[1:] or self.brings(anchor, found) else None

    def walk(self, anchor: Anchor, real: Sequence[Any]) -> Path | None:
        """The path from the root of a statement, whether it is in the plan or not."""
        if tuple(real[: len(anchor.prefix)]) != anchor.prefix:
            return None
        rest = real[len(anchor.prefix) :]
        root = anchor.statement.entity
        steps, entity = [Step(root)], root
        if rest and not self.related(rest[0].mapper.class_.__name__, root):
            return None  # an inherited attribute has the path of its base
        for attribute in rest[1::2]:
            if not self.related(attribute.parent.class_.__name__, entity):
                return None
            if self.graph[entity].relationship(attribute.key) is None:
                steps[-1] = Step(steps[-1].name, attribute.parent.class_.__name__)
            steps.append(Step(attribute.key))
            entity = attribute.mapper.class_.__name__
        return Path(tuple(steps))

    def brings(self, anchor: Anchor, path: Path) -> bool:
        """Whether a statement loads what is at a path."""
        choice = anchor.plan.choice(path)
        return choice is not None and choice.loaded is not False

    def same(self, one: Sequence[Any], other: Sequence[Any]) -> bool:
        """Whether two paths are one, whatever subclass they name."""
        names = [[part.key for part in path[1::2]] for path in (one, other)]
        classes = [[part.mapper.class_.__name__ for part in path[::2]] for path in (one, other)]
        return (
            names[0] == names[1]
            and len(classes[0]) == len(classes[1])
            and all(map(self.related, *classes))
        )

    def related(self, one: str, other: str) -> bool:
        return self.graph.is_a(one, other) or self.graph.is_a(other, one)

    def places(self, real: Sequence[Any]) -> list[tuple[Anchor, Path]]:
        """The anchors of a path that have it in their plan, those with the longest prefix."""
        found = [
            (anchor, path)
            for anchor in self.anchors
            if (path := self.path(anchor, real)) is not None
        ]
        found = found or list(self.tails(real))
        longest = max((len(anchor.prefix) for anchor, _ in found), default=0)
        return [(anchor, path) for anchor, path in found if len(anchor.prefix) == longest]

    def places_of(self, context: Any) -> list[tuple[Anchor, Path]]:
        """The places that a result has in the plans.

        What a subquery brings below a lazy load has the path of that.
        """
        real = tuple(context.compile_state.current_path.path)
        around = self.around(context)
        if not around:
            return self.places(real)
        found = [] if any(one.prefix == real for one in around) else self.places(real)
        return [*found, *(place for place in self.tails(real) if place not in found)]

    def around(self, context: Any) -> list[Anchor]:
        """The lazy loads that a result may be of a subquery below."""
        if context.load_options._lazy_loaded_from or context.refresh_state:
            return []
        real = tuple(context.compile_state.current_path.path)
        return [one for one in self.anchors if one.is_around(real)]

    def tails(self, real: Sequence[Any]) -> Iterator[tuple[Anchor, Path]]:
        """Where a path may be that begins at a subquery: it does not say what is around that."""
        names = [attribute.key for attribute in real[1::2]]
        for anchor in self.anchors:
            for choice in anchor.plan.choices:
                tail = choice.path.steps[-len(names) :]
                if choice.loaded is False:
                    continue
                if (
                    names
                    and [step.name for step in tail] == names
                    and choice.path.steps[0] not in tail
                ):
                    above = Path(choice.path.steps[: -len(names)])
                    if self.related(self.entity_at(anchor, above), real[0].mapper.class_.__name__):
                        yield anchor, choice.path

    def with_joins(self, anchor: Anchor, path: Path, entity: str) -> Iterator[Path]:
        """A path and those that its joins reach, as far as an object of a class may be there."""
        at = self.entity_at(anchor, path)
        if self.graph.is_a(entity, at):
            yield path
        for choice in anchor.plan.below(path):
            joins = choice.strategy in {Strategy.JOINED, Strategy.CONTAINS_EAGER}
            if joins and choice.loaded is not False:
                yield from self.with_joins(anchor, choice.path, entity)

    def behind(self, anchor: Anchor, path: Path) -> tuple[str, ...]:
        """The entities that a statement with options comes by before it is at a path."""
        if not anchor.optioned:
            return ()
        above = (Path(path.steps[:length]) for length in range(1, len(path.steps)))
        return (*anchor.statement.behind, *(self.entity_at(anchor, one) for one in above))

    def entity_at(self, anchor: Anchor, path: Path) -> str:
        entity = anchor.statement.entity
        for above, step in zip(path.steps, path.steps[1:], strict=False):
            found = self.graph[above.of_type or entity].relationship(step.name)
            assert found is not None
            entity = found.target
        return entity

    # --- statements

    def on_execute(self, execution: Any) -> None:  # noqa: C901 - one case a kind of statement
        if not hooks.in_greenlet():
            if self.cheap:
                raise NeedsIOError
            return
        self.statements += 1
        if self.statements > MOST:
            raise RecursionError("a strategy walks a cycle, with one statement after the other")
        if not execution.is_select:
            return
        owner = hooks.refreshed_state(execution)
        if owner is not None:
            self.refresh(execution, owner)
            return
        lazy = execution.lazy_loaded_from
        if lazy is None:
            path = execution.loader_strategy_path
            if self.session._flushing and (path is None or not path.path):
                self.queried(execution.bind_mapper.class_.__name__)
            return
        real = execution.loader_strategy_path.path
        one = self.of(lazy.obj())
        if one is None:
            return
        self.anchors = [anchor for anchor in self.anchors if anchor.prefix != tuple(real)]
        if id(one.obj) in self.loaded and self.places(real):
            return
        # what is loaded for an object that was there obeys the options of that, where they fit
        attribute = real[-1]
        target = attribute.mapper.class_.__name__
        options: tuple[Option, ...] = ()
        if lazy.load_options and self.same(lazy.load_path.path, real[:-1]):
            place = Path.parse(one.entity) / attribute.key
            options = kept(one.state.options, place, target)
        elif lazy.load_options and one.source is not None:
            at = self.walk(one.source, real)
            options = kept(one.source.statement.options, at, target) if at is not None else ()
        owner = self.graph[one.entity].relationship(attribute.key)
        assert owner is not None
        statement = Statement(
            entity=attribute.mapper.class_.__name__,
            way=Way.LAZY,
            options=options,
            behind=tuple(found.mapper.class_.__name__ for found in real[::2]),
            reverse="" if owner.is_simple_get else owner.back_populates,
            around=self.around_it(one),
        )
        optioned = bool(lazy.load_options)
        plan = planned(self.graph, statement)
        self.begun(Anchor(tuple(real), statement, plan, optioned, around=one.source))

    def around_it(self, one: Tracked) -> tuple[Option, ...]:
        """The options that SQLAlchemy keeps for an object, as they were written."""
        if one.source is None or not getattr(inspect(one.obj), "load_options", ()):
            return ()
        return one.source.statement.options

    def queried(self, entity: str) -> None:
        """A flush reads a dynamic relationship, by a statement that belongs to no other."""
        inherits = self.graph[entity].inherits
        if inherits is not None and inherits.load is PolymorphicLoad.SELECTIN:
            base = inherits.base
            if any(anchor.queried and anchor.entity == base for anchor in self.anchors):
                return  # the further statement for a subclass
        statement = Statement(entity=entity)
        plan = planned(self.graph, statement)
        self.anchors = [anchor for anchor in self.anchors if anchor.prefix]
        self.begun(Anchor((), statement, plan, queried=True))

    def refresh(self, execution: Any, owner: Any) -> None:
        """A statement for one object: what it does to that, and the anchor for what comes along."""
        one = self.of(owner.obj())
        if one is None:
            return
        asked = self.refreshing is not None and self.refreshing[0] is one.obj
        names = execution.statement._compile_options._only_load_props
        if asked and hooks.is_user_refresh(execution):
            assert self.refreshing is not None
            only, way = self.refreshing[1], Way.REFRESH
        else:
            asked = False
            only = frozenset(names) if names else None
            way = reload_way(self.graph, self.graph[one.entity], only or frozenset())
        real = owner.load_path.parent.path if owner.load_options else ()
        before = one.state
        if asked:
            self.apply(one, Refresh(names=only, present=self.present(one)))
        elif not self.fetches(one, only):
            self.keyed |= {id(one.obj)} & set(self.written)
            for name in sorted(only or ()):
                if one.state[name].held is not Held.YES and self.is_column(one, name):
                    self.apply(one, Read(name=name))
        statement = Statement(
            entity=one.entity,
            way=way,
            options=before.options,
            only=only,
            behind=before.behind,
            around=self.around_it(one),
        )
        optioned = bool(owner.load_options)
        plan = planned(self.graph, statement)
        anchor = Anchor(tuple(real), statement, plan, optioned, around=one.source)
        self.begun(anchor)
        self.meet_again(one, anchor, Path.parse(one.entity))

    def meet_again(self, one: Tracked, anchor: Anchor, root: Path) -> None:
        """A row of a refresh or reload may have the object a second time, at the end of a join."""
        others = [at for at in self.with_joins(anchor, root, one.entity) if at != root]
        if others:
            again: list[Effect] = [Reselect(plan=anchor.plan, path=at) for at in others]
            self.meet(one, [Add()], again)  # which does nothing to what is in the session

    def fetches(self, one: Tracked, names: frozenset[str] | None) -> bool:
        """Whether it is the SELECT of `eager_defaults`, which is part of what a flush does."""
        made = {
            column.name
            for column in self.graph[one.entity].columns
            if Generated.DATABASE in {column.on_insert, column.on_update}
        }
        return id(one.obj) in self.written and names is not None and names <= made

    def is_column(self, one: Tracked, name: str) -> bool:
        return self.graph[one.entity].column(name) is not None

    def present(self, one: Tracked) -> frozenset[str] | None:
        return None

    # --- rows

    def on_load(self, state: Any, context: Any) -> None:
        obj = state.obj()
        entity = type(obj).__name__
        self.loaded.add(id(obj))
        above = state.load_path.path[:-1]
        # with populate_existing, and without options, the object is not told its path
        told = bool(state.load_path.path)
        above = above if told else context.compile_state.current_path.path
        found = self.places(above)
        if self.around(context):
            found += [place for place in self.tails(above) if place not in found]
        places = [
            (anchor, at)
            for anchor, path in found
            for at in ([path] if told else self.with_joins(anchor, path, entity))
            if self.graph.is_a(entity, self.entity_at(anchor, at))
        ]
        one = self.of(obj)
        if one is None:
            one = self.track(obj, blank(self.graph[entity], Life.PERSISTENT))
        one.brought = frozenset(id(anchor) for anchor, _ in places)
        one.source = places[0][0].source if places else None
        loads: list[Effect] = []
        for anchor, path in places:
            one.met.add((id(anchor), path))
            loads.append(
                Load(
                    plan=anchor.plan,
                    path=path,
                    entity=entity,
                    options=anchor.plan.kept(anchor.statement, path, entity),
                    behind=self.behind(anchor, path),
                )
            )
        if not loads:
            self.unresolved += 1
            self.log.append(f"    {one.label}: loaded at {state.load_path}, which no plan has")
            one.state = _unknown(self.graph, entity)
            one.unsure = set(one.state.names)
            return
        self.meet(one, loads, self.further(one, context))
        for anchor, path in self.early.pop(id(obj), ()):
            one.met.add((id(anchor), path))
            self.meet(one, [self.again(anchor, path, entity, context)], [])
            one.unsure |= one.state.names  # which of the two was first differs by attribute

    def on_refresh(self, state: Any, context: Any, attrs: Any) -> None:
        if context is None or context.refresh_state is state:  # a bulk UPDATE has no context
            return
        one = self.of(state.obj())
        if one is None:
            entity = type(state.obj()).__name__
            for anchor, path in self.places_of(context):
                found = [(anchor, at) for at in self.with_joins(anchor, path, entity)]
                self.early.setdefault(id(state.obj()), []).extend(found)
            return
        places = self.places_of(context)
        first: list[Effect] = []
        further: list[Effect] = []
        for anchor, path in places:
            again = [
                self.again(anchor, at, one.entity, context)
                for at in self.with_joins(anchor, path, one.entity)
                if (id(anchor), at) not in one.met
            ]
            one.met |= {(id(anchor), at) for at in self.with_joins(anchor, path, one.entity)}
            first += again[:1]
            further += again[1:]
            if again and not context.load_options._lazy_loaded_from:
                # a subquery that has the path of a lazy load by chance, or of one around it
                first += [self.whole(one) for one in again[:1] if path in anchor.plan.lazily]
        if not places:
            self.unresolved += 1
            self.log.append(f"    {one.label}: met by a statement that no plan has")
            one.state = _unknown(self.graph, one.entity, one.state)
            one.unsure = set(one.state.names)
        if context.populate_existing and places and places[0][0].optioned:
            one.source = places[0][0].source
            before_it = one.brought if id(one.obj) in self.replaced else frozenset()
            one.brought = before_it | {id(anchor) for anchor, _ in places}
            self.replaced.add(id(one.obj))
        if first:
            before = one.state
            twice = context.populate_existing and len(one.met) > len(first + further)
            self.meet(one, first, further)
            if twice:  # what else the statement does for the object may come before or after
                one.unsure |= {slot.name for slot in one.state.slots if slot != before[slot.name]}

    def again(self, anchor: Anchor, path: Path, entity: str, context: Any) -> Effect:
        """A statement meets an object that was there."""
        options = anchor.plan.kept(anchor.statement, path, entity)
        if not context.populate_existing:
            return Reselect(plan=anchor.plan, path=path, options=options)
        return PopulateExisting(
            plan=anchor.plan,
            path=path,
            options=options if anchor.optioned else None,
            behind=self.behind(anchor, path),
        )

    def whole(self, effect: Effect) -> Effect:
        """What a statement does that is no lazy load."""
        if not isinstance(effect, Reselect):
            return effect
        return replace(effect, plan=replace(effect.plan, lazily=frozenset()))

    def further(self, one: Tracked, context: Any) -> list[Effect]:
        """The other paths of a statement that may lead to an object that it has just brought.

        A lazy load does for it all that it does for any object that it brings.
        """
        found: list[Effect] = []
        for anchor, path in self.places_of(context):
            plan = replace(anchor.plan, lazily=frozenset())
            found += [
                Reselect(plan=plan, path=at)
                for at in self.with_joins(anchor, path, one.entity)
                if (id(anchor), at) not in one.met
            ]
        return found

    def meet(self, one: Tracked, first: list[Effect], maybe: list[Effect]) -> None:
        """Apply one of some effects; others may have come, too, before or after."""
        before = one.state
        one.unsure = set() if isinstance(first[0], Load) else one.unsure
        states = [apply(before, effect, self.graph) for effect in first]
        for effect in maybe:
            states += [apply(state, effect, self.graph) for state in tuple(states)]
            if not isinstance(first[0], Load):
                states.append(apply(before, effect, self.graph))
            states = list(dict.fromkeys(states))  # few, of many ways to come to them
        one.state = either(states)
        if maybe and MOVES:
            lacking = {slot.name for slot in one.state.slots if slot.held is not Held.YES}
            one.unsure |= lacking - self.alike(one.entity, [*first, *maybe])
        for slot in one.state.slots:
            if any(state[slot.name] != slot for state in states):
                one.unsure.add(slot.name)
            elif slot.held is Held.YES and slot.strategy is None:
                one.unsure.discard(slot.name)
        shown = " or ".join(_short(effect) for effect in first)
        others = "".join(f", maybe {_short(effect)}" for effect in maybe)
        self.log.append(f"    {one.label}: {shown}{others}")

    def alike(self, entity: str, effects: list[Effect]) -> set[str]:
        """The attributes for which some statements do the same at each of their paths."""
        done: dict[str, set[Any]] = {}
        for effect in effects:
            if not isinstance(effect, Load | Reselect | PopulateExisting):
                return set()
            for one in effect.plan.below(effect.path):
                if self.graph.is_a(entity, one.path.parent.steps[-1].of_type or entity):
                    found = one.strategy, one.loaded, one.installs, one.each
                    done.setdefault(one.path.name, set()).add(found)
        return {name for name, found in done.items() if len(found) == 1}

    # --- flushes

    def set_listener(self, key: str) -> Any:
        def on_set(state: Any, value: Any, old: Any, initiator: Any) -> None:
            one = self.of(state.obj())
            if one is not None:
                self.apply(one, Set(name=key))
                self.tell_reverse(one, key, value)
                if self.of(old) is not None:
                    self.tell_reverse(one, key, old)

        return on_set

    def append_listener(self, key: str) -> Any:
        def on_append(state: Any, value: Any, initiator: Any) -> None:
            one = self.of(state.obj())
            if one is not None:
                self.tell_reverse(one, key, value)

        return on_append

    def tell_reverse(self, one: Tracked, key: str, value: Any) -> None:
        """A collection on the other side changes, too: that of a new object, or one that waits."""
        found = self.graph[one.entity].relationship(key)
        other = self.of(value) if value is not None else None
        if found is None or other is None:
            return
        back = self.graph[other.entity].relationship(found.back_populates)
        if back is None or not back.uselist or back.lazy in QUERIES:
            return
        if other.state.life in {Life.TRANSIENT, Life.PENDING}:
            self.apply(other, Append(name=back.name))
        else:
            self.apply(other, Queue(name=back.name))

    def on_before(self, mapper: Mapper[Any], connection: Any, target: Any) -> None:
        state = inspect(target)
        columns = [column.key for column in state.mapper.column_attrs]
        if state.key is None:
            self.written[id(target)] = frozenset(name for name in columns if name in state.dict)
            return
        self.written[id(target)] = frozenset(
            name for name in columns if state.attrs[name].history.has_changes()
        )

    def on_insert(self, mapper: Mapper[Any], connection: Any, target: Any) -> None:
        self.flush(target, inserts=True)

    def on_update(self, mapper: Mapper[Any], connection: Any, target: Any) -> None:
        self.flush(target, inserts=False)

    def flush(self, target: Any, *, inserts: bool) -> None:
        one, written = self.of(target), self.written.pop(id(target))
        self.flushed.add(id(target))
        if one is None:
            return
        returns = Returns(insert=True, update=True)
        if inserts:
            self.inserted.add(id(target))
            references = frozenset(name for name in written if one.state[name].held is not Held.YES)
            expressions = one.own & written
            effect = Flush(
                references=references - expressions,
                expressions=frozenset(expressions),
                returns=returns,
            )
        else:
            effect = Flush(
                changed=written,
                expressions=frozenset(one.own & written),
                relates=True,
                returns=returns,
            )
        one.own.clear()
        before = one.state
        waiting = {slot.name for slot in one.state.slots if slot.queued}
        self.apply(one, effect)
        if not written and id(target) in self.keyed:
            # it was read for eager_defaults, after the expressions had been expired
            held = {slot.name for slot in before.slots if slot.held is Held.YES}
            one.state = one.state.change(held, lambda slot: before[slot.name])
        one.state = one.state.change(waiting, lambda slot: replace(slot, queued=True))
        self.flushes.append(one)

    def on_flushed(self, *_: Any) -> None:
        """Changes wait no longer when all is written."""
        for one in self.flushes:
            one.state = one.state.change(one.state.names, lambda slot: replace(slot, queued=False))
        self.flushes.clear()


PLANS: Final[dict[tuple[int, Statement], Plan]] = {}
"""The plans that were made, by graph and statement: schemas outlive the programs. The trees of all
that is loaded are left out, which nothing here asks for.
"""


def planned(graph: Graph, statement: Statement) -> Plan:
    """The plan of a statement, made once."""
    key = id(graph), statement
    if key not in PLANS:
        choices = choices_of(graph, statement)
        PLANS[key] = Plan(choices=choices, lazily=lazy_paths(statement, choices))
    return PLANS[key]


def either(states: Sequence[State]) -> State:
    """What holds if one of some states does: where they differ, nothing is certain."""
    first = states[0]
    if all(state == first for state in states):
        return first
    slots = tuple(_either([state[slot.name] for state in states]) for slot in first.slots)
    return replace(first, slots=slots)


def _either(slots: Sequence[Slot]) -> Slot:
    first = slots[0]
    if all(replace(slot, cause=None) == replace(first, cause=None) for slot in slots):
        return first
    missing = next((slot for slot in slots if slot.held is not Held.YES), first)
    return replace(missing, held=Held.MAYBE)


def _unknown(graph: Graph, entity: str, state: State | None = None) -> State:
    state = replace(state or blank(graph[entity], Life.PERSISTENT), expired=False)
    return state.change(state.names, lambda slot: replace(slot, held=Held.MAYBE))


def _short(effect: Effect) -> str:
    """An effect for the log."""
    words = []
    for name in (
        "path",
        "names",
        "name",
        "changed",
        "references",
        "expressions",
        "touched",
        "born",
    ):
        value = getattr(effect, name, None)
        if value not in (None, frozenset()):
            shown = ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)
            words.append(f"{name}={shown}")
    return f"{type(effect).__name__}({' '.join(words)})"
