"""A real session and the model of its objects, side by side.

Every operation is done to both; `check()` then compares each attribute of each object: whether it
is there, and, where it is not, what a read in plain code gives.
"""

from __future__ import annotations

import asyncio
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from typing import Any, Final

from sqlalchemy import event, inspect, select, text, update
from sqlalchemy.exc import (
    CircularDependencyError,
    DBAPIError,
    InvalidRequestError,
    MissingGreenlet,
    NoSuchColumnError,
    SAWarning,
)
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError, StaleDataError

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.effect import (
    Add,
    Append,
    BulkUpdate,
    Commit,
    Delete,
    Detach,
    Expire,
    Get,
    New,
    Read,
    Rollback,
    SavepointRollback,
    Set,
)
from loadwise.core.effects import apply
from loadwise.core.plan import Choice, Plan
from loadwise.core.reading import Outcome, Target, read
from loadwise.core.state import Held, Life, Slot, State, blank
from loadwise.core.statement import Option, RefusedError, Statement, Way
from loadwise.core.strategy import QUERIES, Strategy
from loadwise.observe import hooks
from loadwise.observe.errors import DetachedReadError, LazyReadError
from tests.machine.causes import DIFFER
from tests.machine.options import Chain, modelled, real, shown
from tests.machine.schemas import Schema, schema
from tests.machine.seen import Anchor, NeedsIOError, Seen, Tracked, planned

FAILURES: Final = (
    CircularDependencyError,
    DBAPIError,
    InvalidRequestError,
    NotImplementedError,
    RecursionError,  # SQLAlchemy's own, where a strategy walks a cycle without end
    RefusedError,
    StaleDataError,  # a collection of a table of pairs has had one of them twice
)
"""What an operation may raise; a program then rolls back, and goes on."""

FORBIDDEN_KEY: Final = "is not available due to raiseload=True"
"""What a statement raises if a load behind it needs a column that an option forbids to read.

Whether there is a row to need it for, the model cannot know.
"""

TOO_MANY: Final = "at most 64 tables in a join"
"""What SQLite says of a walk along cycles, for which there is no limit in the mapping."""

OWN_ERROR: Final = "'LoaderCallableStatus' object has no attribute"
"""What a flush raises now and then that comes upon its own mark for a value that is not there."""

LOOP = asyncio.new_event_loop()


ENGINES: Final[dict[int, Any]] = {}


def engine_of(found: Schema) -> Any:
    """The database in memory that has the tables of a schema, made once."""
    if found.number not in ENGINES:
        ENGINES[found.number] = _engine(found)
    return ENGINES[found.number]


def _engine(found: Schema) -> Any:
    made = create_async_engine("sqlite+aiosqlite://")

    # the driver begins no transaction for a savepoint; SQLAlchemy's documentation has this cure
    @event.listens_for(made.sync_engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(made.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    async def create() -> None:
        async with made.begin() as connection:
            await connection.run_sync(found.base.metadata.create_all)

    LOOP.run_until_complete(create())
    return made


def dispose_of_engines() -> None:
    """Close all databases."""
    while ENGINES:
        _, made = ENGINES.popitem()
        LOOP.run_until_complete(made.dispose())


class DisagreementError(AssertionError):
    """The model and SQLAlchemy do not agree; the message has the program."""


@dataclass(slots=True)
class Tally:
    """What was compared, and how much of it the model was certain of."""

    steps: int = 0
    compared: int = 0
    certain: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    causes: Counter[tuple[CauseKind, CauseKind]] = field(default_factory=Counter)
    """How often each cause of the model came with each of `watch()`."""
    unresolved: int = 0
    programs: int = 0

    def reset(self, to: Tally) -> None:
        """Count on from what was counted before."""
        for one in fields(self):
            if one.name not in {"outcomes", "causes"}:
                setattr(self, one.name, getattr(to, one.name))


TALLY = Tally()


@dataclass(frozen=True, slots=True)
class Named:
    """One of the objects of a world, as a program has it: its label, and which of that."""

    label: str
    number: int
    bare: bool = False
    """Whether the object itself is meant, not what is known of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of a world, with its arguments."""

    name: str
    args: tuple[Any, ...]
    words: tuple[tuple[str, Any], ...]

    def simpler(self) -> Iterator[Call]:
        """The call with one of its options less, each."""
        for place, argument in enumerate(self.args):
            for left_out in range(len(argument) if isinstance(argument, list) else 0):
                less = argument[:left_out] + argument[left_out + 1 :]
                yield replace(self, args=(*self.args[:place], less, *self.args[place + 1 :]))


def operation(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a world that is written down in its program."""

    @wraps(method)
    def recorded(self: World, *args: Any, **words: Any) -> Any:
        named = tuple((key, self.named(value)) for key, value in words.items())
        self.program.append(Call(method.__name__, tuple(map(self.named, args)), named))
        return method(self, *args, **words)

    return recorded


def refuse(_: Any) -> None:
    """Stand before the guard of a watch: a read in plain code is not explained."""
    if not hooks.in_greenlet():
        raise NeedsIOError


class World:
    """One program: a schema, an AsyncSession on its database, and the model."""

    def __init__(
        self, drawn: int | Schema, *, expire_on_commit: bool = True, watched: bool = True
    ) -> None:
        self.schema = schema(drawn) if isinstance(drawn, int) else drawn
        self.graph = self.schema.graph
        self.expire_on_commit = expire_on_commit
        self.engine = engine_of(self.schema)
        self.session = AsyncSession(self.engine, expire_on_commit=expire_on_commit, autoflush=False)
        self.run(self.fill())
        self.seen = Seen(self.graph, self.session.sync_session, self.schema.classes.values())
        self.seen.start()
        self.watched = watched
        if not watched:
            event.listen(Session, "do_orm_execute", refuse, insert=True)
        self.savepoints: list[tuple[Any, set[int], set[int]]] = []
        self.fresh = 100
        self.program: list[Call] = []
        self.closed = False
        self.stopped = False
        """Whether the last operation was stopped on a walk without end."""
        self.told: Cause | None = None
        """What `watch()` says of the last read in plain code, where one is on."""
        self.log: list[str] = [f"World({self.schema.number}, expire_on_commit={expire_on_commit})"]
        self.checked: dict[int, Any] = {}
        TALLY.programs += 1

    def run(self, work: Any) -> Any:
        return LOOP.run_until_complete(work)

    async def fill(self) -> None:
        async with self.engine.begin() as connection:
            for table, _ in reversed(self.schema.rows):
                await connection.execute(table.delete())
            for table, rows in self.schema.rows:
                if rows:
                    await connection.execute(table.insert(), rows)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.seen.stop()
            if not self.watched:
                event.remove(Session, "do_orm_execute", refuse)
            self.run(self.session.close())

    # --- objects

    @property
    def objects(self) -> list[Tracked]:
        return list(self.seen.tracked.values())

    def of(self, entity: str, *lives: Life) -> list[Tracked]:
        """The objects of a class, in some lives."""
        return [
            one
            for one in self.objects
            if self.graph.is_a(one.entity, entity) and (not lives or one.state.life in lives)
        ]

    def of_lives(self, *lives: Life) -> list[Tracked]:
        return [one for one in self.objects if one.state.life in lives]

    def find(self, label: str) -> Tracked:
        return next(one for one in self.objects if one.label == label)

    # --- programs

    def named(self, value: Any) -> Any:
        """An argument as a program has it."""
        one = value if isinstance(value, Tracked) else self.seen.of(value)
        if one is None:
            return value
        alike = [other for other in self.objects if other.label == one.label]
        return Named(one.label, alike.index(one), bare=one is not value)

    def meant(self, value: Any) -> Any:
        """An argument of a program, in this world."""
        if not isinstance(value, Named):
            return value
        alike = [one for one in self.objects if one.label == value.label]
        one = alike[value.number]
        return one.obj if value.bare else one

    def do(self, call: Call) -> Any:
        """Do what a program says."""
        words = {key: self.meant(value) for key, value in call.words}
        return getattr(self, call.name)(*map(self.meant, call.args), **words)

    # --- operations

    def op(self, name: str, work: Callable[[], Awaitable[Any]], *anchors: Anchor) -> Any:
        """Do something to the session, with the model told by its events; failures roll back."""
        self.log.append(name)
        self.was_modified = self.with_changes()
        self.seen.begin(*anchors)
        TALLY.steps += 1
        try:
            with warnings.catch_warnings():
                # more than one row for a one-to-one; what is read is the same
                warnings.simplefilter("ignore", SAWarning)
                return self.run(work())
        except (*FAILURES, AttributeError) as error:
            if isinstance(error, AttributeError) and OWN_ERROR not in str(error):
                raise
            self.stopped = isinstance(error, RecursionError)
            self.log.append(f"    raised {type(error).__name__}: {str(error)[:200]}")
            self.recover()
            return error
        finally:
            self.seen.end()
            self.log += self.seen.log
            TALLY.unresolved += self.seen.unresolved
            self.seen.unresolved = 0

    def recover(self) -> None:
        """Roll back after a failure, as an application has to."""
        self.seen.written.clear()
        self.seen.on_flushed()  # what was written before the flush failed
        self.may_have_keys(Life.PENDING)
        had = self.session.in_transaction()
        self.run(self.session.rollback())
        if had:
            self.rolled_back()

    def may_have_keys(self, life: Life) -> None:
        """A flush may have set keys of objects that it did not write.

        A flush that failed, those of new objects that it did not come to; any flush, those of
        objects outside the session that it found in a collection.
        """
        for one in self.of_lives(life):
            names = {
                name
                for found in self.graph[one.entity].relationships
                if not found.uselist and (life is Life.PENDING or one.state.holds(found.name))
                for name in found.join.local
            }
            lacking = {slot.name for slot in one.state.slots if slot.held is Held.NO}
            one.state = one.state.change(
                names & lacking, lambda slot: replace(slot, held=Held.MAYBE)
            )

    def unwind(self) -> None:
        """A rollback of all rolls the open savepoints back first, the innermost first."""
        while self.savepoints:
            _, flushed, inserted = self.savepoints.pop()
            self.savepoint_rolled_back(self.was_modified)
            self.seen.flushed, self.seen.inserted = flushed, inserted
            self.was_modified = set()

    def rolled_back(self) -> None:
        self.unwind()
        self.seen.flushed.clear()
        self.seen.inserted.clear()
        for one in self.objects:
            self.seen.apply(one, Rollback())
            if one.state.life is not Life.TRANSIENT:  # which keeps what it has
                one.own.clear()

    @operation
    def select(
        self,
        entity: str,
        chains: Sequence[Chain] = (),
        *,
        populate_existing: bool = False,
        keys: Sequence[int] | None = None,
    ) -> Any:
        """`session.scalars(select(Entity).options(…))`."""
        cls = self.schema.classes[entity]
        statement = Statement(entity=entity, options=_options(chains, entity))
        name = f"select({entity!r}, {_shown(chains)}"
        name += ", populate_existing" * populate_existing + f", keys={keys})"
        refused, plan = self.plan(statement)

        async def work() -> Any:
            asked = select(cls).order_by(cls.id)
            asked = asked.options(*(real(chain, entity, self.schema.classes) for chain in chains))
            if keys is not None:
                asked = asked.where(cls.id.in_(keys))
            if populate_existing:
                asked = asked.execution_options(populate_existing=True)
            return (await self.session.execute(asked)).unique().scalars().all()

        result = self.op(name, work, Anchor((), statement, plan, bool(chains)))
        self.agree_on_refusal(refused, result, plan)
        return result

    def plan(self, statement: Statement) -> tuple[RefusedError | None, Any]:
        try:
            return None, planned(self.graph, statement)
        except RefusedError as error:
            bare = Statement(entity=statement.entity)
            return error, None if statement == bare else self.plan(bare)[1]

    def agree_on_refusal(self, refused: RefusedError | None, result: Any, plan: Plan) -> None:
        if isinstance(result, RecursionError) or (
            refused is None and any(words in str(result) for words in (FORBIDDEN_KEY, TOO_MANY))
        ):
            return
        if isinstance(result, NoSuchColumnError) and any(map(may_miss_its_key, plan.choices)):
            return
        if isinstance(result, Exception) != (refused is not None):
            self.disagree(f"the model says {refused!r}, SQLAlchemy {result!r}")

    @operation
    def get(self, entity: str, key: int, chains: Sequence[Chain] = ()) -> Any:
        """`session.get(Entity, key, options=…)`, which may find the object in the session."""
        cls = self.schema.classes[entity]
        name = f"get({entity!r}, {key}, {_shown(chains)})"
        statement = Statement(entity=entity, way=Way.GET, options=_options(chains, entity))
        refused, plan = self.plan(statement)
        identity = inspect(cls).identity_key_from_primary_key((key,))
        is_hit = identity in self.session.sync_session.identity_map
        held = [one for one in self.of(entity, Life.PERSISTENT) if one.state.expired]

        async def work() -> Any:
            options = [real(chain, entity, self.schema.classes) for chain in chains]
            return await self.session.get(cls, key, options=options)

        result = self.op(
            name, work, *(() if is_hit else [Anchor((), statement, plan, bool(chains))])
        )
        if not is_hit:
            self.agree_on_refusal(refused, result, plan)
        if isinstance(result, Exception):
            return result
        for one in held:
            if one.obj is result:
                self.seen.apply(one, Get())
        return result

    @operation
    def refresh(self, one: Tracked, names: Sequence[str] = ()) -> Any:
        """`session.refresh()` of all, or of some attributes."""
        self.seen.refreshing = (one.obj, frozenset(names) or None)

        async def work() -> Any:
            if not names:
                self.expire_all_of(self.cascaded(one))
            await self.session.refresh(one.obj, list(names) or None)

        return self.op(f"refresh({one.label!r}, {list(names)})", work)

    @operation
    def expire(self, one: Tracked, names: Sequence[str] = ()) -> None:
        """`session.expire()` of all, or of some attributes."""

        async def work() -> Any:
            along = [] if names else self.cascaded(one)
            self.session.expire(one.obj, list(names) or None)
            self.expire_all_of(along)
            self.seen.apply(one, Expire(names=frozenset(names) or None))
            one.own -= frozenset(names) or one.own

        self.op(f"expire({one.label!r}, {list(names)})", work)

    def cascaded(self, one: Tracked) -> list[Tracked]:
        """The objects that an expiry goes on to, by `cascade="all"`."""
        state = inspect(one.obj)
        found = state.mapper.cascade_iterator("refresh-expire", state)
        return [there for obj, *_ in found if (there := self.seen.of(obj)) is not None]

    def expire_all_of(self, found: Iterable[Tracked]) -> None:
        for one in found:
            self.seen.apply(one, Expire() if one.state.life is Life.PERSISTENT else Detach())
            one.own.clear()

    @operation
    def expire_all(self) -> None:
        """`session.expire_all()`."""

        async def work() -> Any:
            self.session.expire_all()
            for one in self.objects:
                if one.state.life is Life.PERSISTENT:
                    one.own.clear()
                    self.seen.apply(one, Expire())

        self.op("expire_all()", work)

    @operation
    def flush(self) -> Any:
        """`session.flush()`."""
        return self.op("flush()", self._flush)

    async def _flush(self) -> None:
        deleted = [one for one in self.objects if one.obj in self.session.deleted]
        await self.session.flush()
        self.may_have_keys(Life.TRANSIENT)
        self.gone(deleted)

    def gone(self, deleted: Iterable[Tracked]) -> None:
        for one in deleted:
            before = one.state.life
            self.seen.apply(one, Delete())
            if not (inspect(one.obj).deleted or inspect(one.obj).was_deleted):
                # a flush calls a deletion off for what it adds to a collection, after it has read
                one.state = replace(one.state, life=before, died=False)

    @operation
    def commit(self) -> Any:
        """`session.commit()`."""

        async def work() -> Any:
            await self._flush()
            await self.session.commit()
            self.savepoints.clear()
            self.seen.flushed.clear()
            self.seen.inserted.clear()
            for one in self.objects:
                one.own.clear()
                self.seen.apply(one, Commit(expire_on_commit=self.expire_on_commit))

        return self.op("commit()", work)

    @operation
    def rollback(self) -> None:
        """`session.rollback()`."""

        async def work() -> Any:
            had = self.session.in_transaction()
            await self.session.rollback()
            if had:
                self.rolled_back()

        self.op("rollback()", work)

    @operation
    def savepoint(self) -> Any:
        """`session.begin_nested()`."""

        async def work() -> Any:
            await self._flush()
            nested = await self.session.begin_nested()
            self.savepoints.append((nested, self.seen.flushed, self.seen.inserted))
            self.seen.flushed, self.seen.inserted = set(), set()

        return self.op("savepoint()", work)

    @operation
    def release(self) -> Any:
        """`commit()` of the innermost savepoint."""

        async def work() -> Any:
            await self._flush()
            nested, flushed, inserted = self.savepoints.pop()
            await nested.commit()
            self.seen.flushed |= flushed
            self.seen.inserted |= inserted

        return self.op("release()", work)

    @operation
    def rollback_savepoint(self) -> Any:
        """`rollback()` of the innermost savepoint."""

        async def work() -> Any:
            nested, flushed, inserted = self.savepoints.pop()
            modified = self.with_changes()
            await nested.rollback()
            self.savepoint_rolled_back(modified)
            self.seen.flushed, self.seen.inserted = flushed, inserted

        return self.op("rollback_savepoint()", work)

    def with_changes(self) -> set[int]:
        return {id(one.obj) for one in self.objects if inspect(one.obj).modified}

    def savepoint_rolled_back(self, modified: set[int]) -> None:
        for one in self.objects:
            touched = id(one.obj) in modified | self.seen.flushed
            born = id(one.obj) in self.seen.inserted
            died = one.state.life is Life.DELETED and life_of(one.obj) is not Life.DELETED
            self.seen.apply(one, SavepointRollback(touched=touched, born=born, died=died))
            if touched and one.state.life is not Life.TRANSIENT:
                one.own.clear()

    # --- reads and writes

    @operation
    def read(self, one: Tracked, name: str, *, awaitable: bool = False) -> Any:
        """A read where IO is legal: in `run_sync()`, or by `awaitable_attrs`."""

        async def work() -> Any:
            if awaitable:
                await getattr(one.obj.awaitable_attrs, name)
            else:
                await self.session.run_sync(lambda _: getattr(one.obj, name))
            self.have_read(one, name, before)

        before = one.state
        way = ", awaitable=True" * awaitable
        expected = self.outcomes(one, name)
        result = self.op(f"read({one.label!r}, {name!r}{way})", work)
        return expected, result

    def have_read(self, one: Tracked, name: str, before: State) -> None:
        """An attribute has been read. Which strategy loads was clear before its key was read, too,
        which brings others.
        """
        found = apply(before, Read(name=name), self.graph)[name]
        self.seen.apply(one, Read(name=name))
        one.state = one.state.change({name}, lambda _: found)

    @operation
    def set(self, one: Tracked, name: str, value: Any, *, expression: bool = False) -> Any:
        """An attribute is assigned, where IO is legal."""
        relationship = self.graph[one.entity].relationship(name)

        async def work() -> Any:
            await self.session.run_sync(lambda _: setattr(one.obj, name, value))
            if relationship is None:
                self.seen.apply(one, Set(name=name))
                (one.own.add if expression else one.own.discard)(name)

        of = self.seen.of(value)
        written = f"find({of.label!r}).obj" if of is not None else repr(value)
        return self.op(f"set({one.label!r}, {name!r}, {written})", work)

    @operation
    def append(self, one: Tracked, name: str, other: Tracked) -> Any:
        """An object is appended to a collection, where IO is legal."""

        async def work() -> Any:
            def append(_: Any) -> None:
                value = getattr(one.obj, name)
                self.have_read(one, name, before)
                if other.obj not in value:
                    self.seen.apply(one, Append(name=name))
                    value.append(other.obj)

            await self.session.run_sync(append)

        before = one.state

        return self.op(f"append({one.label!r}, {name!r}, {other.label!r})", work)

    @operation
    def new(self, entity: str, values: dict[str, Any], *, add: bool = True) -> Tracked:
        """A new object, added to the session or not."""
        self.fresh += 1
        values = {"id": self.fresh, **values}
        made: list[Tracked] = []

        async def work() -> Any:
            obj = self.schema.classes[entity](**values)
            one = self.seen.track(obj, blank(self.graph[entity], Life.TRANSIENT))
            one.label = f"{entity} {values['id']}"
            given = set(values)
            if self.graph[entity].column("type") is not None:
                given.add("type")
            self.seen.apply(one, New(names=frozenset(given)))
            if add:
                self.session.add(obj)
                self.seen.apply(one, Add())
            made.append(one)

        self.op(f"new({entity!r}, {values}, add={add})", work)
        return made[0]

    @operation
    def add(self, one: Tracked) -> Any:
        """`session.add()` of what is not in the session."""

        async def work() -> Any:
            self.session.add(one.obj)

        result = self.op(f"add({one.label!r})", work)
        self.settle()
        return result

    @operation
    def delete(self, one: Tracked) -> Any:
        """`session.delete()` and a flush."""

        async def work() -> Any:
            await self.session.delete(one.obj)
            await self._flush()

        return self.op(f"delete({one.label!r})", work)

    @operation
    def expunge(self, one: Tracked) -> Any:
        """`session.expunge()`."""

        async def work() -> Any:
            self.session.expunge(one.obj)

        result = self.op(f"expunge({one.label!r})", work)
        self.settle()
        return result

    @operation
    def close_session(self) -> None:
        """`session.close()`; the session can be used again."""

        async def work() -> Any:
            await self.session.close()
            self.savepoints.clear()
            self.seen.flushed.clear()
            self.seen.inserted.clear()

        self.op("close_session()", work)
        for one in self.objects:
            self.seen.apply(one, Detach())
            one.own.clear()

    def settle(self) -> None:
        """Tell the model which objects came into the session or left it, by cascades too."""
        for one in self.objects:
            life = life_of(one.obj)
            if life is one.state.life:
                continue
            if life is Life.DETACHED or (life, one.state.life) == (Life.TRANSIENT, Life.PENDING):
                self.seen.apply(one, Detach())
            elif one.state.life in {Life.TRANSIENT, Life.DETACHED}:
                self.seen.apply(one, Add())

    @operation
    def bulk_update(
        self, entity: str, name: str, key: int, *, expression: bool, how: str = "auto"
    ) -> Any:
        """`update(Entity)`, the objects of the session kept in step."""
        cls = self.schema.classes[entity]
        met: list[Tracked] = []

        async def work() -> Any:
            await self._flush()
            met.extend(self.met_by_update(entity, key, fetches=how == "fetch"))
            asked = update(cls).where(cls.id == key)
            value: Any = getattr(cls, name) + text("1") if expression else 5
            asked = asked.values({name: value}).execution_options(synchronize_session=how)
            await self.session.execute(asked)

        result = self.op(
            f"bulk_update({entity!r}, {name!r}, {key}, expression={expression}, how={how!r})", work
        )
        for one in self.of(entity, Life.PERSISTENT):
            matched = one in met
            if matched:
                self.seen.flushed.add(id(one.obj))
            names = frozenset({name})
            effect = BulkUpdate(
                sets=frozenset() if expression else names,
                expires=names if expression else frozenset(),
                matched=matched,
            )
            self.seen.apply(one, effect)
        return result

    def met_by_update(self, entity: str, key: int, *, fetches: bool) -> Iterator[Tracked]:
        """The objects that a bulk UPDATE of the row with a key takes for those of that row.

        Where Python is to tell, one that is expired as a whole never is, and one that lacks its
        key always is.
        """
        for one in self.of(entity, Life.PERSISTENT):
            if fetches:
                is_met = inspect(one.obj).identity == (key,)
            else:
                is_met = not inspect(one.obj).expired and one.obj.__dict__.get("id", key) == key
            if is_met:
                yield one

    # --- comparison

    def check(self) -> None:
        """Compare every attribute of every object with the model."""
        self.settle_cascades()
        for one in self.objects:
            self.check_one(one)

    def settle_cascades(self) -> None:
        """New objects come into the session along relationships, and nothing else does."""
        for one in self.objects:
            if one.state.life is Life.TRANSIENT and life_of(one.obj) is Life.PENDING:
                self.seen.apply(one, Add())

    def check_one(self, one: Tracked) -> None:
        state = inspect(one.obj)
        life = life_of(one.obj)
        if life is not one.state.life:
            self.disagree(f"{one.label} is {life}, the model says {one.state.life}", one)
        targets = {
            slot.name: self.target(one, slot.name)
            for slot in one.state.slots
            if slot.name not in state.dict
        }
        mark = (
            one.state,
            frozenset(state.dict),
            frozenset(state.expired_attributes),
            frozenset(state.callables),
            tuple(targets.items()),
        )
        if self.checked.get(id(one.obj)) == mark:
            return
        self.checked[id(one.obj)] = mark
        for slot in one.state.slots:
            self.check_slot(one, slot, targets.get(slot.name, Target.UNKNOWN))

    def check_slot(self, one: Tracked, slot: Slot, target: Target) -> None:
        there = slot.name in one.obj.__dict__
        relationship = self.graph[one.entity].relationship(slot.name)
        query = relationship is not None and relationship.lazy in QUERIES
        keys = relationship.join.local if relationship is not None else ()
        if one.unsure.intersection((slot.name, *keys)):
            TALLY.compared += 1
            return
        if not query and slot.held is not Held.MAYBE and there != (slot.held is Held.YES):
            self.disagree(f"{one.label}.{slot.name} is {'' if there else 'not '}there", one, slot)
        TALLY.compared += 1
        if there and not query:
            TALLY.certain += slot.held is Held.YES
            return
        missing = one.state
        if slot.held is Held.MAYBE:
            missing = one.state.change(
                {slot.name},
                lambda found: Slot(
                    name=found.name,
                    held=Held.NO,
                    cause=found.cause,
                    expired=found.expired,
                    strategy=found.strategy,
                ),
            )
        reading = read(self.graph, missing, slot.name, target)
        found, value = self.probe(one, slot.name)
        TALLY.outcomes[str(found)] += 1
        TALLY.certain += slot.held is not Held.MAYBE and reading.is_certain
        if not _allows(reading.outcomes, found, value):
            said = ", ".join(sorted(map(str, reading.outcomes)))
            self.disagree(
                f"a read of {one.label}.{slot.name} gives {found} ({value!r}), "
                f"the model says {said}; target {target}",
                one,
                slot,
            )
        if slot.held is Held.NO and self.told is not None:
            self.check_cause(one, slot, reading.cause, self.told)

    def check_cause(self, one: Tracked, slot: Slot, mine: Cause | None, told: Cause) -> None:
        """Compare the model's reason with the one that `watch()` gives."""
        said = mine.kind if mine is not None else CauseKind.UNKNOWN
        kind = told.before if told.kind is CauseKind.DETACHED and told.before else told.kind
        TALLY.causes[said, kind] += 1
        if said is not kind and (said, kind) not in DIFFER:
            self.disagree(f"{one.label}.{slot.name} is {said}, watch() says {kind}", one, slot)

    def outcomes(self, one: Tracked, name: str) -> frozenset[Outcome]:
        return read(self.graph, one.state, name, self.target(one, name)).outcomes

    def target(self, one: Tracked, name: str) -> Target:
        """What the session knows of the object that a many-to-one points at."""
        relationship = self.graph[one.entity].relationship(name)
        if relationship is None or not relationship.is_simple_get:
            return Target.UNKNOWN
        values = [one.obj.__dict__.get(key) for key in relationship.join.get]
        if None in values:
            return Target.NULL
        mapper = inspect(self.schema.classes[relationship.target])
        key = mapper.identity_key_from_primary_key(values)
        found = self.session.sync_session.identity_map.get(key)
        if found is None:
            return Target.ABSENT
        return Target.HELD_EXPIRED if inspect(found).expired else Target.HELD

    def probe(self, one: Tracked, name: str) -> tuple[Outcome, Any]:
        """What a read in plain code gives; a value that it keeps is taken away again."""
        before = frozenset(one.obj.__dict__)
        state = inspect(one.obj)
        marks = state.expired, set(state.expired_attributes), dict(state.callables)
        self.told = None
        try:
            value = getattr(one.obj, name)
        except (NeedsIOError, MissingGreenlet) as error:
            self.told = error.cause if isinstance(error, LazyReadError) else None
            return Outcome.IO, None
        except DetachedInstanceError as error:
            self.told = error.cause if isinstance(error, DetachedReadError) else None
            return Outcome.DETACHED, None
        except InvalidRequestError as error:
            on_sql = "raise_on_sql" in str(error)
            return (Outcome.RAISES_ON_SQL if on_sql else Outcome.RAISES), None
        if name not in before:
            one.obj.__dict__.pop(name, None)
            state.expired, state.expired_attributes, state.callables = marks
        relationship = self.graph[one.entity].relationship(name)
        if relationship is not None and relationship.lazy in QUERIES:
            query = relationship.lazy.value == "dynamic"
            return (Outcome.QUERY if query else Outcome.WRITE_ONLY), None
        return Outcome.VALUE, value

    def disagree(self, text: str, one: Tracked | None = None, slot: Slot | None = None) -> None:
        lines = [text]
        if slot is not None:
            lines.append(f"slot: {slot}")
        if one is not None:
            state = inspect(one.obj)
            lines.append(f"dict: {sorted(key for key in state.dict if key[0] != '_')}")
            lines.append(f"expired: {sorted(state.expired_attributes)} {state.expired}")
            kept = (f"{o.path} {o.strategy}{' *' * o.every}" for o in one.state.options)
            lines.append(f"options: {', '.join(kept)}")
        lines += ["", *self.log]
        raise DisagreementError("\n".join(lines))


def may_miss_its_key(choice: Choice) -> bool:
    """Whether the subquery load of a subclass's relationship finds no key in rows of the base.

    Since 2.1 it is tried where the base came by a join (#13209), if a row is of the subclass.
    """
    return choice.strategy is Strategy.SUBQUERY and choice.loaded is None


def _allows(outcomes: frozenset[Outcome], found: Outcome, value: Any) -> bool:
    if found is not Outcome.VALUE:
        return found in outcomes
    if outcomes & {Outcome.VALUE, Outcome.UNRELATED}:
        return True
    return Outcome.EMPTY in outcomes and not value


def _options(chains: Sequence[Chain], entity: str) -> tuple[Option, ...]:
    return tuple(option for chain in chains for option in modelled(chain, entity))


def _shown(chains: Sequence[Chain]) -> str:
    return "[" + ", ".join(map(shown, chains)) + "]"


def life_of(obj: Any) -> Life:
    """Where an object stands, as SQLAlchemy has it."""
    state = inspect(obj)
    for life in Life:
        if getattr(state, life.value):
            return life
    raise AssertionError(state)
