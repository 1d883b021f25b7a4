"""Eager: what the statements of a run load with their objects, and whether anybody ever reads it.

An eager load waits, and the attributes that it fills are armed, until the first use of one. What
waits still when the run is over was loaded for nobody. A place in the code is judged over all its
executions, whoever calls it.
"""

# SQLAlchemy's mappers are generic over classes that are not known here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final
from weakref import WeakKeyDictionary

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.have import Have
from loadwise.core.need import Need, Touched
from loadwise.core.origin import EntityName, Hop, LoadKind, Origin, Shape
from loadwise.core.path import Path, Step
from loadwise.core.plan import Choice, Plan
from loadwise.core.site import Site, Sites
from loadwise.core.strategy import Strategy
from loadwise.core.tree import Tree
from loadwise.core.use import Counted, Subject, Use
from loadwise.fix.chain import FUNCTIONS
from loadwise.observe import hooks
from loadwise.observe.escapes import Escapes
from loadwise.observe.gather import EagerFacts, eager_facts_of, load_kind
from loadwise.observe.joins import MOST, Execution, Names, Rows, side_by_side
from loadwise.observe.journal import STATEMENTS, Entry, Journal, journal_of
from loadwise.observe.reads import MISSING, arm, disarm
from loadwise.observe.sites import Mark, Project
from loadwise.observe.vain import Asked, Vain

RUNS: Final = 100_000
"""Executions whose objects are known by their number. Of one that goes, nothing is said."""
PLACES: Final = 5_000
"""Places in the code that are judged."""

MOST_LIMITS: Final = 256
"""Statements with a LIMIT that are remembered until their first object."""


@dataclass(slots=True, eq=False)
class Eager:
    """One eager load of one place in the code: what it fills, and what came of it so far.

    `pending` are the executions of the stretch that is not over.
    """

    owner: type
    hop: Hop
    root: EntityName
    root_is_alias: bool
    hops: tuple[Hop, ...]
    executions: int = 0
    pending: int = 0
    read: bool = False
    lost: bool = False

    @property
    def names(self) -> Names:
        """The attributes from the root on."""
        return (*(hop.name for hop in self.hops), self.hop.name)


@dataclass(slots=True, eq=False)
class Level:
    """The objects that one place loads by one way, and the eager loads that start from them."""

    names: Names
    eager: tuple[Eager, ...]
    vain: tuple[Vain, ...] = ()
    objects: int = 0
    pending: int = 0


@dataclass(slots=True, eq=False)
class Place:
    """A place in the code that executes statements."""

    mark: Mark
    eager: dict[tuple[EntityName, Names, type], Eager] = field(default_factory=dict)
    levels: dict[Any, Level] = field(default_factory=dict)
    number: int = 0
    """The execution that is under way, and the levels that it has come to."""
    seen: dict[Any, Level] = field(default_factory=dict)
    exploded: tuple[Execution, Rows] | None = None
    """The execution that made the most rows, where they multiplied."""

    def unread(self, name: str) -> Iterator[Eager]:
        """The eager loads of an attribute that wait."""
        return (one for one in tuple(self.eager.values()) if one.hop.name == name and not one.read)


class EagerLoads:
    """The eager loads of a run."""

    def __init__(self, project: Project, asked: Asked) -> None:
        self.project = project
        self._asked = asked
        self._places: dict[Mark, Place] = {}
        self._runs: dict[int, Place] = {}
        self._met: WeakKeyDictionary[Any, set[Place]] = WeakKeyDictionary()
        self._number = self._passed = 0
        """The executions of the last object that was looked at, and of the last that was not."""
        self._seen: dict[Any, Level] = {}
        self._silent: set[tuple[type, str]] = set()
        self._limited: deque[int] = deque(maxlen=MOST_LIMITS)
        self._limits: set[int] = set()
        """The executions that are under a LIMIT."""
        self._joining: dict[int, tuple[Place, Execution]] = {}
        self._contained: dict[int, tuple[Names, ...]] = {}
        """What statements fill by contains_eager()."""

    def contains(self, entry: Entry, names: tuple[Names, ...]) -> None:
        """A statement with contains_eager() begins."""
        if len(self._contained) >= MOST_LIMITS:
            self._contained.pop(next(iter(self._contained)), None)
        self._contained[entry.id] = names

    def limited(self, entry: Entry) -> None:
        """A statement with a LIMIT begins."""
        self._limited.append(entry.id)

    def loaded(self, state: Any, context: Any) -> None:
        """A statement has brought an object."""
        number = hooks.run_id(state)
        if number is not None and number == self._number:
            level = self._seen.get(hooks.path_of(state))
            if level is not None:
                level.pending += 1
                if self._joining:
                    self._note_root(number, level, state)
                return
        if number != self._passed and number is not None:
            self._begins(number, state, context)

    def merged(self) -> None:
        """merge() makes a copy, or fills one: whoever reads that one is not seen."""
        merge = hooks.caller_within(hooks.MERGE)
        if merge is not None:
            self.escaped(merge.f_locals["state"])

    def _begins(self, number: int, state: Any, context: Any) -> None:
        """An execution has brought its first object by some way."""
        place = self._runs.get(number) or self._begun(number, context.session)
        if place is None:
            self._passed = number
            return
        if place.number != number:
            self._count()
            place.number, place.seen = number, {}
        path = hooks.path_of(state)
        level = place.seen.get(path)
        if level is None:
            entry = _entry_of(number, context.session)
            level = place.seen[path] = self._level(place, state, entry)
            for one in level.eager:
                one.pending += 1
            for vain in level.vain:
                vain.pending += 1
            self._note_joins(place, number, level)
        self._number, self._seen = number, place.seen
        level.pending += 1
        self._note_root(number, level, state)

    def met(self, state: Any, context: Any) -> None:
        """A statement has met an object that was there: a use of it is one of that, too."""
        number = hooks.result_id(context)
        if number is None:
            return
        place = self._runs.get(number) or self._begun(number, context.session)
        if place is not None and place.eager:
            self._met.setdefault(state, set()).add(place)

    def refreshed(self, state: Any) -> None:
        """An object is about to be refreshed, by the options of the statement that loaded it.

        What that one asked for is loaded again, and read of a result that is not its own.
        """
        place = self._runs.get(hooks.run_id(state) or 0)
        if place is not None and place.eager:
            self._met.setdefault(state, set()).add(place)

    def _note_root(self, number: int, level: Level, state: Any) -> None:
        if number in self._joining and not level.names:
            self._joining[number][1].roots.add(state)

    def _note_joins(self, place: Place, number: int, level: Level) -> None:
        """Know what an execution joins to its objects."""
        joined = [one for one in level.eager if one.hop.chosen is Strategy.JOINED]
        if not joined:
            return
        if number not in self._joining and len(self._joining) < MOST:
            limited = number in self._limits
            self._joining[number] = (place, Execution(limited))
        if number in self._joining:
            execution = self._joining[number][1]
            execution.joined += [one.names for one in joined]
            execution.collections += [
                one.names for one in joined if one.hop.shape is Shape.COLLECTION
            ]

    def _count(self) -> None:
        """Count the rows of the executions that are over."""
        joining, self._joining = self._joining, {}
        for place, execution in joining.values():
            rows = execution.counted()
            if rows is not None and (place.exploded is None or rows.rows > place.exploded[1].rows):
                place.exploded = (execution, rows)

    def used(self, name: str, state: Any) -> None:
        """An attribute of an object is read or set."""
        if self._joining:
            self._count()
        for place in self._places_of(state):
            for one in place.unread(name):
                if issubclass(state.class_, one.owner):
                    self._read(one)

    def escaped(self, state: Any) -> None:
        """An object goes where reads are not seen: all that it has may be read there."""
        for place in self._places_of(state):
            for one in tuple(place.eager.values()):
                if not one.read and issubclass(state.class_, one.owner):
                    self._read(one)

    def served(self, value: Any) -> None:
        """A read of another attribute was spared its IO by an object: who loaded it was needed."""
        state = hooks.state_if_mapped(value)
        found = hooks.load_path(state) if state is not None else None
        if found is None:
            return
        names = tuple(step.key for step in found[2])
        for place in self._places_of(state):
            for one in tuple(place.eager.values()):
                if not one.read and one.names == names:
                    self._read(one)

    def settle(self) -> None:
        """A stretch of the run is over, and counts."""
        self._count()
        for place in tuple(self._places.values()):
            for one in place.eager.values():
                one.executions, one.pending = one.executions + one.pending, 0
            for level in place.levels.values():
                level.objects, level.pending = level.objects + level.pending, 0

    def discard(self) -> None:
        """A stretch of the run is over that does not count."""
        self.forgive(tuple(self._places))

    def forgive(self, marks: Iterable[Mark | None]) -> None:
        """What some places have executed in this stretch of the run so far does not count."""
        places = [self._places[mark] for mark in marks if mark in self._places]
        for place in places:
            for one in place.eager.values():
                one.pending = 0
            for level in place.levels.values():
                level.pending = 0

    def take(self) -> Iterator[Use]:
        """What was loaded for nobody, as uses; starts anew."""
        places, self._places, self._runs = self._places, {}, {}
        self._number, self._seen = 0, {}
        for owner, name in self._silent:
            disarm(_classes(owner), name)
        self._silent.clear()
        escapes: Escapes | None = None
        for place in places.values():
            if place.exploded is not None:
                yield from self._explosion(place, *place.exploded)
            for one in place.eager.values():
                if not one.read:
                    disarm(_classes(one.owner), one.hop.name)
                brought = _brought(place, one)
                if not _is_waste(place, one) or not brought:
                    continue
                escapes = escapes or Escapes.of(self.project)
                if not escapes.may_hide(one.owner):
                    yield self._use(place, one, brought)

    def needed(self) -> Iterator[tuple[Site, str]]:
        """Where an eager load was read: the place of its statement, and the path from the root.

        Another process of the same run may have executed the same statement and not read it.
        """
        for place in tuple(self._places.values()):
            for one in tuple(place.eager.values()):
                if one.read or one.lost:
                    yield self.project.site(place.mark), ".".join((one.root.name, *one.names))

    def _places_of(self, state: Any) -> Iterator[Place]:
        place = self._runs.get(hooks.run_id(state) or 0)
        if place is not None:
            yield place
        if self._met:
            yield from tuple(self._met.get(state, ()))

    def _read(self, one: Eager) -> None:
        one.read = True
        disarm(_classes(one.owner), one.hop.name)

    def _begun(self, number: int, session: Any) -> Place | None:
        """The place of an execution that has brought its first object."""
        entry = _entry_of(number, session)
        if entry is None or entry.mark is None:
            return None
        place = self._places.get(entry.mark)
        if place is None:
            if len(self._places) >= PLACES:
                return None
            place = self._places[entry.mark] = Place(entry.mark)
        if len(self._runs) >= RUNS:
            oldest = next(iter(self._runs))
            for one in self._runs.pop(oldest).eager.values():
                one.lost = True
        self._runs[number] = place
        if entry.id in self._limited:
            self._limits.add(number)
        return place

    def _level(self, place: Place, state: Any, entry: Entry | None) -> Level:
        """What one object of an execution shows of all that are loaded by the same way."""
        kind, contained = load_kind(entry), self._contained.get(entry.id if entry else 0, ())
        options = tuple(hooks.option_choices(state))
        key = (hooks.path_of(state), state.class_, options, kind, contained)
        level = place.levels.get(key)
        if level is None:
            facts = eager_facts_of(state, kind, contained)
            held = tuple(sorted(name for name in state.dict if name in state.mapper.attrs))
            level = Level(
                names=tuple(hop.name for hop in facts.hops),
                eager=tuple(self._eager(place, state, facts, hop) for hop in facts.eager),
                vain=tuple(self._asked.executed(place.mark, kind, facts, held)),
            )
            for name in facts.silent:
                self._be_silent(state.mapper.relationships[name].parent.class_, name)
            if len(place.levels) < MOST_LEVELS:
                place.levels[key] = level
        return level

    def _eager(self, place: Place, state: Any, facts: EagerFacts, hop: Hop) -> Eager:
        owner = state.mapper.relationships[hop.name].parent.class_
        names = (*(one.name for one in facts.hops), hop.name)
        one = place.eager.get((facts.root, names, owner))
        if one is None:
            one = place.eager[facts.root, names, owner] = Eager(
                owner, hop, facts.root, facts.root_is_alias, facts.hops
            )
            arm(_classes(owner), hop.name)
        return one

    def _explosion(self, place: Place, execution: Execution, rows: Rows) -> Iterator[Use]:
        """The use of a statement whose rows multiply: what it joins."""
        names = side_by_side(execution.collections) or execution.collections[:1]
        found = [one for wanted in names for one in place.eager.values() if one.names == wanted]
        if not found or len(found) != len(names):
            return
        uses = [self._use(place, one, 0) for one in found]
        plans = [use.plan for use in uses if use.plan is not None]
        tree = plans[0].tree
        for plan in plans:
            tree |= plan.tree
        choices = tuple(choice for plan in plans for choice in plan.choices)
        yield replace(
            uses[-1],
            need=Need.of(Touched(path=Path(choices[-1].path.steps[:1]))),
            plan=Plan(tree=tree, may=tree, choices=choices),
            multiplies=True,
            counted=Counted(objects=len(rows.objects), rows=rows.rows, statements=1),
        )

    def _be_silent(self, owner: type, name: str) -> None:
        """Have uses of an attribute told that is never loaded."""
        if (owner, name) not in self._silent:
            self._silent.add((owner, name))
            arm(_classes(owner), name)

    def is_silent(self, name: str, state: Any) -> bool:
        """Whether an attribute of an object is None because it is never loaded."""
        return state.dict.get(name, MISSING) is None and any(
            one == name and issubclass(state.class_, owner) for owner, one in self._silent
        )

    def _use(self, place: Place, one: Eager, brought: int) -> Use:
        root = Path((Step(one.root.name),))
        path = root
        for name in one.names:
            path /= name
        plan = Tree.along(path)
        cause = Cause(kind=CauseKind.UNKNOWN, text=_asks(one.hop))
        return Use(
            subject=Subject(entity=one.root.qualified),
            have=Have.known(plan),
            need=Need.of(Touched(path=path.parent)),
            sites=Sites(load=self.project.site(place.mark)),
            plan=Plan(
                tree=plan,
                may=plan,
                choices=(
                    Choice(
                        path=path,
                        strategy=one.hop.chosen,
                        by_option=one.hop.by_option,
                        loaded=True,
                        cause=cause,
                    ),
                ),
            ),
            origin=Origin(
                kind=LoadKind.SELECT,
                root=one.root,
                root_is_alias=one.root_is_alias,
                hops=(*one.hops, one.hop),
            ),
            counted=Counted(objects=brought, statements=0, executions=one.executions),
        )


MOST_LEVELS: Final = 1_000
"""Levels remembered of one place; each alias that a statement makes anew is one."""


def _asks(hop: Hop) -> str:
    """Who asks for an eager load."""
    if hop.chosen is Strategy.CONTAINS_EAGER:
        return "contains_eager() fills it from the join"
    asked = f"{FUNCTIONS[hop.chosen]}()" if hop.by_option else f"lazy={str(hop.chosen)!r}"
    return f"{asked} asks for it"


def _entry_of(number: int, session: Any) -> Entry | None:
    """The statement of an execution."""
    journal = journal_of(session)
    return _entry(journal, number) if journal is not None else None


def _entry(journal: Journal, number: int) -> Entry | None:
    """The statement whose result has a number: the newest one, as a rule."""
    last = journal.last()
    if last is not None and last.kind in STATEMENTS and last.id < number:
        return last
    return journal.statement(number)


def _classes(owner: type) -> list[type]:
    """A mapped class, and those below it that are mapped."""
    return hooks.mapped_below(owner)


def _brought(place: Place, one: Eager) -> int:
    """How many objects an eager load has brought."""
    return sum(level.objects for level in place.levels.values() if level.names == one.names)


def _is_waste(place: Place, one: Eager) -> bool:
    """Whether nobody has read what an eager load brought, nor is that so of one above it."""
    if one.read or one.lost or not one.executions:
        return False
    above = [
        other
        for other in place.eager.values()
        if other.root == one.root and other.names == one.names[:-1]
    ]
    return all(other.read for other in above)
