"""`watch()` never harms its host: on, it changes one error; off, SQLAlchemy is as it was."""

from __future__ import annotations

import asyncio
import copy
import functools
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Integer,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    ORMExecuteState,
    Session,
    aliased,
    immediateload,
    joinedload,
    lazyload,
    mapped_column,
    registry,
    relationship,
    scoped_session,
    selectinload,
    sessionmaker,
    subqueryload,
    undefer,
    with_loader_criteria,
)
from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlalchemy.pool import StaticPool

import loadwise
from loadwise import LazyReadError, Watch
from loadwise.observe import notes
from loadwise.observe.hooks import set_class
from loadwise.observe.journal import KEY
from loadwise.observe.reads import ArmedAttribute, ObservedAttribute
from loadwise.observe.watchers import watchers
from tests.databases import AIOMYSQL, ASYNCPG, Database, empty, require
from tests.observe.models import Base, Organization, User, async_engine, rows, sync_engine
from tests.observe.program import outcome
from tests.observe.snapshot import listeners, snapshot
from tests.observe.vanilla import BARE_ERROR, failure_of, is_missing_greenlet

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).relative_to(ROOT).as_posix()
asynchronous: Final = pytest.mark.asyncio


@pytest.fixture(params=["explain", "full"], autouse=True)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The mode of the watches of a test: each is run in both."""
    monkeypatch.setattr(loadwise, "watch", functools.partial(loadwise.watch, mode=request.param))
    return str(request.param)


@pytest.fixture
def watched() -> Iterator[Watch]:
    """A watch that is on."""
    with loadwise.watch(root=ROOT) as watch:
        yield watch


async def unloaded(session: AsyncSession, identity: int = 100) -> User:
    """A user whose organization is not loaded."""
    return (await session.scalars(select(User).where(User.id == identity))).one()


def read_organization(user: Any) -> Any:
    return user.organization


async def read_lazily(engine: AsyncEngine) -> BaseException | None:
    """What a lazy load in plain async code raises."""
    async with AsyncSession(engine) as session:
        user = await unloaded(session)
        return failure_of(lambda: read_organization(user))


# --- off is vanilla -----------------------------------------------------------------------------


@asynchronous
async def test_stop_leaves_sqlalchemy_as_it_was() -> None:
    before = snapshot()
    with loadwise.watch():
        assert len(listeners()) > len(before["listeners"])
        watched = await outcome()
    assert snapshot() == before
    assert await outcome() == watched


@asynchronous
async def test_nothing_but_listeners_changes_while_it_is_on() -> None:
    before = snapshot()
    with loadwise.watch():
        await outcome()
        changed = {
            name
            for ours, theirs in zip(snapshot()["names"], before["names"], strict=True)
            for name in ours.keys() | theirs.keys()
            if ours.get(name) != theirs.get(name)
        }
        full = any(one.mode == "full" for one in watchers)
        assert changed == ({"get"} if full else set()), "docs/decisions/0009"


@asynchronous
async def test_the_vanilla_error_comes_back() -> None:
    async with async_engine() as engine:
        with loadwise.watch():
            assert type(await read_lazily(engine)) is LazyReadError
        assert type(await read_lazily(engine)) is BARE_ERROR


@asynchronous
async def test_an_object_loaded_under_watch_fails_as_vanilla_after_it() -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        with loadwise.watch():
            user = await unloaded(session)
        assert type(failure_of(lambda: read_organization(user))) is BARE_ERROR


@asynchronous
async def test_no_key_is_left_in_the_info_of_live_sessions() -> None:
    async with async_engine() as engine, AsyncSession(engine, info={"mine": 1}) as session:
        with loadwise.watch():
            await unloaded(session)
            assert KEY in session.info
            with sync_engine() as other, Session(other) as sync:
                sync.get_one(User, 1)
                held = sync
        assert session.info == {"mine": 1}
        assert held.info == {}


def test_importing_puts_in_nothing() -> None:
    code = (
        "from tests.observe.snapshot import snapshot\n"
        "before = snapshot()\n"
        "import loadwise, loadwise.observe.watch, loadwise_pytest\n"
        "assert loadwise.watch and loadwise.LazyReadError\n"
        "assert snapshot() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment())


def environment() -> dict[str, str]:
    """The environment of a process that finds this project."""
    path = [str(Path(loadwise.__file__).parents[1]), str(ROOT)]
    return {"PYTHONPATH": ":".join(path), "PYTHONDONTWRITEBYTECODE": "1"}


# --- several watches ----------------------------------------------------------------------------


def test_stop_is_idempotent() -> None:
    before = snapshot()
    watch = loadwise.watch()
    watch.stop()
    watch.stop()
    assert snapshot() == before


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_last_watch_to_stop_takes_the_listeners_out(order: tuple[int, ...]) -> None:
    before, one = snapshot(), None
    watches = [loadwise.watch() for _ in range(3)]
    for place in order:
        on = listeners()
        assert one is None or on == one
        one = on
        watches[place].stop()
        watches[place].stop()
    assert snapshot() == before


@asynchronous
async def test_two_watches_listen_once_and_both_know() -> None:
    seen: list[str] = []
    async with async_engine() as engine:
        with loadwise.watch(on_finding=lambda finding: seen.append("outer")) as outer:
            once = listeners()
            with loadwise.watch(on_finding=lambda finding: seen.append("inner")) as inner:
                assert listeners() == once
                await read_lazily(engine)
            await read_lazily(engine)
    assert seen == ["outer", "inner", "outer"]
    assert (len(outer.findings), len(inner.findings)) == (2, 1)


@asynchronous
async def test_a_watch_that_starts_again_does_not_listen_twice() -> None:
    with loadwise.watch():
        once = listeners()
    async with async_engine() as engine, AsyncSession(engine) as session:
        with loadwise.watch() as watch:
            assert {name: len(each) for name, each in listeners().items()} == {
                name: len(each) for name, each in once.items()
            }
            await unloaded(session)
            assert len(session.info[KEY].entries) == 1
            assert len(watch.findings) == 0


@asynchronous
async def test_a_watch_may_stop_while_it_explains() -> None:
    before = snapshot()
    async with async_engine() as engine:
        watch = loadwise.watch(on_finding=lambda finding: watch.stop())
        assert type(await read_lazily(engine)) is LazyReadError
        assert snapshot() == before
        assert type(await read_lazily(engine)) is BARE_ERROR


@asynchronous
async def test_a_listener_that_cannot_be_removed_does_not_keep_the_others() -> None:
    before = snapshot()
    watch = loadwise.watch()
    event.remove(Session, "after_commit", notes.on_commit)
    with pytest.warns(loadwise.LoadwiseWarning, match=r"stop\(\) of after_commit failed"):
        watch.stop()
    assert snapshot() == before


# --- whatever is mapped, however, whenever ------------------------------------------------------


def declarative() -> tuple[Any, Any]:
    """Parent and child, by DeclarativeBase."""

    class Local(DeclarativeBase):
        pass

    class Parent(Local):
        __tablename__ = "parents"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Child(Local):
        __tablename__ = "children"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
        parent: Mapped[Any] = relationship(Parent)

    return Parent, Child


def dataclasses() -> tuple[Any, Any]:
    """Parent and child, by MappedAsDataclass."""

    class Local(MappedAsDataclass, DeclarativeBase):
        pass

    class Parent(Local):
        __tablename__ = "parents"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Child(Local):
        __tablename__ = "children"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
        parent: Mapped[Any] = relationship(Parent, init=False)

    return Parent, Child


def imperative() -> tuple[Any, Any]:
    """Parent and child, mapped imperatively."""
    here = registry()

    class Parent:
        def __init__(self, id: int) -> None:  # noqa: A002
            self.id = id

    class Child(Parent):
        def __init__(self, id: int, parent_id: int) -> None:  # noqa: A002
            self.id, self.parent_id = id, parent_id

    parents = Table("parents", here.metadata, Column("id", Integer, primary_key=True))
    children = Table(
        "children",
        here.metadata,
        Column("id", Integer, primary_key=True),
        Column("parent_id", ForeignKey("parents.id")),
    )
    here.map_imperatively(Parent, parents)
    here.map_imperatively(
        Child, children, properties={"parent": relationship(Parent)}, concrete=True
    )
    Parent.metadata = here.metadata  # type: ignore[attr-defined]
    return Parent, Child


MAPPINGS: Final = (declarative, dataclasses, imperative)


async def read_parent(models: tuple[Any, Any]) -> BaseException | None:
    """What reading the parent of a child raises in plain async code."""
    parent, child = models
    async with async_engine(parent.metadata) as engine:
        async with AsyncSession(engine) as session:
            session.add(parent(id=1))
            await session.flush()
            session.add(child(id=1, parent_id=1))
            await session.commit()
        async with AsyncSession(engine) as session:
            one = (await session.scalars(select(child))).one()
            return failure_of(lambda: one.parent)


@asynchronous
@pytest.mark.parametrize("mapped", MAPPINGS)
async def test_classes_mapped_before_while_and_after(mapped: Callable[[], tuple[Any, Any]]) -> None:
    before = mapped()
    with loadwise.watch():
        between = mapped()
        for models in (before, between):
            error = await read_parent(models)
            assert isinstance(error, LazyReadError)
            assert error.attribute == "Child.parent"
    for models in (before, between, mapped()):
        assert type(models[1].parent) is InstrumentedAttribute
        assert type(await read_parent(models)) is BARE_ERROR


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_several_bases_side_by_side() -> None:
    for models in (declarative(), declarative(), imperative()):
        assert isinstance(await read_parent(models), LazyReadError)


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_an_attribute_of_an_unmapped_class_is_left_alone() -> None:
    class Plain:
        organization = property(lambda self: 1 / 0)

    async with async_engine():
        assert isinstance(failure_of(lambda: read_organization(Plain())), ZeroDivisionError)
        assert isinstance(failure_of(lambda: read_organization(object())), AttributeError)


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_what_is_loaded_is_left_alone() -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        statement = select(User).options(joinedload(User.organization))
        users = (await session.scalars(statement)).all()
        assert [user.organization.name for user in users if user.organization] == [
            "Acme",
            "Acme",
            "Globex",
        ]
        assert [user.motto for user in [User(motto="x")]] == ["x"]


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_what_the_session_holds_is_left_alone() -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        organization = await session.get_one(Organization, 2)
        assert (await unloaded(session)).organization is organization


# --- whatever the session -----------------------------------------------------------------------


class OwnSession(Session):
    """A synchronous session of the application's."""


class OwnAsyncSession(AsyncSession):
    """An asynchronous session of the application's."""

    sync_session_class = OwnSession


@asynccontextmanager
async def on_a_connection(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.connect() as connection, AsyncSession(connection) as session:
        yield session


@asynccontextmanager
async def with_several_binds(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(binds={User: engine, Organization: engine}) as session:
        yield session


@asynccontextmanager
async def scoped(engine: AsyncEngine) -> AsyncIterator[Any]:
    sessions = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)
    yield sessions
    await sessions.remove()


@asynccontextmanager
async def around_a_session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    session = AsyncSession(sync_session_class=sessionmaker(engine.sync_engine).class_, bind=engine)
    async with session:
        yield session


SESSIONS: Final[dict[str, Callable[[AsyncEngine], Any]]] = {
    "plain": AsyncSession,
    "sessionmaker": lambda engine: async_sessionmaker(engine)(),
    "subclass": OwnAsyncSession,
    "sync_session_class": lambda engine: AsyncSession(engine, sync_session_class=OwnSession),
    "on_a_connection": on_a_connection,
    "with_several_binds": with_several_binds,
    "scoped": scoped,
    "around_a_session": around_a_session,
    "in_begin": lambda engine: async_sessionmaker(engine).begin(),
}


@asynchronous
@pytest.mark.parametrize("made", SESSIONS)
async def test_every_kind_of_session_is_explained(made: str) -> None:
    async with async_engine() as engine:
        with loadwise.watch(root=ROOT):
            async with SESSIONS[made](engine) as session:
                user = await unloaded(session)
                error = failure_of(lambda: read_organization(user))
        assert isinstance(error, LazyReadError)
        assert error.attribute == "User.organization"
        assert error.load is not None
        assert (error.load.file, error.load.function.rpartition(".")[2]) == (HERE, "unloaded")
        async with SESSIONS[made](engine) as session:
            user = await unloaded(session)
            assert type(failure_of(lambda: read_organization(user))) is BARE_ERROR


@asynchronous
@pytest.mark.parametrize("made", SESSIONS)
async def test_sessions_made_before_are_explained(made: str) -> None:
    async with async_engine() as engine, SESSIONS[made](engine) as session:
        early = await unloaded(session, 1)
        with loadwise.watch(root=ROOT):
            error = failure_of(lambda: read_organization(early))
            assert isinstance(error, LazyReadError)
            assert error.load is None  # it was loaded before
            late = await unloaded(session)
            error = failure_of(lambda: read_organization(late))
            assert isinstance(error, LazyReadError)
            assert error.load is not None


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_a_session_in_run_sync_on_a_connection() -> None:
    def load(connection: sqlalchemy.Connection) -> User:
        with Session(connection) as session:
            user = session.scalars(select(User).where(User.id == 100)).one()
            assert read_organization(user).name == "Globex"
            return user

    async with async_engine() as engine, engine.connect() as connection:
        user = await connection.run_sync(load)
        assert user.organization is not None


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_run_sync_and_awaitable_attrs_load() -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await unloaded(session)
        assert (await user.awaitable_attrs.organization).name == "Globex"
        session.expunge_all()
        user = await unloaded(session)
        assert (await session.run_sync(lambda sync: read_organization(user))).name == "Globex"


# --- synchronous sessions, threads --------------------------------------------------------------


def lazily(session: Session | scoped_session[Session]) -> list[str]:
    """Lazy loads of every kind, all of them legal."""
    user = session.scalars(select(User).where(User.id == 100)).one()
    seen = [read_organization(user).name, user.motto]
    session.commit()
    seen.append(user.name)
    session.refresh(user)
    session.expire(user)
    return [*seen, *(one.name for one in read_organization(user).users)]


LAZILY: Final = ["Globex", "", "Cleo", "Cleo"]


@asynchronous
async def test_synchronous_sessions_are_left_alone(watched: Watch) -> None:
    with sync_engine() as engine:
        with Session(engine) as session:
            assert lazily(session) == LAZILY
        sessions = scoped_session(sessionmaker(engine))
        assert lazily(sessions) == LAZILY
        sessions.remove()
        with engine.connect() as connection, OwnSession(connection) as session:
            assert lazily(session) == LAZILY
    assert watched.findings == ()


@asynchronous
async def test_a_synchronous_session_in_a_thread_is_left_alone(watched: Watch) -> None:
    with sync_engine() as engine, Session(engine) as session:
        assert await asyncio.to_thread(lazily, session) == LAZILY
    assert watched.findings == ()


def test_a_synchronous_session_on_psycopg_is_left_alone(watched: Watch) -> None:
    """One driver for both worlds; the tables are temporary."""
    require(ASYNCPG)
    engine = create_engine(
        make_url(ASYNCPG.url).set(drivername="postgresql+psycopg"),
        poolclass=StaticPool,
        connect_args={"options": "-csearch_path=pg_temp"},
    )
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all(rows())
            session.commit()
        with Session(engine) as session:
            assert lazily(session) == LAZILY
    finally:
        engine.dispose()
    assert watched.findings == ()


def test_a_synchronous_engine_that_cannot_connect_says_so(watched: Watch) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1"
    engine = create_engine(nowhere)
    user = User(id=1, organization_id=1)
    with Session(engine) as session:
        with sync_engine() as other, Session(other) as loading:
            user = loading.get_one(User, 1)
            loading.expunge(user)
        session.add(user)
        assert isinstance(failure_of(lambda: read_organization(user)), OperationalError)
        session.expunge_all()
    engine.dispose()
    assert watched.findings == ()


@asynchronous
async def test_one_session_over_a_synchronous_and_an_asynchronous_engine(watched: Watch) -> None:
    async with async_engine() as engine:
        with sync_engine() as other:
            session = Session(binds={User: engine.sync_engine, Organization: other})
            async with AsyncSession(engine) as loading:
                user = await unloaded(loading)
                loading.expunge(user)
            session.add(user)
            assert isinstance(failure_of(lambda: user.motto), LazyReadError)
            assert [one.name for one in session.scalars(select(Organization))] == ["Acme", "Globex"]
            assert read_organization(user).name == "Globex"
            session.expunge_all()
            session.close()
    assert len(watched.findings) == 1


@asynchronous
async def test_an_info_shared_by_two_sessions_mixes_nothing_up(watched: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await unloaded(session)
        assert isinstance(failure_of(lambda: read_organization(user)), LazyReadError)
        with sync_engine() as other, Session(other, info=session.info) as sync:
            assert lazily(sync) == LAZILY
    assert len(watched.findings) == 1


class Crowd:
    """Threads that go on until `done`, and what went wrong in them."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.wrong: list[Any] = []
        self.threads: list[threading.Thread] = []

    def start(self, work: Callable[[], Any]) -> None:
        """Start a thread that does some work again and again."""

        def go() -> None:
            try:
                while not self.done.is_set():
                    work()
            except BaseException as error:
                self.wrong.append(error)

        self.threads.append(threading.Thread(target=go))
        self.threads[-1].start()

    def stop(self) -> None:
        """Wait for all of them to end."""
        self.done.set()
        for thread in self.threads:
            thread.join()


def test_start_and_stop_while_threads_and_tasks_run() -> None:
    crowd = Crowd()

    def load(engine: Engine) -> None:
        with Session(engine) as session:
            assert lazily(session) == LAZILY

    def switch() -> None:
        with loadwise.watch():
            crowd.done.wait(0.002)

    async def task(engine: AsyncEngine) -> None:
        for _ in range(3):
            error = await read_lazily(engine)
            assert is_missing_greenlet(error), error

    async def tasks() -> None:
        async with async_engine() as engine:
            await asyncio.gather(*(task(engine) for _ in range(10)))

    before = snapshot()
    with ExitStack() as stack:
        engines = [stack.enter_context(sync_engine()) for _ in range(4)]
        stack.callback(crowd.stop)
        for engine in engines:
            crowd.start(functools.partial(load, engine))
        crowd.start(switch)
        asyncio.run(tasks())
    assert crowd.wrong == []
    assert snapshot() == before


async def first_reader(engine: AsyncEngine) -> tuple[str, BaseException | None]:
    async with AsyncSession(engine) as session:
        user = (await session.scalars(select(User).where(User.id == 1))).one()
        await asyncio.sleep(0)
        return "first_reader", failure_of(lambda: user.organization)


async def second_reader(engine: AsyncEngine) -> tuple[str, BaseException | None]:
    async with AsyncSession(engine) as session:
        user = (await session.scalars(select(User).where(User.id == 100))).one()
        await asyncio.sleep(0)
        return "second_reader", failure_of(lambda: user.organization)


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_each_error_names_the_select_of_its_own_task() -> None:
    async with async_engine() as engine:
        for _ in range(100):
            for name, error in await asyncio.gather(first_reader(engine), second_reader(engine)):
                assert isinstance(error, LazyReadError)
                assert error.load is not None
                assert error.load.function.rpartition(".")[2] == name
                assert error.load.code.lstrip().startswith("user = (await session.scalars")
                assert error.instance == ("User 1" if name == "first_reader" else "User 100")


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_two_sessions_in_one_task_keep_their_own_lines() -> None:
    async with (
        async_engine() as engine,
        AsyncSession(engine) as session,
        AsyncSession(engine) as other,
    ):
        first = await unloaded(session, 1)
        second = (await other.scalars(select(User).where(User.id == 1))).one()
        errors = [failure_of(functools.partial(read_organization, one)) for one in (first, second)]
    functions = [
        error.load.function.rpartition(".")[2]
        for error in errors
        if isinstance(error, LazyReadError) and error.load
    ]
    assert functions == ["unloaded", "test_two_sessions_in_one_task_keep_their_own_lines"]


# --- data is kept -------------------------------------------------------------------------------


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_a_failing_read_raises_before_autoflush_and_loses_nothing() -> None:
    """Facts C11: in vanilla this read fails inside the flush, and the new object is gone."""
    async with async_engine() as engine:
        async with AsyncSession(engine) as session:
            user = await unloaded(session)
            new = User(id=7, name="New")
            session.add(new)
            user.name = "Changed"
            assert isinstance(failure_of(lambda: read_organization(user)), LazyReadError)
            assert new in session.new
            assert session.is_active
            await session.commit()
        async with AsyncSession(engine) as session:
            assert (await session.get_one(User, 7)).name == "New"
            assert (await unloaded(session)).name == "Changed"


@pytest.fixture(params=[ASYNCPG, AIOMYSQL], ids=lambda database: database.name)
def server(request: pytest.FixtureRequest) -> Database:
    """A database that is not in this process."""
    database: Database = request.param
    require(database)
    return database


@asynchronous
async def test_on_a_server_the_same_is_kept_and_the_same_comes_back(server: Database) -> None:
    async with empty(server) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add_all(rows())
            await session.commit()
        with loadwise.watch() as watch:
            async with AsyncSession(engine) as session:
                user = await unloaded(session)
                session.add(User(id=7, name="New"))
                assert isinstance(failure_of(lambda: read_organization(user)), LazyReadError)
                await session.commit()
                session.expunge_all()
                assert await session.run_sync(lazily) == LAZILY
            assert len(watch.findings) == 1
        async with AsyncSession(engine) as session:
            assert (await session.get_one(User, 7)).name == "New"
            user = await unloaded(session)
            error = failure_of(lambda: read_organization(user))
            assert is_missing_greenlet(error)
            assert not isinstance(error, LazyReadError)


EXECUTIONS: Final[list[dict[str, Any]]] = [
    {},
    {"yield_per": 1},
    {"populate_existing": True},
    {"autoflush": False},
    {"yield_per": 2, "populate_existing": True, "autoflush": False},
]
BESIDE: Final = (selectinload, immediateload, joinedload)


async def streamed(engine: AsyncEngine, statement: Any) -> list[Any]:
    """What a stream brings, with what is loaded beside it, and how many statements it took."""
    count = 0

    def counted(*_: Any) -> None:
        nonlocal count
        count += 1

    event.listen(engine.sync_engine, "before_cursor_execute", counted)
    async with AsyncSession(engine) as session:
        session.add(User(id=7, name="New", organization_id=1))
        users = [user async for user in await session.stream_scalars(statement)]
        seen = [(user.name, user.organization.name) for user in users]
    event.remove(engine.sync_engine, "before_cursor_execute", counted)
    return [*seen, count]


@asynchronous
@pytest.mark.parametrize("option", BESIDE, ids=lambda option: option.__name__)
@pytest.mark.parametrize("options", EXECUTIONS, ids=",".join)
async def test_streams_bring_what_they_bring_in_vanilla(
    option: Any, options: dict[str, Any]
) -> None:
    """Before #13301, a listener alone made SQLAlchemy fail here, whatever it did."""
    statement = select(User).options(option(User.organization)).order_by(User.id)
    statement = statement.execution_options(**options)
    async with async_engine() as engine:
        vanilla = await streamed(engine, statement)
        with loadwise.watch():
            assert await streamed(engine, statement) == vanilla


STATEMENTS: Final[dict[str, Callable[[], Any]]] = {
    "columns": lambda: select(User.id, User.name).order_by(User.id),
    "two entities": lambda: select(User, Organization).join(User.organization).order_by(User.id),
    "alias": lambda: select(aliased(User, name="other").id).order_by(text("1")),
    "count": lambda: select(func.count()).select_from(User),
    "union": lambda: union_all(select(User.id), select(Organization.id)),
    "from_statement": lambda: select(User).from_statement(text("SELECT * FROM users ORDER BY id")),
    "text": lambda: text("SELECT id FROM users ORDER BY id"),
    "criteria": lambda: (
        select(Organization)
        .options(selectinload(Organization.users), with_loader_criteria(User, User.id > 1, True))
        .order_by(Organization.id)
    ),
    "lazyload": lambda: select(User).options(lazyload("*")).order_by(User.id),
    "subqueryload": lambda: select(Organization).options(subqueryload(Organization.users)),
    "core": lambda: select(User.__table__.c.id).order_by(User.__table__.c.id),
    "insert": lambda: insert(User).values(id=8, name="Eve"),
    "insert, returning": lambda: insert(User).returning(User, sort_by_parameter_order=True),
    "insert from select": lambda: insert(User).from_select(
        ["id", "name", "motto", "visits"], select(User.id + 20, User.name, User.motto, User.visits)
    ),
    "update": lambda: update(User).where(User.id == 1).values(name="Zoe"),
    "update, fetch": lambda: (
        update(User).values(name="Zoe").execution_options(synchronize_session="fetch")
    ),
    "update, returning": lambda: update(User).values(name=User.name + "!").returning(User.id),
    "update by key": lambda: update(User),
    "delete": lambda: delete(User).where(User.id == 2),
    "delete, returning": lambda: delete(User).where(User.id == 2).returning(User.name),
}
PARAMETERS: Final[dict[str, Any]] = {
    "insert, returning": [{"id": 8, "name": "Eve"}, {"id": 9, "name": "Mallory"}],
    "update by key": [{"id": 1, "name": "One"}, {"id": 2, "name": "Two"}],
}


async def executed(engine: AsyncEngine, name: str) -> list[Any]:
    """What a statement gives, what it leaves behind, and the SQL that it took."""
    sql: list[str] = []

    def note(_: Any, __: Any, statement: str, *rest: Any) -> None:
        sql.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    async with AsyncSession(engine) as session:
        users = (await session.scalars(select(User).order_by(User.id))).all()
        session.add(User(id=7, name="New"))
        result: Any = await session.execute(STATEMENTS[name](), PARAMETERS.get(name))
        has_rows = getattr(result, "returns_rows", True)
        found = [shown(row) for row in result.unique().all()] if has_rows else result.rowcount
        held = [(inspect(user).dict.get("name"), sorted(inspect(user).dict)) for user in users]
        names = await session.run_sync(lambda sync: sorted(sync.scalars(select(User.name))))
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    return [found, held, names, sql]


def shown(row: Any) -> list[Any]:
    """A row, with what its objects hold."""
    return [
        {key: str(type(one)) for key, one in inspect(value).dict.items() if key[0] != "_"}
        if isinstance(value, Base)
        else value
        for value in row
    ]


@asynchronous
@pytest.mark.filterwarnings("ignore:coercing:sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("name", STATEMENTS)
async def test_every_kind_of_statement_does_what_it_does_in_vanilla(name: str) -> None:
    async with async_engine() as engine:
        vanilla = await executed(engine, name)
    async with async_engine() as engine:
        with loadwise.watch() as watch:
            assert await executed(engine, name) == vanilla
    assert watch.findings == ()


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_after_a_failed_flush_the_session_says_what_it_always_says() -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await unloaded(session)
        session.add(User(id=1))
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            await session.flush()
        error = failure_of(lambda: read_organization(user))
        assert type(error) in {sqlalchemy.exc.PendingRollbackError, LazyReadError}
        await session.rollback()
        assert (await session.get_one(User, 1)).name == "Ann"


# --- pickles and copies -------------------------------------------------------------------------


async def pickled() -> dict[str, bytes]:
    """An object in each state, as bytes."""
    found: dict[str, bytes] = {}
    async with async_engine() as engine, AsyncSession(engine) as session:
        new = User(id=7, name="New")
        session.add(new)
        found["pending"] = pickle.dumps(new)
        await session.flush()
        found["flushed"] = pickle.dumps(new)
        await session.commit()
        found["committed"] = pickle.dumps(new)
        await session.refresh(new)
        found["refreshed"] = pickle.dumps(new)
        statement = select(Organization).options(selectinload(Organization.users))
        loaded = (await session.scalars(statement)).first()
        found["loaded"] = pickle.dumps(loaded)
        failure_of(lambda: read_organization(new))
        found["failed"] = pickle.dumps(new)
        session.expire(new, ["name"])
        found["expired"] = pickle.dumps(new)
        session.expunge(new)
        found["detached"] = pickle.dumps(new)
    return found


@asynchronous
async def test_pickles_are_those_of_vanilla() -> None:
    vanilla = await pickled()
    with loadwise.watch():
        watched = await pickled()
    assert {name: watched[name] == vanilla[name] for name in vanilla} == dict.fromkeys(
        vanilla, True
    )


def test_pickles_are_usable_where_loadwise_is_not() -> None:
    with loadwise.watch():
        found = asyncio.run(pickled())
    code = (
        "import pickle, sys\n"
        "sys.modules['loadwise'] = None\n"
        "found = pickle.load(sys.stdin.buffer)\n"
        "objects = {name: pickle.loads(data) for name, data in found.items()}\n"
        "assert objects['loaded'].users[0].name == 'Ann'\n"
        "assert objects['refreshed'].name == 'New'\n"
        "assert objects['pending'].name == 'New'\n"
        "from tests.observe.models import Session, sync_engine\n"
        "with sync_engine() as engine, Session(engine) as session:\n"
        "    session.add(objects['loaded'])\n"
        "    assert objects['loaded'].users[0].organization is objects['loaded']\n"
        "    session.expunge_all()\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(found),
        check=True,
        cwd=ROOT,
        env=environment(),
    )


@asynchronous
@pytest.mark.usefixtures("watched")
async def test_an_unpickled_object_never_gets_the_line_of_another() -> None:
    async with async_engine() as engine:
        async with AsyncSession(engine) as session:
            data = pickle.dumps(await unloaded(session))
        async with AsyncSession(engine) as session:
            await unloaded(session, 1)
            user = pickle.loads(data)
            session.add(user)
            error = failure_of(lambda: read_organization(user))
            assert isinstance(error, LazyReadError)
            assert error.load is None


def copied() -> list[Any]:
    """What copies of an object hold."""
    with sync_engine() as engine, Session(engine) as session:
        user = session.get_one(User, 100)
        shallow, deep = copy.copy(user), copy.deepcopy(user)
        return [
            sorted(name for name in vars(one) if name != "_sa_instance_state")
            for one in (shallow, deep)
        ] + [shallow.name, deep.name]


def test_copies_are_those_of_vanilla() -> None:
    vanilla = copied()
    with loadwise.watch():
        assert copied() == vanilla


# --- the application's own hooks ----------------------------------------------------------------


@asynchronous
async def test_listeners_of_the_application_keep_their_order_and_stay() -> None:
    seen: list[str] = []

    def first(execution: ORMExecuteState) -> None:
        seen.append("first")

    def second(execution: ORMExecuteState) -> None:
        seen.append("second")

    event.listen(Session, "do_orm_execute", first)
    try:
        async with async_engine() as engine:
            with loadwise.watch():
                event.listen(Session, "do_orm_execute", second)
                async with AsyncSession(engine) as session:
                    user = await unloaded(session)
                    assert seen == ["first", "second"]
                    failure_of(lambda: read_organization(user))
                    assert seen == ["first", "second", "first", "second"]
                seen.clear()
            async with AsyncSession(engine) as session:
                await unloaded(session)
                assert seen == ["first", "second"]
    finally:
        event.remove(Session, "do_orm_execute", first)
        event.remove(Session, "do_orm_execute", second)


@asynchronous
@pytest.mark.parametrize("early", [True, False], ids=["early", "late"])
async def test_a_load_that_a_listener_serves_is_left_alone(early: bool) -> None:
    """SQLAlchemy's own recipe for a cache: no IO, so it works in plain async code."""
    cached: dict[str, Any] = {}

    def serve(execution: ORMExecuteState) -> Any:
        if execution.is_relationship_load and cached:
            return cached["result"]()
        return None

    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await unloaded(session)
        other = (await session.execute(select(Organization).where(Organization.id == 2))).freeze()
        session.expunge_all()
        session.add(user)
        cached["result"] = other
        if early:
            event.listen(session.sync_session, "do_orm_execute", serve)
        with loadwise.watch() as watch:
            if not early:
                event.listen(session.sync_session, "do_orm_execute", serve)
            assert read_organization(user).name == "Globex"
            assert watch.findings == ()
            session.expire(user, ["organization"])
            cached.clear()
            assert isinstance(failure_of(lambda: read_organization(user)), LazyReadError)


class OwnError(Exception):
    """What the application raises."""


@asynchronous
@pytest.mark.parametrize("early", [True, False], ids=["early", "late"])
async def test_what_a_listener_of_the_application_raises_is_raised(early: bool) -> None:
    def refuse(execution: ORMExecuteState) -> None:
        if execution.is_relationship_load:
            raise OwnError

    async with async_engine() as engine, AsyncSession(engine) as session:
        if early:
            event.listen(session.sync_session, "do_orm_execute", refuse)
        with loadwise.watch() as watch:
            if not early:
                event.listen(session.sync_session, "do_orm_execute", refuse)
            user = await unloaded(session)
            assert type(failure_of(lambda: read_organization(user))) is OwnError
            assert watch.findings == () or not early


@asynchronous
async def test_a_statement_that_a_listener_invokes_is_explained_once() -> None:
    calls: list[str] = []

    def invoke(execution: ORMExecuteState) -> Any:
        calls.append("invoke")
        return execution.invoke_statement()

    async with async_engine() as engine, AsyncSession(engine) as session:
        event.listen(session.sync_session, "do_orm_execute", invoke)
        with loadwise.watch() as watch:
            user = await unloaded(session)
            assert calls == ["invoke"]
            error = failure_of(lambda: read_organization(user))
            assert is_missing_greenlet(error)
            assert calls == ["invoke", "invoke"]
            assert len(watch.findings) <= 1


class Unbound(Session):
    """A session whose `get_bind()` is the application's, and may refuse."""

    refusing = False
    asked = 0

    def get_bind(self, *arguments: Any, **words: Any) -> Any:
        type(self).asked += 1
        if self.refusing:
            raise OwnError
        return super().get_bind(*arguments, **words)


@asynchronous
async def test_a_get_bind_that_raises_is_heard_and_not_ours(watched: Watch) -> None:
    async with (
        async_engine() as engine,
        AsyncSession(engine, sync_session_class=Unbound) as session,
    ):
        user = await unloaded(session)
        assert isinstance(failure_of(lambda: read_organization(user)), LazyReadError)
        Unbound.refusing = True
        try:
            assert type(failure_of(lambda: read_organization(user))) is OwnError
        finally:
            Unbound.refusing = False
    assert len(watched.findings) == 1


@pytest.mark.usefixtures("watched")
def test_a_get_bind_of_the_application_is_not_asked_more_often() -> None:
    with sync_engine() as engine, Unbound(engine) as session:
        Unbound.asked = 0
        session.scalars(select(User)).all()
        assert Unbound.asked == 1


@pytest.mark.usefixtures("watched")
def test_a_session_without_a_bind_says_what_it_always_says() -> None:
    with closing(Session()) as session:
        error = failure_of(lambda: session.scalars(select(User)).all())
        assert type(error) is sqlalchemy.exc.UnboundExecutionError


# --- IO outside a greenlet that is legal --------------------------------------------------------

no_fallback: Final = pytest.mark.skipif(
    sqlalchemy.__version__ >= "2.1", reason="async_fallback is gone in SQLAlchemy 2.1"
)


@no_fallback
def test_async_fallback_makes_lazy_loads_legal(tmp_path: Path) -> None:
    """Outside a running event loop, where SQLAlchemy then runs one of its own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sqlalchemy.exc.SADeprecationWarning)
        engine = create_engine(
            f"sqlite+aiosqlite:///{tmp_path / 'app.db'}", connect_args={"async_fallback": True}
        )
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all(rows())
            session.commit()
        with loadwise.watch() as watch, Session(engine) as session:
            assert lazily(session) == LAZILY
            assert watch.findings == ()
    finally:
        engine.dispose()
        asyncio.set_event_loop(None)
        loop.close()


# --- events that the application dispatches by hand ---------------------------------------------


@pytest.mark.parametrize("mode", ["explain", "full"])
def test_an_event_may_come_without_its_arguments(mode: str) -> None:
    """As SQLAlchemy's own tests dispatch some (test/orm/test_events.py)."""
    user = User(id=5)
    with loadwise.watch(mode=mode), warnings.catch_warnings(), Session() as session:
        warnings.simplefilter("ignore", loadwise.LoadwiseWarning)
        session.dispatch.before_flush()
        inspect(user).manager.dispatch.load(inspect(user))
        inspect(user).manager.dispatch.refresh(inspect(user), object(), ["name"])


# --- attributes in statements and in messages ---------------------------------------------------


@asynchronous
async def test_the_sides_of_a_comparison_stay_where_they_are() -> None:
    """Python asks the right side first where its class is a subclass of that of the left one."""

    def compared() -> list[str]:
        other = aliased(User)
        pairs = [
            (User.organization_id, Organization.id),
            (Organization.id, User.organization_id),
            (User.organization_id, other.organization_id),
            (other.organization_id, User.organization_id),
            (User.motto, Organization.name),
            (Organization.name, User.motto),
        ]
        return [str(test) for left, right in pairs for test in (left == right, left < right)]

    vanilla = compared()
    async with async_engine() as engine, AsyncSession(engine) as session:
        for mode in ("explain", "full"):
            with loadwise.watch(mode=mode):
                assert compared() == vanilla
                # what is loaded and unread is of a class of its own
                options = [undefer(User.motto), joinedload(User.organization)]
                await session.scalars(select(User).options(*options))
                assert compared() == vanilla
            session.expunge_all()
    assert compared() == vanilla


def test_the_sides_stay_where_a_class_is_watched_and_another_not_yet() -> None:
    """So it is while mappers are configured, and a `primaryjoin` in words is read."""
    with loadwise.watch():
        local = registry()

        @local.mapped
        class Owner:
            __tablename__ = "owners"
            id: Mapped[int] = mapped_column(primary_key=True)

        @local.mapped
        class Pet:
            __tablename__ = "pets"
            id: Mapped[int] = mapped_column(primary_key=True)
            owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
            owner: Mapped[Any] = relationship("Owner", primaryjoin="Pet.owner_id == Owner.id")

        assert str(select(Pet.id).join(Pet.owner)).endswith("ON pets.owner_id = owners.id")
        one, other = vars(Owner)["id"], vars(Pet)["owner_id"]
        kinds = [InstrumentedAttribute, ObservedAttribute, ArmedAttribute]
        for first, second in product(kinds, kinds):
            set_class(one, first)
            set_class(other, second)
            assert str(one < other) == "owners.id < pets.owner_id"
            assert str(other == one) == "pets.owner_id = owners.id"
    local.dispose()


def test_a_watched_attribute_is_an_instrumented_one() -> None:
    statement = select(Documented.id)
    key = statement._generate_cache_key()
    with loadwise.watch():
        assert isinstance(Documented.id, InstrumentedAttribute)
        assert Documented.id.__class__ is InstrumentedAttribute
        assert select(Documented.id)._generate_cache_key() == key


class Alone(DeclarativeBase):
    """A base of its own, with no table in the database of these tests."""


class Documented(Alone):
    __tablename__ = "documented"

    id: Mapped[int] = mapped_column(primary_key=True, doc="Counts from one.")


@pytest.mark.parametrize("kind", [ObservedAttribute, ArmedAttribute])
def test_an_attribute_has_the_doc_of_its_column_and_shows_itself_as_ever(kind: Any) -> None:
    attribute = vars(Documented)["id"]
    vanilla = repr(attribute), str(attribute), attribute.__doc__
    with loadwise.watch():
        set_class(attribute, kind)
        assert (repr(attribute), str(attribute), attribute.__doc__) == vanilla
    assert vanilla[2] == "Counts from one."
    assert type(attribute) is InstrumentedAttribute
