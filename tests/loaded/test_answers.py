"""The answers of the page are what SQLAlchemy does: how deep, by what luck, with which joins."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from sqlalchemy import ForeignKey, event, func, insert, select
from sqlalchemy.exc import InvalidRequestError, PendingRollbackError, SAWarning
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    contains_eager,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
)

from loadwise.core.statement import Way
from loadwise.core.strategy import Strategy
from loadwise.report.loading.answers import JOINS, LUCK, answers
from loadwise.report.loading.family import DOWN, UP, downward, levels, upward
from loadwise.report.loading.kinds import EAGER
from tests.loaded.live import IO, database, word
from tests.truth.cells import VERSIONS, depth_cells, two_hop_cells

pytestmark = pytest.mark.deep


def models(
    lazy: str = "select", *, null: bool = True, inner: bool = False, many: str = "select"
) -> Any:
    """`User.organization` and `Organization.users`, mapped anew."""

    class Base(DeclarativeBase):
        pass

    class Organization(Base):
        __tablename__ = "organizations"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(default="-")
        users = relationship(
            "User",
            lazy=many,  # type: ignore[arg-type] # it is what is tried
            back_populates="organization",
        )

    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(default="-")
        organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), nullable=null)
        organization: Mapped[Any] = relationship(
            Organization,
            lazy=lazy,  # type: ignore[arg-type] # it is what is tried
            innerjoin=inner,
            back_populates="users",
        )

    return Base, User, Organization


class Stage:
    """Users 1 and 2 of organization 1, user 3 without any, user 100 of organization 2."""

    def __init__(self, lazy: str = "select", **words: Any) -> None:
        self.base, self.user, self.organization = models(lazy, **words)
        self.null = words.get("null", True)

    async def run(self, act: Callable[[AsyncSession], Awaitable[Any]], **words: Any) -> Any:
        """What comes of acting in a session with these words."""
        async with database(self.base.metadata) as engine:
            async with engine.begin() as connection:
                await connection.execute(insert(self.organization), [{"id": 1}, {"id": 2}])
                rows = [(1, 1), (2, 1), (100, 2), *([(3, None)] if self.null else [])]
                await connection.execute(
                    insert(self.user), [{"id": one, "organization_id": of} for one, of in rows]
                )
            async with AsyncSession(engine, **words) as session:
                return await act(session)


PLAIN: Final = Stage()
User: Final[Any] = PLAIN.user
Organization: Final[Any] = PLAIN.organization


def given(user: Any, name: str = "organization") -> str:
    """The word for a read."""
    return word(lambda: getattr(user, name))[0]


# --- parents, children, grandchildren


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("lazy", [Strategy.SELECT, *EAGER])
def test_the_levels_that_are_loaded_are_those_that_were_measured(
    version: str, lazy: Strategy
) -> None:
    cells = [cell for cell in two_hop_cells(version) if cell.strategies == (lazy, lazy)]
    for hops, one, more in (
        (("o2m", "o2m"), levels(downward(lazy, Way.GET), DOWN), levels(downward(lazy), DOWN)),
        (("m2o", "m2o"), levels(upward(lazy, Way.GET), UP), levels(upward(lazy), UP)),
    ):
        found = {
            (cell.n, depth)
            for cell in cells
            if (cell.hops, cell.mode) == (hops, "lazy")
            for depth in cell.depths
        }
        numbers = {n for n, _ in found}
        assert found == {(n, one if n == 1 else more) for n in numbers}
        assert lazy is Strategy.SELECT or len(numbers) > 1


@pytest.mark.parametrize("version", VERSIONS)
def test_immediate_loading_on_both_sides_walks_through_all_that_is_connected(version: str) -> None:
    label = "bidi m2m lazy=immediate: load 1 of 500 students (50 courses)"
    [found] = [cell for cell in depth_cells(version) if cell.label == label]
    assert (found.statements, found.objects) == (551, 550)
    assert "took 551 statements, and brought all 550 objects" in answers()


# --- luck


async def _held(session: AsyncSession) -> str:
    ann = await session.get(User, 1, options=[joinedload(User.organization)])
    bob = await session.get(User, 2)
    assert ann is not None
    return given(bob)


async def _held_expired(session: AsyncSession) -> str:
    organization = await session.get(Organization, 1)
    await session.commit()
    bob = (await session.scalars(select(User).where(User.id == 2))).one()
    assert organization is not None
    return given(bob)


async def _dropped(session: AsyncSession) -> str:
    await session.execute(select(Organization))
    gc.collect()
    return given(await session.get(User, 2))


async def _absent(session: AsyncSession) -> str:
    ann = await session.get(User, 1, options=[joinedload(User.organization)])
    assert ann is not None
    return given(await session.get(User, 100))


async def _null(session: AsyncSession) -> str:
    return given(await session.get(User, 3))


async def _held_without_key(session: AsyncSession) -> str:
    organization = await session.get(Organization, 1)
    assert organization is not None
    return given(await session.get(User, 2, options=[load_only(User.name)]))


async def _null_without_key(session: AsyncSession) -> str:
    return given(await session.get(User, 3, options=[load_only(User.name)]))


LUCKY: Final = (
    _held,
    _held_expired,
    _dropped,
    _absent,
    _null,
    _held_without_key,
    _null_without_key,
)
"""How each row of the page is done for real, in its order."""


@pytest.mark.asyncio
@pytest.mark.parametrize(("place", "act"), [*enumerate(LUCKY)], ids=[luck.text for luck in LUCK])
async def test_what_luck_gives(place: int, act: Callable[[AsyncSession], Awaitable[str]]) -> None:
    assert await PLAIN.run(act) == LUCK[place].word()


# --- joins


async def _counted(stage: Stage, act: Callable[[AsyncSession], Awaitable[Any]]) -> tuple[int, int]:
    """The LEFT OUTER JOINs, and the other joins, of what an act asks for last."""

    async def run(session: AsyncSession) -> str:
        statements: list[str] = []
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *all: statements.append(all[2]))
        await act(session)
        return statements[-1]

    statement = await stage.run(run)
    outer = statement.count("LEFT OUTER JOIN")
    return outer, statement.count("JOIN") - outer


@pytest.mark.asyncio
async def test_the_joins_of_lazy_joined() -> None:
    joined = Stage("joined")
    user = joined.user
    strict = Stage("joined", null=False)
    inner = Stage("joined", null=False, inner=True)

    async def refresh(session: AsyncSession) -> None:
        await session.refresh(await session.get(user, 1))

    acts: dict[str, tuple[Stage, Callable[[AsyncSession], Awaitable[Any]]]] = {
        "select(User)": (joined, lambda session: session.scalars(select(user))),
        "select(User), foreign key NOT NULL": (
            strict,
            lambda session: session.scalars(select(strict.user)),
        ),
        "select(User), innerjoin=True": (
            inner,
            lambda session: session.scalars(select(inner.user)),
        ),
        "select(User).join(User.organization)": (
            joined,
            lambda session: session.scalars(select(user).join(user.organization)),
        ),
        "select(User).options(lazyload(User.organization))": (
            joined,
            lambda session: session.scalars(select(user).options(lazyload(user.organization))),
        ),
        "get(User, 1)": (joined, lambda session: session.get(user, 1)),
        "refresh(user)": (joined, refresh),
        "select(User.id)": (joined, lambda session: session.scalars(select(user.id))),
        "select(func.count()).select_from(User)": (
            joined,
            lambda session: session.scalars(select(func.count()).select_from(user)),
        ),
    }
    found = [(code, *(await _counted(*acts[code]))) for code, _, _ in JOINS]
    assert found == list(JOINS)


@pytest.mark.asyncio
async def test_an_inner_join_drops_the_users_without_an_organization() -> None:
    async def act(session: AsyncSession) -> list[int]:
        statement = select(User).options(joinedload(User.organization, innerjoin=True))
        return sorted(user.id for user in await session.scalars(statement))

    assert await PLAIN.run(act) == [1, 2, 100]


# --- what is often said


@pytest.mark.asyncio
async def test_the_options_of_a_get_are_ignored_for_what_the_session_has() -> None:
    async def act(session: AsyncSession) -> str:
        user = await session.get(User, 1)
        assert await session.get(User, 1, options=[selectinload(User.organization)]) is user
        return given(user)

    assert await PLAIN.run(act) == IO


@pytest.mark.asyncio
async def test_a_read_that_fails_loses_changes_unless_autoflush_is_off() -> None:
    async def act(session: AsyncSession) -> tuple[bool, bool]:
        user = await session.get(User, 1)
        new = User(id=7, organization_id=1)
        session.add(new)
        assert given(user) == IO
        try:
            await session.scalars(select(User.id))
        except PendingRollbackError:
            return True, new in session
        return False, new in session

    assert await PLAIN.run(act) == (True, False)
    assert await PLAIN.run(act, autoflush=False) == (False, True)


@pytest.mark.asyncio
async def test_contains_eager_without_the_join_gives_unrelated_objects() -> None:
    async def act(session: AsyncSession) -> set[tuple[int, int]]:
        statement = select(User).options(contains_eager(User.organization))
        with pytest.warns(SAWarning):  # of the cartesian product, and of more than one target
            users = (await session.scalars(statement)).unique().all()
        return {(user.organization_id, user.organization.id) for user in users}

    assert any(key != found for key, found in await PLAIN.run(act))


async def _moved(session: AsyncSession, option: Any, **execution: Any) -> tuple[int, int]:
    """User 1 and its organization are loaded; the row moves to organization 2, and is met again."""
    user = await session.get_one(User, 1, options=[joinedload(User.organization)])
    table = User.__table__
    await session.execute(table.update().where(table.c.id == 1).values(organization_id=2))
    statement = select(User).where(User.id == 1).options(option)
    await session.scalars(statement.execution_options(**execution))
    return user.organization_id, user.organization.id


@pytest.mark.asyncio
async def test_a_second_select_leaves_what_is_there() -> None:
    async def act(session: AsyncSession) -> tuple[int, int]:
        return await _moved(session, selectinload(User.organization))

    async def over(session: AsyncSession) -> tuple[int, int]:
        return await _moved(session, selectinload(User.organization), populate_existing=True)

    async def immediately(session: AsyncSession) -> tuple[int, int]:
        return await _moved(session, immediateload(User.organization), populate_existing=True)

    assert await PLAIN.run(act) == (1, 1)
    assert await PLAIN.run(over) == (2, 2)
    assert await PLAIN.run(immediately) == (2, 1)


@pytest.mark.asyncio
async def test_what_needs_sql_beside_a_read() -> None:
    def needing(organization: Any, user: Any) -> dict[str, Callable[[], Any]]:
        return {
            "append": lambda: organization.users.append(User(id=7)),
            "remove": lambda: organization.users.remove(user),
            "len": lambda: len(organization.users),
            "assign a collection": lambda: setattr(organization, "users", []),
            "hasattr": lambda: hasattr(user, "organization"),
        }

    def others(organization: Any, user: Any) -> dict[str, Callable[[], Any]]:
        return {
            "assign a many-to-one": lambda: setattr(user, "organization", organization),
            "vars": lambda: vars(user),
        }

    async def act(session: AsyncSession) -> dict[str, str]:
        found = {}
        for build in (needing, others):
            for name in build(None, None):
                organization = await session.get(Organization, 2)
                user = await session.get(User, 1)
                found[name] = word(build(organization, user)[name])[0]
                session.expunge_all()
        return found

    found = await PLAIN.run(act, autoflush=False)
    assert {name for name, given in found.items() if given == IO} == set(needing(None, None))
    assert {name for name, given in found.items() if given != IO} == set(others(None, None))


@pytest.mark.asyncio
async def test_an_option_takes_the_guard_of_raise_away_for_what_it_loads() -> None:
    raising = Stage("raise")

    async def act(session: AsyncSession) -> tuple[str, str, str, str]:
        first = await session.get(raising.user, 1)
        lazily = [lazyload(raising.user.organization)]
        second = await session.get(raising.user, 2, options=lazily)
        third = await session.get(raising.user, 100)
        await session.refresh(third, ["organization"])
        return given(first), given(second), given(third), given(raising.user(organization_id=1))

    assert await raising.run(act) == ("raises", IO, "value", "None")


@pytest.mark.asyncio
async def test_a_joined_collection_needs_unique() -> None:
    async def act(session: AsyncSession) -> int:
        statement = select(Organization).options(joinedload(Organization.users))
        with pytest.raises(InvalidRequestError, match=r"unique\(\)"):
            (await session.scalars(statement)).all()
        return len((await session.scalars(statement)).unique().all())

    assert await PLAIN.run(act) == 2


@pytest.mark.asyncio
async def test_a_write_only_collection_is_selected_from_and_takes_no_eager_option() -> None:
    stage = Stage(many="write_only")
    organization = stage.organization

    async def act(session: AsyncSession) -> list[int]:
        with pytest.raises(InvalidRequestError):
            await session.get(organization, 1, options=[selectinload(organization.users)])
        found = await session.get_one(organization, 1)
        return [one.id for one in await session.scalars(found.users.select())]

    assert await stage.run(act) == [1, 2]


def test_each_answer_is_there() -> None:
    text = answers()
    assert text.count("\n## ") == 5
    assert text.startswith("## ")
