"""The state machine: random programs on a real session, each step compared with the model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from hypothesis.stateful import rule as any_rule
from sqlalchemy import inspect, literal_column

from loadwise import watch
from loadwise.core.graph import Entity, Generated, PolymorphicLoad
from loadwise.core.state import Life
from loadwise.core.strategy import QUERIES, Strategy
from tests.machine.options import REAL, Chain
from tests.machine.program import Failure, found
from tests.machine.schemas import EACH
from tests.machine.seen import Tracked
from tests.machine.world import DisagreementError, World

Draw = Callable[[Any], Any]

MOST: Final = 14
"""Objects that a program follows; it makes no new ones beyond."""


WATCHED: Final = 4
"""One program of so many has its causes compared; that takes as much time as all else."""


class StoppedError(BaseException):
    """No more programs are wanted. Hypothesis lets it pass, and does not try the program again."""


def machine(numbers: int, tell: Callable[[Failure], bool]) -> type[RuleBasedStateMachine]:
    """The machine over some schemas; `tell` is given each failure, and says whether to go on."""

    class Machine(Program):
        schemas = numbers

        def fail(self, failure: Failure | None) -> None:
            self.over = True
            if failure is not None and not tell(failure):
                raise StoppedError

    return Machine


def rule(**draws: Any) -> Callable[[Any], Any]:
    """A rule of the machine; a program is over with its first disagreement."""

    def decorate(function: Callable[..., None]) -> Any:
        @wraps(function)
        def step(self: Program, **drawn: Any) -> None:
            if self.over:
                return
            try:
                function(self, **drawn)
            except DisagreementError as error:
                self.fail(found(self.world, error))

        made: Any = any_rule(**draws)
        return made(step)

    return decorate


def by_selectin(world: World) -> bool:
    """Whether a subclass comes with a statement of its own.

    With `populate_existing` that leaves a deferral on each column that it does not bring.
    """
    return any(
        entity.inherits is not None and entity.inherits.load is PolymorphicLoad.SELECTIN
        for entity in world.graph.entities
    )


class Program(RuleBasedStateMachine):
    """One program at a time."""

    schemas = 1
    over = False
    world: World

    def fail(self, failure: Failure | None) -> None:
        raise NotImplementedError

    @initialize(data=st.data())
    def start(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, self.schemas - 1), label="schema")
        expires = data.draw(st.booleans(), label="expire")
        watched = data.draw(st.integers(1, WATCHED), label="watched") == WATCHED
        self.stack = ExitStack()
        if watched:
            self.stack.enter_context(watch())
        self.world = World(number, expire_on_commit=expires, watched=watched)
        self.names = sorted(self.world.schema.classes)
        self.by_selectin = by_selectin(self.world)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()
            self.stack.close()

    # --- draws

    def entity(self, draw: Draw) -> str:
        return str(draw(st.sampled_from(self.names)))

    def one(self, draw: Draw, *lives: Life) -> Tracked | None:
        found = [one for one in self.world.objects if one.state.life in lives]
        return draw(st.sampled_from(found)) if found else None

    def chains(self, draw: Draw, entity: str) -> list[Chain]:
        return [self.chain(draw, entity) for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2))))]

    def chain(self, draw: Draw, root: str) -> Chain:
        """A chain of options from an entity, up to two steps deep."""
        graph = self.world.graph
        steps: list[tuple[str, Strategy | None]] = []
        entity, above = root, graph[root]
        for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2)))):
            usable = [
                (one.name, one.target)
                for one in graph[entity].relationships
                if one.lazy not in QUERIES or (not steps and draw(st.integers(0, 9)) == 0)
            ]
            for sub in graph.subclasses(entity) if not steps else ():
                usable += [
                    (f"{sub.name}.{one.name}", one.target)
                    for one in sub.relationships
                    if one.name not in graph[entity].names and one.lazy not in QUERIES
                ]
            # what leads back is in conflict with a lazyload() that SQLAlchemy adds
            back = {
                one.back_populates
                for one in above.relationships
                if steps and one.name == steps[-1][0]
            }
            usable = [one for one in usable if one[0] not in back]
            if not usable:
                break
            name, target = draw(st.sampled_from(usable))
            query = any(
                one.lazy in QUERIES for one in graph[entity].relationships if one.name == name
            )
            usable_ways = [one for one in REAL if not (query and one is Strategy.IMMEDIATE)]
            steps.append((name, draw(st.sampled_from([*usable_ways, None]))))
            above, entity = graph[entity], target
        ends = draw(st.sampled_from(("", "", "load_only", "defer", "undefer", "*", "*columns")))
        if graph.subclasses(entity) and ends in {"*", "*columns", "load_only"}:
            ends = ""  # as later loads have it, it is for what the base has, not for all
        if not (steps or ends):
            ends = "undefer"
        if (
            steps
            and ends
            and any(one.lazy is Strategy.SUBQUERY for one in graph[entity].relationships)
        ):
            ends = ""  # it depends on the rows whether a key that is left out is missed
        return self.ended(draw, tuple(steps), ends, graph[entity])

    def ended(
        self, draw: Draw, steps: tuple[tuple[str, Strategy | None], ...], ends: str, entity: Entity
    ) -> Chain:
        if ends == "*":
            # on what cannot be populated, immediate loading fails late: NotImplementedError
            queries = any(one.lazy in QUERIES for one in entity.relationships)
            # and elsewhere, too, it depends on the rows whether they are refused
            late = {one for one in REAL if one.is_eager} if steps else {Strategy.IMMEDIATE}
            wild = [one for one in REAL if not (queries and one in late)]
            return Chain(steps=steps, ends=ends, wild=draw(st.sampled_from(wild)))
        if ends == "*columns":
            wild = draw(st.sampled_from((Strategy.DEFER, Strategy.UNDEFER)))
            return Chain(steps=steps, ends=ends, wild=wild)
        if not ends:
            return Chain(steps=steps)
        ends = draw(st.sampled_from(("defer", "defer_raise"))) if ends == "defer" else ends
        columns = [one.name for one in entity.columns if not one.primary_key]
        names = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=2, unique=True))
        return Chain(steps=steps, ends=ends, names=tuple(names))

    def some(self, draw: Draw, entity: str) -> list[str]:
        """Names of attributes that can be loaded, or none."""
        graph = self.world.graph[entity]
        names = [one.name for one in graph.columns]
        names += [one.name for one in graph.relationships if one.lazy not in QUERIES]
        return list(
            draw(
                st.one_of(
                    st.just([]),
                    st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True),
                )
            )
        )

    def done(self) -> None:
        """Compare; a program is over with a walk without end, of which only a part was done.

        The rollback after it leaves values to no object, so that only the next load would differ.
        """
        self.world.check()
        self.over = self.over or self.world.stopped

    # --- statements

    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        entity = self.entity(data.draw)
        chains = self.chains(data.draw, entity)
        keys = data.draw(st.one_of(st.none(), st.just([1]), st.just([2, 3])))
        over = data.draw(st.sampled_from((False, False, False, True))) and not self.by_selectin
        self.world.select(entity, chains, populate_existing=over, keys=keys)
        self.done()

    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        entity = self.entity(data.draw)
        key = data.draw(st.integers(1, EACH))
        self.world.get(entity, key, self.chains(data.draw, entity))
        self.done()

    @rule(data=st.data())
    def refresh(self, data: st.DataObject) -> None:
        one = self.one(data.draw, Life.PERSISTENT)
        if one is not None:
            self.world.refresh(one, self.some(data.draw, one.entity))
            self.done()

    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        one = self.one(data.draw, Life.PERSISTENT)
        if one is not None:
            self.world.expire(one, self.some(data.draw, one.entity))
            self.done()

    # --- transactions

    @rule()
    def flush(self) -> None:
        self.world.flush()
        self.done()

    @rule()
    def commit(self) -> None:
        if not self.world.savepoints:
            self.world.commit()
            self.done()

    @rule()
    def rollback(self) -> None:
        self.world.rollback()
        self.done()

    @rule()
    def savepoint(self) -> None:
        if len(self.world.savepoints) < 2:
            self.world.savepoint()
            self.done()

    @rule(rolls_back=st.booleans())
    def end_savepoint(self, rolls_back: bool) -> None:
        if self.world.savepoints:
            if rolls_back:
                self.world.rollback_savepoint()
            else:
                self.world.release()
            self.done()

    # --- reads and writes

    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        one = self.one(data.draw, Life.PERSISTENT)
        if one is None:
            return
        names = sorted(one.state.names)
        name = data.draw(st.sampled_from(names))
        found = self.world.graph[one.entity].relationship(name)
        if found is None or found.lazy not in QUERIES:
            self.world.read(one, name, awaitable=data.draw(st.booleans()))
            self.done()

    @rule(data=st.data())
    def set_column(self, data: st.DataObject) -> None:
        one = self.one(data.draw, Life.PERSISTENT, Life.PENDING)
        if one is None:
            return
        columns = [
            column.name
            for column in self.world.graph[one.entity].columns
            if not (column.primary_key or column.computed or column.name == "type")
        ]
        name = data.draw(st.sampled_from(columns))
        if name.endswith(("_id", "_name")) or name == "name":
            value = data.draw(st.sampled_from((None, 1, 2)))
            self.world.set(one, name, str(value) if "name" in name else value)
        else:
            expression = data.draw(st.booleans())
            number: Any = literal_column("6") if expression else data.draw(st.integers(0, 2))
            self.world.set(one, name, number, expression=expression)
        self.done()

    def relationship(self, draw: Draw, *, many: bool) -> tuple[Tracked, str, Tracked] | None:
        one = self.one(draw, Life.PERSISTENT, Life.PENDING)
        if one is None:
            return None
        usable = [
            found
            for found in self.world.graph[one.entity].relationships
            if found.uselist is many and not found.join.view_only and found.lazy not in QUERIES
        ]
        if not usable:
            return None
        found = draw(st.sampled_from(usable))
        others = self.world.of(found.target, Life.PERSISTENT, Life.PENDING)
        return (one, found.name, draw(st.sampled_from(others))) if others else None

    @rule(data=st.data())
    def set_reference(self, data: st.DataObject) -> None:
        drawn = self.relationship(data.draw, many=False)
        if drawn is not None:
            one, name, other = drawn
            none = data.draw(st.sampled_from((False, False, True)))
            self.world.set(one, name, None if none else other.obj)
            self.done()

    @rule(data=st.data())
    def append(self, data: st.DataObject) -> None:
        drawn = self.relationship(data.draw, many=True)
        if drawn is not None:
            self.world.append(*drawn)
            self.done()

    @rule(data=st.data())
    def new(self, data: st.DataObject) -> None:
        if len(self.world.objects) >= MOST:
            return
        entity = self.entity(data.draw)
        columns = [
            column.name
            for column in self.world.graph[entity].columns
            if not (column.primary_key or column.computed or column.name == "type")
            and not column.name.endswith(("_id", "name"))
        ]
        values = {}
        if columns:
            given = data.draw(st.lists(st.sampled_from(columns), max_size=2, unique=True))
            values = dict.fromkeys(given, 4)
        self.world.new(entity, values, add=data.draw(st.sampled_from((True, True, False))))
        self.done()

    @rule(data=st.data())
    def add(self, data: st.DataObject) -> None:
        one = self.one(data.draw, Life.TRANSIENT)
        if one is not None:
            self.world.add(one)
            self.done()

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 2)):
            return
        one = self.one(data.draw, Life.PERSISTENT)
        # one that was inserted in this transaction remembers for ever that it was deleted
        if one is not None and not one.state.born:
            self.world.delete(one)
            self.done()

    @rule(data=st.data())
    def expunge(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 2)):
            return
        one = self.one(data.draw, Life.PERSISTENT, Life.PENDING)
        # one that was inserted in this transaction is transient after its rollback, expunged or not
        if one is not None and not one.state.born:
            self.world.expunge(one)
            self.done()

    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 4)) == 4:
            self.world.close_session()
            self.done()

    def updates(self, entity: str, name: str) -> set[str]:
        """The columns that a bulk UPDATE changes.

        What a statement left on them is forgotten since 2.1, and was not before.
        """
        columns = self.world.graph[entity].columns
        return {name, *(one.name for one in columns if one.on_update is Generated.DATABASE)}

    @rule(data=st.data())
    def bulk_update(self, data: st.DataObject) -> None:
        entity = self.entity(data.draw)
        mapper = inspect(self.world.schema.classes[entity])
        columns = [
            column.name
            for column in self.world.graph[entity].columns
            if not (column.primary_key or column.computed or column.name == "type")
            and not column.name.endswith(("_id", "name"))
            and mapper.attrs[column.name].columns[0].table is mapper.local_table
        ]
        left = {
            slot.name for one in self.world.objects for slot in one.state.slots if slot.strategy
        }
        columns = [name for name in columns if not self.updates(entity, name) & left]
        if columns and self.world.with_changes():  # a flush may bring others with such a column
            self.world.flush()
            self.done()
        elif columns:
            self.world.bulk_update(
                entity,
                data.draw(st.sampled_from(columns)),
                data.draw(st.integers(1, EACH)),
                expression=data.draw(st.booleans()),
                how=data.draw(st.sampled_from(("auto", "evaluate", "fetch"))),
            )
            self.done()
