"""Probes: for each name of `loadwise.observe.hooks`, what SQLAlchemy must do for it to hold.

A probe fails, by the name of its hook, on a release of SQLAlchemy that moves or changes what stands
behind it. `test_every_hook_has_a_probe` keeps the list complete.
"""

from __future__ import annotations

import ast
import gc
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, cast

import pytest
import sqlalchemy
from sqlalchemy import ForeignKey, create_engine, event, inspect, select
from sqlalchemy.exc import ArgumentError, MissingGreenlet, SADeprecationWarning, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Load,
    Mapped,
    Mapper,
    ORMExecuteState,
    Session,
    UserDefinedOption,
    aliased,
    contains_eager,
    defer,
    immediateload,
    instrumentation,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    raiseload,
    relationship,
    selectinload,
    undefer,
)
from sqlalchemy.orm.attributes import InstrumentedAttribute, QueryableAttribute
from sqlalchemy.orm.exc import UnmappedClassError
from sqlalchemy.util import concurrency, greenlet_spawn

import loadwise
from loadwise.observe import hooks, sites
from tests.observe.models import Organization, User, async_engine, sync_engine
from tests.observe.vanilla import failure_of

SOURCE: Final = Path(loadwise.__file__).parent
PUBLIC: Final = sorted(name for name in vars(hooks) if not name.startswith("_"))
HOOKS: Final = [
    name
    for name in PUBLIC
    if getattr(vars(hooks)[name], "__module__", "").startswith("loadwise")
    or name in {"in_greenlet", "next_run_id"}
    or name.isupper()
]


@pytest.fixture
def session() -> Iterator[Session]:
    """A synchronous session on a database with the rows of these tests."""
    with sync_engine() as engine, Session(engine) as session:
        yield session


@contextmanager
def executions(session: Session, look: Callable[[ORMExecuteState], Any]) -> Iterator[list[Any]]:
    """What `look` makes of each statement that the session runs."""
    seen: list[Any] = []

    def listener(execution: ORMExecuteState) -> None:
        seen.append(look(execution))

    event.listen(session, "do_orm_execute", listener)
    try:
        yield seen
    finally:
        event.remove(session, "do_orm_execute", listener)


def stack() -> Iterator[FrameType]:
    """The frames around the caller."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def locals_of(codes: frozenset[CodeType]) -> list[tuple[Any, Any]]:
    """What `instance` and `self.key` are in the frames of some functions."""
    return [
        (frame.f_locals["instance"], frame.f_locals["self"].key)
        for frame in stack()
        if frame.f_code in codes
    ]


@pytest.mark.asyncio
async def test_in_greenlet_is_true_just_where_io_is_legal() -> None:
    assert not hooks.in_greenlet()
    assert await greenlet_spawn(hooks.in_greenlet)
    async with async_engine() as engine, AsyncSession(engine) as session:
        assert await session.run_sync(lambda sync: hooks.in_greenlet())


def test_in_greenlet_is_false_in_a_thread() -> None:
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(hooks.in_greenlet()))
    thread.start()
    thread.join()
    assert seen == [False]


def test_next_run_id_is_the_counter_that_stamps_results(session: Session) -> None:
    before = hooks.next_run_id()
    user = session.scalars(select(User).where(User.id == 1)).one()
    between = hooks.next_run_id()
    other = session.scalars(select(User).where(User.id == 2)).one()
    after = hooks.next_run_id()
    assert before < (hooks.run_id(inspect(user)) or 0) < between
    assert between < (hooks.run_id(inspect(other)) or 0) < after


def test_read_is_the_frame_that_loads(session: Session) -> None:
    user = session.get_one(User, 1)
    with executions(session, lambda _: locals_of(frozenset({hooks.READ}))) as seen:
        _ = user.organization
    assert seen == [[(user, "organization")]]


def test_writes_are_the_frames_that_load_what_is_replaced(session: Session) -> None:
    organization = session.get_one(Organization, 1)
    with executions(session, lambda _: locals_of(hooks.WRITES)) as seen:
        organization.users = []
    assert seen[0] == [(organization, "users")]


def test_writes_are_the_frames_that_load_what_is_deleted(session: Session) -> None:
    user = session.get_one(User, 1)
    session.expire(user)
    with executions(session, lambda _: locals_of(hooks.WRITES)) as seen:
        del user.id
    assert seen == [[(user, "id")]]


def test_refresh_is_the_frame_of_a_refresh(session: Session) -> None:
    user = session.get_one(User, 1)

    def look(_: ORMExecuteState) -> bool:
        return any(frame.f_code is hooks.REFRESH for frame in stack())

    with executions(session, look) as seen:
        session.refresh(user)
        session.expire(user)
        _ = user.name
    assert seen == [True, False]


def test_expunge_all_is_the_frame_that_drops_the_identity_map(session: Session) -> None:
    seen: list[CodeType] = []
    dropped = weakref.ref(session.identity_map, lambda _: seen.append(sys._getframe(1).f_code))
    session.get_one(User, 1)
    session.close()
    assert dropped() is None
    assert seen == [hooks.EXPUNGE_ALL]


@pytest.mark.parametrize("method", ["close", "reset", "invalidate", "expunge_all"])
def test_close_is_what_closes(session: Session, method: str) -> None:
    seen: list[bool] = []
    dropped = weakref.ref(session.identity_map, lambda _: seen.append(hooks.within_close()))
    session.get_one(User, 1)
    getattr(session, method)()
    assert dropped() is None
    assert seen == [method != "expunge_all"]


def test_within_close_is_false_elsewhere() -> None:
    assert not hooks.within_close()


def test_drops_identity_map_where_all_objects_are_expunged_not_where_a_session_goes() -> None:
    seen: list[bool] = []

    def dropped(_: Any) -> None:
        seen.append(hooks.drops_identity_map())

    session = Session()
    references = [weakref.ref(session.identity_map, dropped)]
    session.expunge_all()
    references.append(weakref.ref(session.identity_map, dropped))
    del session
    gc.collect()
    assert seen == [True, False]


def test_identity_map_of_is_kept_by_what_is_closed_not_by_what_is_expunged(
    session: Session,
) -> None:
    users = session.scalars(select(User)).all()
    held = weakref.ref(session.identity_map)
    assert all(hooks.identity_map_of(inspect(user)) is held for user in users)
    session.expunge(users[0])
    session.close()
    assert held() is None
    assert [hooks.identity_map_of(inspect(user)) is held for user in users] == [False, True, True]
    assert hooks.identity_map_of(inspect(users[0])) is None
    assert hooks.identity_map_of(inspect(User(id=7))) is None


class Own(DeclarativeBase):
    """The models of a collection that is a query."""


class Journey(Own):
    """Something with a collection that is a query."""

    __tablename__ = "journeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    stops: DynamicMapped[Stop] = relationship()


class Stop(Own):
    """One of the things in it."""

    __tablename__ = "stops"

    id: Mapped[int] = mapped_column(primary_key=True)
    journey_id: Mapped[int] = mapped_column(ForeignKey("journeys.id"))


QUERIES: Final[dict[str, Callable[[Journey], object]]] = {
    "iteration": lambda journey: list(journey.stops),
    "all": lambda journey: journey.stops.all(),
    "index": lambda journey: journey.stops[0],
    "count": lambda journey: journey.stops.count(),
}


@pytest.mark.parametrize("query", QUERIES)
def test_appender_is_in_the_stack_and_dynamic_owner_is_what_is_queried(query: str) -> None:
    def look(_: ORMExecuteState) -> list[tuple[object, str]]:
        frames = [frame for frame in stack() if frame.f_code in hooks.APPENDER]
        return [hooks.dynamic_owner(frame.f_locals) for frame in frames]

    with sync_engine(Own.metadata) as engine, Session(engine) as session:
        journey = Journey(id=1, stops=[Stop(id=1)])
        session.add(journey)
        session.commit()
        with executions(session, look) as seen:
            QUERIES[query](journey)
    assert seen[-1] == [(journey, "stops")]


FILTERED: Final[dict[str, Callable[[Any], Any]]] = {
    "filter_by": lambda journey: journey.stops.filter_by(id=1).first(),
    "filter": lambda journey: list(journey.stops.filter(Stop.id > 0).limit(1)),
    "order_by": lambda journey: journey.stops.order_by(Stop.id).all(),
    "counted": lambda journey: journey.stops.filter_by(id=1).count(),
}


@pytest.mark.parametrize("query", FILTERED)
def test_dynamic_parent_of_a_query_that_is_made_of_it(query: str) -> None:
    def look(execution: ORMExecuteState) -> Any:
        return hooks.dynamic_parent(execution.statement)

    with sync_engine(Own.metadata) as engine, Session(engine) as session:
        journey = Journey(id=1, stops=[Stop(id=1)])
        session.add(journey)
        session.commit()
        with executions(session, look) as seen:
            FILTERED[query](journey)
    assert (inspect(journey), "stops") in seen


def test_dynamic_parent_of_another_statement() -> None:
    assert hooks.dynamic_parent(select(Stop).where(Stop.id == 1)) is None


def test_most_elements_bounds_a_look_at_a_statement() -> None:
    assert hooks.MOST_ELEMENTS > 100


def test_dynamic_owner_where_the_query_flushes_first() -> None:
    seen: list[tuple[object, str]] = []

    def look(*_: Any) -> None:
        frames = [frame for frame in stack() if frame.f_code in hooks.APPENDER]
        seen.extend(hooks.dynamic_owner(frame.f_locals) for frame in frames)

    with sync_engine(Own.metadata) as engine, Session(engine) as session:
        journey = Journey(id=1)
        session.add(journey)
        session.flush()
        journey.stops.append(Stop(id=1))
        event.listen(session, "before_flush", look)
        list(journey.stops)
    assert {*seen} == {(journey, "stops")}


def test_dialects_have_events_while_somebody_listens_to_all_engines() -> None:
    def listener(*arguments: Any) -> None:
        pass

    before = hooks.dialects_have_events()
    event.listen(sqlalchemy.Engine, "handle_error", listener)
    assert hooks.dialects_have_events()
    hooks.let_dialects_have_no_events()
    assert hooks.dialects_have_events()
    event.remove(sqlalchemy.Engine, "handle_error", listener)
    if not before:
        hooks.let_dialects_have_no_events()
    assert hooks.dialects_have_events() is before


def test_let_dialects_have_no_events_once_the_last_watch_has_stopped() -> None:
    before = hooks.dialects_have_events()
    with loadwise.watch(), loadwise.watch():
        assert hooks.dialects_have_events()
    assert hooks.dialects_have_events() is before


def test_has_async_fallback_as_a_connect_says_it() -> None:
    assert hooks.has_async_fallback({"async_fallback": "true"})
    assert not hooks.has_async_fallback({})


@pytest.mark.asyncio
async def test_spawn_is_once_in_the_stack_of_a_call_and_twice_in_that_of_a_nested_one() -> None:
    def count() -> int:
        return sum(frame.f_code is hooks.SPAWN for frame in sites.frames())

    def nested() -> int:
        call: Any = getattr(concurrency, "await_", None) or concurrency.await_only
        return cast("int", call(greenlet_spawn(count)))

    assert await greenlet_spawn(count) == 1
    assert await greenlet_spawn(nested) == 2


def test_folder_is_that_of_sqlalchemy(session: Session) -> None:
    assert Path(hooks.FOLDER) == Path(sqlalchemy.__file__).parent
    with executions(session, lambda _: [*map(hooks.is_sqlalchemy, stack())]) as seen:
        session.scalars(select(User)).all()
    assert seen[0][:3] == [False, False, True]  # the look, the listener, the session


def test_is_sqlalchemy_not_where_others_are() -> None:
    assert not any(hooks.is_sqlalchemy(frame) for frame in stack())


def calling() -> list[CodeType]:
    """The code of the frames that go through listeners, by `calls_listeners`."""
    found: list[CodeType] = []
    called: FrameType | None = None
    for frame in stack():
        if called is not None and hooks.calls_listeners(frame, called):
            found.append(frame.f_code)
        called = frame
    return found


def test_calls_listeners_in_the_session_for_do_orm_execute(session: Session) -> None:
    with executions(session, lambda _: calling()) as seen:
        session.scalars(select(User)).all()
    assert seen == [[hooks.EXECUTE]]


def test_calls_listeners_not_in_the_session_otherwise(session: Session) -> None:
    seen: list[list[CodeType]] = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *_: seen.append(calling()))
    session.scalars(select(User)).all()
    assert seen == [[]]


@pytest.mark.parametrize(
    ("target", "name", "work"),
    [
        (Session, "after_commit", lambda session, user: session.commit()),
        (Session, "after_rollback", lambda session, user: session.rollback()),
        (Session, "before_flush", lambda session, user: session.flush()),
        (Session, "after_flush", lambda session, user: session.flush()),
        (Session, "transient_to_pending", lambda session, user: session.add(User(id=8))),
        (Mapper, "expire", lambda session, user: session.expire(user)),
        (Mapper, "refresh", lambda session, user: session.refresh(user)),
    ],
)
def test_dispatch_is_where_the_other_listeners_are_called(
    session: Session, target: Any, name: str, work: Callable[[Session, User], Any]
) -> None:
    user = session.get_one(User, 1)
    user.name = "Zoe"
    seen: list[list[CodeType]] = []

    def listener(*arguments: Any) -> None:
        seen.append(calling())

    event.listen(target, name, listener)
    try:
        work(session, user)
    finally:
        event.remove(target, name, listener)
    assert seen
    assert all(len(codes) == 1 and codes[0] in hooks.DISPATCH for codes in seen)


def test_execute_is_the_one_loop_over_do_orm_execute(session: Session) -> None:
    with executions(session, lambda _: [*map(attrgetter("f_code"), stack())]) as seen:
        session.scalars(select(User)).all()
        session.get(User, 2)
        session.query(User).all()
    assert len(seen) == 3
    assert all(hooks.EXECUTE is codes[2] for codes in seen)


def test_run_id_is_that_of_the_first_load(session: Session) -> None:
    new = User(id=7)
    assert hooks.run_id(inspect(new)) is None
    session.add(new)
    session.flush()
    assert hooks.run_id(inspect(new)) is None
    user = session.scalars(select(User).where(User.id == 1)).one()
    first = hooks.run_id(inspect(user))
    assert isinstance(first, int)
    session.scalars(select(User)).all()
    assert hooks.run_id(inspect(user)) == first
    session.refresh(user)
    assert (hooks.run_id(inspect(user)) or 0) > first


def test_result_id_is_that_of_the_result_that_refreshes(session: Session) -> None:
    user = session.scalars(select(User).where(User.id == 1)).one()
    seen: list[int] = []

    def listener(state: Any, context: Any, names: Any) -> None:
        seen.append(hooks.result_id(context) or 0)

    event.listen(Mapper, "refresh", listener, raw=True)
    try:
        before = hooks.next_run_id()
        session.scalars(select(User).execution_options(populate_existing=True)).all()
        after = hooks.next_run_id()
    finally:
        event.remove(Mapper, "refresh", listener)
    assert len(seen) == 1
    assert seen[0] is not None
    assert before < seen[0] < after
    assert hooks.run_id(inspect(user)) in {seen[0], *range(before)}
    assert hooks.result_id(object()) is None


def test_refreshed_state_is_the_object_whose_columns_are_loaded(session: Session) -> None:
    user = session.get_one(User, 1)
    with executions(session, hooks.refreshed_state) as seen:
        session.expire(user)
        _ = user.name
        _ = user.motto
        session.refresh(user)
        _ = user.organization
        session.scalars(select(User)).all()
    state = inspect(user)
    assert seen == [state, state, state, None, None]


def test_refreshed_names_are_those_that_a_refresh_names(session: Session) -> None:
    user = session.get_one(User, 1)
    with executions(session, hooks.refreshed_names) as seen:
        session.refresh(user, ["name"])
        session.refresh(user)
    assert seen[0] == {"name"}
    assert seen[1] is None


def test_is_user_refresh_tells_a_refresh_from_a_read(session: Session) -> None:
    user = session.get_one(User, 1)
    with executions(session, hooks.is_user_refresh) as seen:
        session.refresh(user)
        session.expire(user)
        _ = user.name
        _ = user.motto
    assert seen == [True, False, False]


def test_within_refresh_is_true_while_a_refresh_expires(session: Session) -> None:
    user = session.get_one(User, 1)
    seen: list[bool] = []

    def listener(state: Any, names: Any) -> None:
        seen.append(hooks.within_refresh())

    event.listen(Mapper, "expire", listener, raw=True)
    try:
        session.refresh(user)
        session.expire(user)
    finally:
        event.remove(Mapper, "expire", listener)
    assert seen == [True, False]


def test_state_of_is_what_inspect_gives() -> None:
    user = User(id=1)
    assert hooks.state_of(user) is inspect(user)


def test_is_expired_after_a_commit_until_it_is_loaded(session: Session) -> None:
    user = session.get_one(User, 1)
    state = inspect(user)
    assert not hooks.is_expired(state)
    session.expire(user, ["name"])
    assert not hooks.is_expired(state)
    session.commit()
    assert hooks.is_expired(state)
    _ = user.name
    assert not hooks.is_expired(state)


def test_is_expired_not_where_the_key_is_held(session: Session) -> None:
    user = session.get_one(User, 1)
    session.expire(user)
    session.scalars(select(User).options(load_only(User.name))).all()
    state: Any = inspect(user)
    assert not hooks.is_expired(state)
    state.expired = True
    assert not hooks.is_expired(state)


def test_is_modified_while_a_change_is_not_flushed(session: Session) -> None:
    user = session.get_one(User, 1)
    state = inspect(user)
    assert not hooks.is_modified(state)
    user.name = "Zoe"
    assert hooks.is_modified(state)
    session.flush()
    assert not hooks.is_modified(state)


def test_expired_names_are_what_was_expired_not_what_was_never_loaded(session: Session) -> None:
    user = session.get_one(User, 1)
    state = inspect(user)
    assert hooks.expired_names(state) == frozenset()
    session.expire(user, ["name"])
    assert hooks.expired_names(state) == {"name"}
    session.commit()
    assert hooks.expired_names(state) == set(inspect(User).attrs.keys())


def test_load_path_and_its_steps(session: Session) -> None:
    statement = select(Organization).options(selectinload(Organization.users))
    organization = session.scalars(statement).first()
    assert organization is not None
    user, organizations = organization.users[0], inspect(Organization)
    step = hooks.PathStep("users", organizations, inspect(User))
    assert hooks.load_path(inspect(organization)) == (organizations, False, ())
    assert hooks.load_path(inspect(user)) == (organizations, False, (step,))
    assert hooks.load_path(inspect(User(id=7))) is None


def test_path_step_names_both_mappers(session: Session) -> None:
    user = session.scalars(select(User).options(joinedload(User.organization))).first()
    assert user is not None
    found = hooks.load_path(inspect(user.organization))
    assert found is not None
    assert [(step.key, step.source.class_, step.target.class_) for step in found[2]] == [
        ("organization", User, Organization)
    ]


def test_load_path_says_whether_the_root_is_an_alias(session: Session) -> None:
    user = session.scalars(select(aliased(User))).first()
    assert hooks.load_path(inspect(user)) == (inspect(User), True, ())


STREAM: Final = (
    select(Organization)
    .options(selectinload(Organization.users))
    .execution_options(yield_per=1, populate_existing=True, autoflush=False)
)


def test_ours_are_the_files_of_loadwise() -> None:
    assert hooks.__file__.startswith(hooks.OURS)
    assert loadwise.__file__.startswith(hooks.OURS)
    assert not __file__.startswith(hooks.OURS)


def test_load_options_are_those_of_a_load_for_an_object(session: Session) -> None:
    user = session.get_one(User, 1)
    session.expire(user)
    with executions(session, lambda one: hooks.LOAD_OPTIONS in one.execution_options) as seen:
        user.name, user.organization  # noqa: B018
        session.scalars(select(User)).all()
    assert seen == [True, True, False]


def test_leaks_options_where_no_execution_has_what_the_fix_brought(session: Session) -> None:
    def look(execution: ORMExecuteState) -> bool:
        return hasattr(execution, "_update_execution_options")

    with executions(session, look) as fixed:
        session.scalars(select(User)).all()
    assert [not one for one in fixed] == [hooks.LEAKS_OPTIONS]


def test_take_back_leaked_options_where_sqlalchemy_does_not(session: Session) -> None:
    def look(execution: ORMExecuteState) -> bool:
        return hasattr(execution, "_update_execution_options")

    with executions(session, look) as fixed:
        error = failure_of(lambda: session.scalars(STREAM).all())
    assert (error is None) is fixed[0]
    with executions(session, hooks.take_back_leaked_options):
        assert len(session.scalars(STREAM).all()) == 2


def test_leaked_options_reach_the_load_behind(session: Session) -> None:
    def look(execution: ORMExecuteState) -> tuple[bool, bool]:
        before = hooks.LEAKED & {*execution.local_execution_options}
        hooks.take_back_leaked_options(execution)
        after = hooks.LEAKED & {*execution.local_execution_options}
        return before >= {"yield_per", "populate_existing", "autoflush"}, after == before

    with executions(session, look) as seen:
        session.scalars(STREAM).all()
    top, *behind = seen
    assert top == (False, True)
    assert {*behind} in ({(True, False)}, {(True, True)})  # taken back, or no harm any more


def test_result_of_later_listeners_is_the_first_they_give(session: Session) -> None:
    calls: list[str] = []
    results: list[Any] = []

    def ours(execution: ORMExecuteState) -> Any:
        calls.append("ours")
        results.append(hooks.result_of_later_listeners(execution, ours))
        return results[-1]

    def listener(name: str, serves: bool) -> Callable[[ORMExecuteState], Any]:
        def listen(execution: ORMExecuteState) -> Any:
            calls.append(name)
            return execution.invoke_statement() if serves else None

        return listen

    others = [listener("before", False), ours, listener("passes", False), listener("serves", True)]
    for one in (*others, listener("never", True)):
        event.listen(session, "do_orm_execute", one)
    assert len(session.scalars(select(User)).all()) == 3
    assert calls == ["before", "ours", "passes", "serves", "never"]
    assert results[0] is not None


def test_result_of_later_listeners_is_none_where_none_serves(session: Session) -> None:
    def look(execution: ORMExecuteState) -> Any:
        return hooks.result_of_later_listeners(execution, print)

    with executions(session, look) as seen:
        session.scalars(select(User)).all()
    assert seen == [None]


def choices(session: Session, *options: Any) -> list[tuple[str, str]]:
    """What the options of a statement say, as path and strategy."""
    session.expunge_all()
    user = session.scalars(select(User).options(*options)).first()
    return [
        (".".join(choice.names), choice.strategy) for choice in hooks.option_choices(inspect(user))
    ]


def test_option_choices_of_relationships(session: Session) -> None:
    assert choices(session) == []
    assert choices(session, lazyload(User.organization)) == [("organization", "select")]
    assert choices(session, raiseload(User.organization)) == [("organization", "raise")]
    assert choices(session, joinedload(User.organization)) == [("organization", "joined")]
    assert choices(session, joinedload(User.organization).selectinload(Organization.users)) == [
        ("organization", "joined"),
        ("organization.users", "selectin"),
    ]


def test_option_choice_is_names_and_strategy(session: Session) -> None:
    user = session.scalars(select(User).options(defer(User.name))).first()
    [choice] = hooks.option_choices(inspect(user))
    assert choice == hooks.OptionChoice(names=("name",), strategy="defer")


def test_option_choices_of_columns(session: Session) -> None:
    assert choices(session, defer(User.name)) == [("name", "defer")]
    assert choices(session, undefer(User.motto)) == [("motto", "undefer")]
    assert sorted(choices(session, load_only(User.name))) == [("*", "defer"), ("name", "undefer")]


def test_option_choice_of_a_wildcard(session: Session) -> None:
    assert choices(session, Load(User).lazyload("*")) == [("*", "select")]
    assert choices(session, Load(User).defer("*")) == [("*", "defer")]
    assert choices(session, joinedload(User.organization).raiseload("*")) == [
        ("organization", "joined"),
        ("organization.*", "raise"),
    ]
    assert choices(session, lazyload("*")) == []


def test_choices_of_options_that_no_statement_has_had() -> None:
    options = [joinedload(User.organization), undefer(User.motto)]
    found = [(choice.names, choice.strategy) for choice in hooks.choices_of(options)]
    assert found == [(("organization",), "joined"), (("motto",), "undefer")]


def test_contained_are_the_paths_of_contains_eager() -> None:
    users = contains_eager(Organization.users)
    query = select(Organization).join(Organization.users)
    options = users.contains_eager(User.organization), joinedload(Organization.users)
    assert hooks.contained(query) == ()
    assert hooks.contained(query.options(options[1])) == ()
    found = hooks.contained(query.options(options[0]))
    assert found == (("users",), ("users", "organization"))
    aliased_users = contains_eager(Organization.users.of_type(aliased(User)))
    assert hooks.contained(query.options(aliased_users)) == (("users",),)
    assert hooks.contained(sqlalchemy.text("SELECT 1")) == ()


def test_option_choices_pass_over_options_of_others(session: Session) -> None:
    class Other(UserDefinedOption):
        propagate_to_loaders = True
        context = strategy = "not what a loader option has here"

    user = session.scalars(select(User).options(Other())).first()
    assert len(inspect(user).load_options) == 1
    assert list(hooks.option_choices(inspect(user))) == []


@pytest.mark.asyncio
async def test_original_error_has_the_words_of_this_version() -> None:
    ours = hooks.original_error()
    assert type(ours) is MissingGreenlet
    assert ours.__traceback__ is None
    assert ours.__context__ is None
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 1)
        theirs = failure_of(lambda: user.organization)
    if isinstance(theirs, StatementError):  # from 2.1 on, aiosqlite's is wrapped
        assert theirs.orig is not None
        theirs = theirs.orig
    assert type(theirs) is MissingGreenlet
    assert str(ours) == str(theirs)


@pytest.mark.asyncio
async def test_original_error_is_not_asked_for_where_io_is_legal() -> None:
    with pytest.raises(AssertionError, match="where IO is legal"):
        await greenlet_spawn(hooks.original_error)


def test_live_sessions_are_those_that_are_alive(session: Session) -> None:
    other = Session()
    gone = weakref.ref(other)
    assert {id(session), id(other)} <= {id(one) for one in hooks.live_sessions()}
    del other
    gc.collect()
    assert gone() is None
    assert id(session) in {id(one) for one in hooks.live_sessions()}


@pytest.mark.asyncio
async def test_io_outside_greenlet_is_legal_in_no_usual_engine() -> None:
    async with async_engine() as engine:
        assert not hooks.io_outside_greenlet_is_legal(engine.sync_engine)
    with sync_engine() as other:
        assert not hooks.io_outside_greenlet_is_legal(other)


@pytest.mark.skipif(sqlalchemy.__version__ >= "2.1", reason="async_fallback is gone in 2.1")
@pytest.mark.parametrize("asked", [True, False, "true", "0"])
def test_io_outside_greenlet_is_legal_with_the_fallback(asked: Any) -> None:
    legal = asked in {True, "true"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SADeprecationWarning)
        argued = create_engine("sqlite+aiosqlite://", connect_args={"async_fallback": asked})
        queried = create_engine(f"postgresql+asyncpg://localhost/no?async_fallback={asked}")
    assert hooks.io_outside_greenlet_is_legal(argued) is legal
    assert hooks.io_outside_greenlet_is_legal(queried) is legal


def test_snapshot_of_locals_is_kept_by_the_frame() -> None:
    class Thing:
        pass

    def function() -> bool:
        thing = Thing()
        gone = weakref.ref(thing)
        _ = sys._getframe().f_locals
        del thing
        return gone() is not None

    assert function() is hooks.snapshot_of_locals_is_kept()


def mapped() -> tuple[type[Any], type[Any]]:
    """A mapped class of a base of its own, and its subclass, neither configured."""

    class Own(DeclarativeBase):
        pass

    class Part(Own):
        __tablename__ = "part"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    class Special(Part):
        extra: Mapped[str | None] = mapped_column()

    return Part, Special


def test_a_class_that_could_not_be_mapped() -> None:
    """SQLAlchemy refuses to list the mappers beside it while it lives; a watch does not mind it."""

    class Own(DeclarativeBase):
        pass

    class Part(Own):
        __tablename__ = "part"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(ArgumentError) as kept:

        class Broken(Own):
            __tablename__ = "broken"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[Nowhere]  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(UnmappedClassError):
        list(Own.registry.mappers)
    assert "Nowhere" in str(kept.value)
    assert Part in hooks.mapped_classes()
    assert "Broken" not in [mapped.__name__ for mapped in hooks.mapped_classes()]


def test_mapped_classes_are_those_of_every_registry() -> None:
    part, special = mapped()
    assert {part, special, User} <= set(hooks.mapped_classes())


def test_instrumented_names_the_attributes_and_configures_nothing() -> None:
    part, special = mapped()
    assert sorted(hooks.instrumented(part)) == ["id", "name"]
    assert sorted(hooks.instrumented(special)) == ["extra", "id", "name"]
    assert hooks.instrumented(int) == []
    assert not part.__mapper__.configured


def test_an_instrumented_attribute_has_these_names_of_its_own() -> None:
    """What stands in its place has them all (observe/reads.py)."""
    said = {"__module__", "__orig_bases__", "__parameters__", "__slots__", "inherit_cache"}
    of_python = {"__firstlineno__", "__static_attributes__"}
    made = {name for name in vars(InstrumentedAttribute) if name.startswith("_generated")}
    own = vars(InstrumentedAttribute).keys() - said - of_python - made
    # who has asked the class for its annotations, up to Python 3.13, has given it some
    assert own - {"__annotations__"} == {"__doc__", "__get__", "__set__", "__delete__"}
    assert InstrumentedAttribute.__bases__ == (QueryableAttribute,)


def test_set_class_changes_an_attribute_in_place() -> None:
    class Other(QueryableAttribute[Any]):
        __slots__ = ()
        inherit_cache = True

    part, _ = mapped()
    attribute = part.name
    hooks.set_class(attribute, Other)
    assert part.name is attribute
    assert type(attribute).__name__ == "Other"
    assert str(select(part.name)) == "SELECT part.name \nFROM part"
    hooks.set_class(attribute, InstrumentedAttribute)
    assert type(attribute).__name__ == "InstrumentedAttribute"


def leading(*codes: CodeType) -> Callable[[ORMExecuteState], CodeType | None]:
    """Which of some functions leads to a statement."""

    def look(_: ORMExecuteState) -> CodeType | None:
        frame = hooks.caller_within(*codes)
        return frame.f_code if frame is not None else None

    return look


CALLS: Final = (hooks.GET, hooks.DELETE, hooks.MERGE, hooks.IMMEDIATE, hooks.READ)


def test_get_is_the_frame_that_gets(session: Session) -> None:
    with executions(session, leading(*CALLS)) as seen:
        session.get(User, 1)
        session.get_one(User, 2)
        session.scalars(select(User).where(User.id == 100)).one()
    assert seen == [hooks.GET, hooks.GET, None]


def test_delete_is_the_frame_that_loads_what_it_cascades_to() -> None:
    class Local(DeclarativeBase): ...

    class Parent(Local):
        __tablename__ = "parents"
        id: Mapped[int] = mapped_column(primary_key=True)
        children = relationship("Child", cascade="all")

    class Child(Local):
        __tablename__ = "children"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))

    with sync_engine(Local.metadata) as engine, Session(engine) as session:
        session.add(Parent(id=1))
        session.commit()
        parent = session.get_one(Parent, 1)

        def look(_: ORMExecuteState) -> Any:
            frame = hooks.caller_within(hooks.DELETE)
            return frame.f_locals["instance"] if frame is not None else None

        with executions(session, look) as seen:
            session.delete(parent)
        assert seen == [parent]


def test_merge_is_the_frame_that_knows_what_is_merged(session: Session) -> None:
    given = User(id=1, name="Anna")

    def look(_: ORMExecuteState) -> Any:
        frame = hooks.caller_within(hooks.MERGE)
        return frame.f_locals["state"] if frame is not None else None

    with executions(session, look) as seen:
        session.merge(given)
    assert seen[0] is inspect(given)


def test_immediate_is_the_frame_that_loads_one_object_after_the_other(session: Session) -> None:
    query = select(User).options(immediateload(User.organization))
    with executions(session, leading(*CALLS)) as seen:
        session.scalars(query).all()
    assert seen == [None, hooks.IMMEDIATE, hooks.IMMEDIATE]


def test_caller_within_ends_where_others_call_sqlalchemy(session: Session) -> None:
    user = session.get_one(User, 1)
    with executions(session, leading(hooks.READ)) as seen:
        _ = user.organization
    assert seen == [hooks.READ]
    assert hooks.caller_within(*CALLS) is None


def test_is_for_an_object_what_loads_for_one_or_for_a_key(session: Session) -> None:
    with executions(session, hooks.is_for_an_object) as seen:
        user = session.scalars(select(User).where(User.id == 1)).one()
        _ = user.organization
        session.refresh(user)
        session.get(User, 2)
        session.execute(sqlalchemy.text("SELECT 1"))
    assert seen == [False, True, True, True, False]


def test_has_limit_of_a_select_that_says_so() -> None:
    assert hooks.has_limit(select(User).limit(2))
    assert not hooks.has_limit(select(User).order_by(User.id))
    assert not hooks.has_limit(sqlalchemy.text("SELECT 1"))


def test_state_if_mapped_of_mapped_objects_alone() -> None:
    user = User(id=1)
    assert hooks.state_if_mapped(user) is inspect(user)
    assert hooks.state_if_mapped([user]) is None
    assert hooks.state_if_mapped(None) is None


def test_path_of_is_one_for_all_that_came_the_same_way(session: Session) -> None:
    query = select(Organization).options(selectinload(Organization.users))
    organizations = session.scalars(query).all()
    users = [user for one in organizations for user in one.users]
    assert len({hooks.path_of(inspect(one)) for one in organizations}) == 1
    assert len({hooks.path_of(inspect(one)) for one in users}) == 1
    assert hooks.path_of(inspect(User())) is None or not hooks.load_path(inspect(User()))


def test_mapped_state_is_that_of_an_object_whose_class_has_a_mapper() -> None:
    class Local(DeclarativeBase): ...

    class Animal(Local):
        __tablename__ = "animals"
        id: Mapped[int] = mapped_column(primary_key=True)

    animal = Animal()
    assert hooks.mapped_state(animal) is inspect(animal)
    assert hooks.mapped_state(object()) is None

    class Plain: ...

    instrumentation.register_class(Plain)
    try:
        assert hooks.mapped_state(Plain()) is None
    finally:
        instrumentation.unregister_class(Plain)  # type: ignore[no-untyped-call]


def test_mapped_below_is_a_class_with_its_subclasses() -> None:
    class Local(DeclarativeBase): ...

    class Animal(Local):
        __tablename__ = "animals"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Cat(Animal): ...

    assert hooks.mapped_below(Animal) == [Animal, Cat]
    assert hooks.mapped_below(Cat) == [Cat]
    Local.registry.dispose()
    assert hooks.mapped_below(Animal) == [Animal]


def test_every_hook_has_a_probe() -> None:
    probes = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    named = {hook: hook.lower() if hook.isupper() else snake(hook) for hook in HOOKS}
    unprobed = [
        hook for hook, name in named.items() if not any(one.startswith(name) for one in probes)
    ]
    assert unprobed == []


def test_every_public_name_is_a_hook_or_an_import() -> None:
    tree = ast.parse(Path(hooks.__file__).read_text(encoding="utf-8"))
    imported = {
        (alias.asname or alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert sorted({*HOOKS, *imported} & set(PUBLIC)) == PUBLIC


def snake(name: str) -> str:
    """`PathStep` as `path_step`."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")


UNDOCUMENTED: Final = frozenset(
    {
        "callables",
        "committed_state",
        "expired",
        "expired_attributes",
        "insert_order",
        "key_to_state",
        "load_options",
        "load_path",
        "manager",
        "modified",
        "obj",
        "runid",
        "session_id",
        "strong_ref",
    }
)
"""Names without an underscore that SQLAlchemy's documentation does not have."""
OURS: Final = ("self", "cls", "facts", "origin", "use", "node", "hooks", "sys")
"""What an expression starts with whose attributes are not SQLAlchemy's."""


def private_names(path: Path) -> Iterator[str]:
    """The private names of SQLAlchemy that a module uses."""
    undocumented = UNDOCUMENTED if path.parent.name == "observe" else frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            words = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (f"{path.name}:{node.lineno} {word}" for word in words if hidden(word))
        if isinstance(node, ast.Attribute) and (hidden(node.attr) or node.attr in undocumented):
            text = ast.unparse(node)
            if text.split(".")[0] not in OURS:
                yield f"{path.name}:{node.lineno} {text}"
        if isinstance(node, ast.Constant) and node.value in {*undocumented, "_sa_instance_state"}:
            yield f"{path.name}:{node.lineno} {node.value!r}"


def hidden(name: str) -> bool:
    """Whether a name is private by its spelling."""
    return name.startswith("_") and not name.startswith("__")


def test_the_scan_sees_private_names() -> None:
    assert list(private_names(Path(hooks.__file__))) != []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.relative_to(SOURCE).as_posix())
        for path in sorted(SOURCE.rglob("*.py"))
        if path != Path(hooks.__file__)
    ],
)
def test_no_other_module_uses_a_private_name(path: Path) -> None:
    assert list(private_names(path)) == []
