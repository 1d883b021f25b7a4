"""The mode "full": what is told, when, and what is not; beside the programs of tests/scenarios."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import ForeignKey, Integer, String, column, func, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    attributes,
    instrumentation,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.orm.exc import DetachedInstanceError

import loadwise
from loadwise import LazyReadError, Watch
from loadwise.core.finding import Finding
from loadwise.observe.faults import faults
from loadwise.observe.reads import ArmedAttribute, ObservedAttribute
from tests.observe.models import Organization, User, async_engine, sync_engine

asynchronous: Final = pytest.mark.asyncio


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    """A watch in the mode "full"; these tests, which look into `__dict__`, are not its project."""
    with loadwise.watch(mode="full", root=tmp_path) as watch:
        yield watch


def rules(findings: tuple[Finding, ...]) -> list[str]:
    """The rules of findings, sorted."""
    return sorted(finding.rule for finding in findings)


def of_kind(attribute: Any, kind: type) -> bool:
    """Whether an attribute is of a kind, whatever it says that it is."""
    return type(attribute) is kind


async def with_organization(session: AsyncSession, number: int) -> User:
    """A user with the organization; the place that the tests below judge."""
    options = [joinedload(User.organization)]
    return await session.get_one(User, number, options=options)


# --- what is loaded for nobody ------------------------------------------------------------------


@asynchronous
async def test_what_nobody_reads_is_told_when_the_run_is_over(watch: Watch) -> None:
    async with async_engine() as engine:
        for _ in range(3):
            async with AsyncSession(engine) as session:
                await with_organization(session, 1)
    assert not watch.findings
    (finding,) = watch.finish()
    assert finding.rule == "unused-eager-load"
    assert finding.attribute == "User.organization"
    assert (finding.evidence.executions, finding.evidence.objects) == (3, 3)
    assert list(watch.findings) == [finding]
    assert not watch.finish()


@asynchronous
async def test_one_of_several_callers_that_reads_it_is_enough(watch: Watch) -> None:
    async with async_engine() as engine:
        for number in (1, 2, 100):
            async with AsyncSession(engine) as session:
                user = await with_organization(session, number)
                if number == 100:
                    assert user.organization is not None
    assert watch.finish() == ()


@asynchronous
async def test_stop_finishes(tmp_path: Path) -> None:
    with loadwise.watch(mode="full", root=tmp_path) as watch:
        async with async_engine() as engine, AsyncSession(engine) as session:
            await with_organization(session, 1)
    assert rules(watch.findings) == ["unused-eager-load"]


@asynchronous
async def test_what_a_failed_test_did_not_read_does_not_count(watch: Watch) -> None:
    async with async_engine() as engine:
        async with AsyncSession(engine) as session:
            await with_organization(session, 1)
        watch.discard()
        assert watch.finish() == ()


@asynchronous
async def test_what_a_failed_test_did_read_does(watch: Watch) -> None:
    async with async_engine() as engine:
        async with AsyncSession(engine) as session:
            await with_organization(session, 1)
        watch.settle()
        async with AsyncSession(engine) as session:
            assert (await with_organization(session, 2)).organization is not None
        watch.discard()
    assert watch.finish() == ()


@asynchronous
async def test_what_follows_a_read_that_raises_is_not_run_and_does_not_count(
    watch: Watch,
) -> None:
    async with async_engine() as engine:
        async with AsyncSession(engine) as session:
            user = await with_organization(session, 1)
            with pytest.raises(LazyReadError):
                _ = user.motto, user.organization
        async with AsyncSession(engine) as session:
            user = await with_organization(session, 1)
        with pytest.raises(DetachedInstanceError):
            _ = user.motto, user.organization
    assert rules(watch.findings) == ["deferred-read", "detached-read"]
    assert watch.finish() == ()


@asynchronous
async def test_a_block_that_raises_says_nothing_of_what_was_not_read(tmp_path: Path) -> None:
    watch = loadwise.watch(mode="full", root=tmp_path)

    async def block() -> None:
        with watch:
            async with async_engine() as engine, AsyncSession(engine) as session:
                await with_organization(session, 1)
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await block()
    assert watch.findings == ()


def dump(user: User) -> dict[str, Any]:
    """What a serialiser in another language would see of it, without a read."""
    return {name: str(value) for name, value in user.__dict__.items()}


@asynchronous
@pytest.mark.parametrize("use", [pickle.dumps, copy.deepcopy], ids=["pickled", "copied"])
async def test_what_leaves_the_process_may_be_read_there(
    use: Callable[[Any], Any], watch: Watch
) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        use(await with_organization(session, 1))
    assert watch.finish() == ()


@asynchronous
async def test_a_project_that_hands_out_dicts_is_not_told_of_waste() -> None:
    """A26: a dump of a table's model never touches a descriptor; here, `dump` above does so."""
    with loadwise.watch(mode="full", root=Path(__file__).parent) as watch:
        async with async_engine() as engine, AsyncSession(engine) as session:
            assert "organization" in dump(await with_organization(session, 1))
    assert watch.findings == ()


@asynchronous
async def test_an_attribute_is_armed_until_it_is_read(watch: Watch) -> None:
    attribute = User.__dict__["organization"]
    assert of_kind(attribute, ObservedAttribute)
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await with_organization(session, 1)
        assert of_kind(attribute, ArmedAttribute)
        assert user.organization is not None
        assert of_kind(attribute, ObservedAttribute)
        await with_organization(session, 2)
        assert of_kind(attribute, ObservedAttribute)


@asynchronous
async def test_what_is_armed_is_vanilla_after_the_watch() -> None:
    vanilla = type(User.__dict__["organization"])
    with loadwise.watch(mode="full"):
        async with async_engine() as engine, AsyncSession(engine) as session:
            await with_organization(session, 1)
            assert type(User.__dict__["organization"]) is ArmedAttribute
    assert type(User.__dict__["organization"]) is vanilla


@asynchronous
async def test_two_watches_each_know_what_they_saw(tmp_path: Path) -> None:
    with loadwise.watch(mode="full", root=tmp_path) as outer:
        async with async_engine() as engine:
            async with AsyncSession(engine) as session:
                await with_organization(session, 1)
            with loadwise.watch(mode="full", root=tmp_path) as inner:
                async with AsyncSession(engine) as session:
                    await with_organization(session, 2)
            async with AsyncSession(engine) as session:
                assert (await with_organization(session, 100)).organization is not None
    assert rules(inner.findings) == ["unused-eager-load"]
    assert outer.findings == ()


@asynchronous
async def test_explain_sees_nothing_of_it() -> None:
    with loadwise.watch() as watch:
        async with async_engine() as engine, AsyncSession(engine) as session:
            for number in (1, 2, 100):
                await session.refresh(await with_organization(session, number))
            assert type(User.__dict__["organization"]) is ObservedAttribute
    assert watch.findings == ()
    assert watch.finish() == ()


# --- masked reads and repeats -------------------------------------------------------------------


@asynchronous
async def test_luck_is_told_once_for_each_place(watch: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        held = await session.get_one(Organization, 1)
        for _ in range(3):
            for user in (await session.scalars(select(User).where(User.id < 3))).all():
                assert user.organization is held
                session.expunge(user)
        assert rules(watch.findings) == ["masked-read"]
        watch.settle()
        assert rules(watch.findings) == ["masked-read"]


@asynchronous
async def test_repeats_are_told_when_a_stretch_is_over(watch: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        for user in await session.scalars(select(User)):
            await user.awaitable_attrs.motto
        assert not watch.findings
        watch.settle()
        assert rules(watch.findings) == ["awaitable-in-loop"]
        watch.settle()
        watch.finish()
    (finding,) = watch.findings
    assert finding.evidence.objects == 3


@asynchronous
async def test_reads_in_two_lines_are_no_loop(watch: Watch) -> None:
    async with async_engine() as engine, AsyncSession(engine) as session:
        one, two, _ = (await session.scalars(select(User).order_by(User.id))).all()
        await one.awaitable_attrs.motto
        await two.awaitable_attrs.motto
    assert watch.finish() == ()


# --- other sessions, tasks and threads ----------------------------------------------------------


@asynchronous
async def test_a_synchronous_session_in_the_same_process(watch: Watch) -> None:
    """A28: lazy loads are its way of working."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        await session.get_one(User, 1)
        with sync_engine() as other, Session(other) as sync:
            organization = sync.get_one(Organization, 1)
            for user in sync.scalars(select(User)).all():
                assert user.motto == ""
                assert user.organization is not None
            assert len(organization.users) == 2
            for number in (1, 2, 100):
                sync.refresh(sync.get_one(User, number))
    assert watch.finish() == ()


@asynchronous
async def test_sessions_of_tasks_are_told_apart(watch: Watch) -> None:
    """A22: each finding names its own task's statement, and one session is no other's loop."""

    async def first(session: AsyncSession) -> list[User]:
        return list((await session.scalars(select(User))).all())

    async def second(session: AsyncSession) -> list[User]:
        return list((await session.scalars(select(User))).all())

    async def job(find: Callable[[AsyncSession], Any]) -> None:
        async with AsyncSession(engine) as session:
            for user in await find(session):
                await asyncio.sleep(0)
                await user.awaitable_attrs.motto

    async with async_engine() as engine:
        await asyncio.gather(*(job(find) for _ in range(25) for find in (first, second)))
    watch.finish()
    loads = {one.load.function.rpartition(".")[2] for one in watch.findings if one.load}
    assert loads == {"first", "second"}
    assert {one.evidence.objects for one in watch.findings} == {3}


def test_threads_with_a_loop_each(watch: Watch) -> None:
    found: list[int] = []

    async def work() -> None:
        async with async_engine() as engine:
            for _ in range(10):
                async with AsyncSession(engine) as session:
                    users = (await session.scalars(select(User))).all()
                    for user in users:
                        await user.awaitable_attrs.organization
                    found.append(len(users))

    threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 40
    watch.finish()
    assert set(rules(watch.findings)) == {"awaitable-in-loop"}


@asynchronous
async def test_rows_of_a_stream_keep_its_line(watch: Watch) -> None:
    """A23: another statement runs on the same session while rows are streamed."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        query = select(User).order_by(User.id)
        async for user in await session.stream_scalars(query):
            await session.get_one(Organization, user.organization_id or 1)
            await user.awaitable_attrs.motto
    watch.finish()
    (finding,) = watch.findings
    assert finding.rule == "awaitable-in-loop"
    assert finding.load is not None
    assert "stream_scalars" in finding.load.code


# --- what is expired, new or changed ------------------------------------------------------------


@asynchronous
async def test_of_two_names_that_are_expired_a_third_one_is_silent(watch: Watch) -> None:
    """A16: and one of the two is told with the line of the expire."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 1)
        session.expire(user, ["name", "visits"])
        assert user.organization_id == 1
        with pytest.raises(LazyReadError) as caught:
            _ = user.name
        assert caught.value.cause.site is not None
        assert "session.expire" in caught.value.cause.site.code


@asynchronous
@pytest.mark.parametrize("synchronize", ["evaluate", "fetch"])
async def test_a_bulk_update_names_its_line(synchronize: Any, watch: Watch) -> None:
    """A17: where Python cannot compute the new value, it is expired."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 1)
        statement = update(User).where(User.id == 1).values(name=func.upper(User.name))
        options = {"synchronize_session": synchronize}
        await session.execute(statement, execution_options=options)
        with pytest.raises(LazyReadError) as caught:
            _ = user.name
        assert caught.value.cause.site is not None
        assert "session.execute" in caught.value.cause.site.code


@asynchronous
async def test_a_column_that_the_database_makes_fails_just_as_in_vanilla(watch: Watch) -> None:
    """A18: after the flush of another change."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 1)
        assert user.visits == 0
        user.name = "Anna"
        await session.flush()
        with pytest.raises(LazyReadError):
            _ = user.visits
        assert user.name == "Anna"


@asynchronous
async def test_the_children_of_a_new_parent_are_told_with_the_add(watch: Watch) -> None:
    """A19: and no masked read or wrong value beside it."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        organization = Organization(id=7)
        session.add(organization)
        await session.flush()
        with pytest.raises(LazyReadError) as caught:
            organization.users.append(User(id=8))
        assert caught.value.load is not None
        assert "session.add" in caught.value.load.code
        session.expunge_all()
    assert rules(watch.finish()) == []


@asynchronous
async def test_a_pending_object_survives_a_read_that_fails(watch: Watch) -> None:
    """A20: the commit afterwards succeeds."""
    async with async_engine() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 100)
        session.add(User(id=9, name="Nina"))
        with pytest.raises(LazyReadError):
            _ = user.organization
        assert len(session.new) == 1
        await session.commit()
        assert (await session.get_one(User, 9)).name == "Nina"


@asynchronous
async def test_rows_that_are_no_objects_are_passed_over(watch: Watch) -> None:
    users = table("users", column("id", Integer), column("name", String))
    async with async_engine() as engine, AsyncSession(engine) as session:
        assert len((await session.execute(select(users.c.id, users.c.name))).all()) == 3
        assert len((await session.execute(select(User.id, User.name).limit(2))).all()) == 2
        query = select(Organization).options(selectinload(Organization.users)).limit(1)
        assert len((await session.scalars(query)).one().users) == 2
    assert watch.finish() == ()


# --- classes that are not mapped, or no longer --------------------------------------------------


def test_a_class_that_is_instrumented_and_not_mapped_is_passed_over(watch: Watch) -> None:
    class Plain:
        pass

    instrumentation.register_class(Plain)
    register: Any = getattr(attributes, "_register_attribute", None)  # from 2.1 on
    register = register or attributes.register_attribute  # type: ignore[attr-defined]
    register(Plain, "name", uselist=False, useobject=False, comparator=Plain, parententity=None)
    try:
        assert Plain().name is None  # type: ignore[attr-defined]
        assert faults() == ()
    finally:
        instrumentation.unregister_class(Plain)  # type: ignore[no-untyped-call]


@asynchronous
async def test_classes_whose_registry_is_gone_are_let_go(watch: Watch) -> None:
    class Local(DeclarativeBase): ...

    class Owner(Local):
        __tablename__ = "owners"
        id: Mapped[int] = mapped_column(primary_key=True)
        pets: Mapped[list[Pet]] = relationship()

    class Pet(Local):
        __tablename__ = "pets"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))

    async with async_engine(Local.metadata) as engine, AsyncSession(engine) as session:
        session.add(Owner(id=1, pets=[Pet(id=1)]))
        await session.commit()
        session.expunge_all()
        await session.scalars(select(Owner).options(selectinload(Owner.pets)))
    Local.registry.dispose()
    watch.finish()
    assert faults() == ()
