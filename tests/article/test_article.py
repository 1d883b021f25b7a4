"""The article's `test_missing_greenlet`, written anew, and each of its cures.

Users 1 and 2 share organization 1; user 100 has organization 2. Every test runs with
`loadwise.watch()` off and on (the fixture `watched`): reading what is loaded never changes.
"""

import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal, NamedTuple

import pytest
import sqlalchemy
from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.exc import InvalidRequestError, MissingGreenlet, StatementError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

import loadwise
from loadwise import LazyReadError
from loadwise.core.cause import CauseKind

pytestmark = pytest.mark.asyncio

# facts/truth.md C1: from 2.1 on, aiosqlite's cursor is opened while the statement is prepared.
BARE_ERROR = StatementError if sqlalchemy.__version__ >= "2.1" else MissingGreenlet


class Models(NamedTuple):
    """The article's two classes; `user` maps `User`, `organization` maps `Organization`."""

    user: Any
    organization: Any


def article_models(lazy: Literal["select", "joined", "immediate", "raise"] = "select") -> Models:
    """The article's models, with this `lazy=` on `User.organization`."""

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        email: Mapped[str]
        organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
        organization: Mapped["Organization"] = relationship("Organization", lazy=lazy)

    class Organization(Base):
        __tablename__ = "organizations"

        id: Mapped[int] = mapped_column(primary_key=True)

    return Models(User, Organization)


def article_rows(models: Models) -> list[Any]:
    """Users 1, 2 and 100 with organizations 1 and 2, not yet in a session."""
    return [
        models.user(id=1, name="11", email="a@example.com", organization_id=1),
        models.user(id=2, name="22", email="b@example.com", organization_id=1),
        models.user(id=100, name="100", email="100@example.com", organization_id=2),
        models.organization(id=1),
        models.organization(id=2),
    ]


@asynccontextmanager
async def empty_database(models: Models) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions on a fresh SQLite in memory that has the tables of these models."""
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(models.user.metadata.create_all)
    yield async_sessionmaker(engine)
    await engine.dispose()


@asynccontextmanager
async def fresh_session(models: Models) -> AsyncIterator[AsyncSession]:
    """A session that holds nothing; another one, closed by now, has stored the rows."""
    async with empty_database(models) as sessions:
        async with sessions() as session:
            session.add_all(article_rows(models))
            await session.commit()
        async with sessions() as session:
            yield session


async def first_user(session: AsyncSession, query: Select[Any]) -> Any:
    """The query's first object, fetched as the article does it."""
    return (await session.execute(query)).scalars().first()


@contextmanager
def raises_missing_greenlet(watched: bool, instance: str) -> Iterator[None]:
    """The block fails with MissingGreenlet; bare SQLAlchemy 2.1 wraps it on aiosqlite.

    Under loadwise the error says which attribute of which object is missing.
    """
    expected = MissingGreenlet if watched else BARE_ERROR
    with pytest.raises(expected) as caught:
        yield
    if isinstance(caught.value, StatementError):
        assert isinstance(caught.value.orig, MissingGreenlet)
    if watched:
        assert isinstance(caught.value, LazyReadError)
        assert caught.value.attribute == "User.organization"
        assert caught.value.instance == instance
        assert caught.value.cause.kind is CauseKind.NEVER_LOADED
    del caught
    with warnings.catch_warnings():  # bare SQLAlchemy leaves a coroutine that nobody awaits
        warnings.simplefilter("ignore", RuntimeWarning)
        gc.collect()


async def test_missing_greenlet(watched: bool) -> None:
    """As in the article: one session stores the rows, commits, and reads them again."""
    models = article_models()
    user = models.user
    async with empty_database(models) as sessions, sessions() as session:
        rows = article_rows(models)  # held: the expired organizations stay in the session
        session.add_all(rows)
        await session.commit()

        user_1 = await first_user(
            session, select(user).options(joinedload(user.organization)).where(user.id == 1)
        )
        assert user_1.organization.id == 1

        user_2 = await first_user(session, select(user).where(user.id == 2))
        assert user_2.organization is user_1.organization

        query = select(user).where(user.id == 100)
        user_100 = await first_user(session, query)
        with raises_missing_greenlet(watched, "User 100"):
            _ = user_100.organization

        user_100 = await first_user(session, query.options(joinedload(user.organization)))
        assert user_100.organization.id == 2


async def test_user_2_works_by_luck() -> None:
    """In the mode "full" the same test says so, and who holds what makes it work."""
    models = article_models()
    user = models.user
    with loadwise.watch(mode="full") as watch:
        async with empty_database(models) as sessions, sessions() as session:
            rows = article_rows(models)  # held, as above
            session.add_all(rows)
            await session.commit()
            query = select(user).options(joinedload(user.organization)).where(user.id == 1)
            user_1 = await first_user(session, query)
            assert user_1.organization.id == 1
            user_2 = await first_user(session, select(user).where(user.id == 2))
            assert user_2.organization is user_1.organization
    (finding,) = watch.findings
    assert finding.rule == "masked-read"
    assert (finding.attribute, finding.instance) == ("User.organization", "User 2")
    text = "it works only because Organization 1 is in the session, loaded at "
    assert finding.cause.text.startswith(text)
    assert finding.read is not None
    assert "user_2.organization is user_1.organization" in finding.read.code
    assert finding.load is not None


async def test_missing_greenlet_in_a_fresh_session(watched: bool) -> None:
    """The same where organization 2 is not in the session at all."""
    models = article_models()
    user = models.user
    async with fresh_session(models) as session:
        user_1 = await first_user(
            session, select(user).options(joinedload(user.organization)).where(user.id == 1)
        )
        user_2 = await first_user(session, select(user).where(user.id == 2))
        assert user_2.organization is user_1.organization

        user_100 = await first_user(session, select(user).where(user.id == 100))
        with raises_missing_greenlet(watched, "User 100"):
            _ = user_100.organization


async def test_user_2_fails_without_user_1(watched: bool) -> None:
    """User 2 was lucky: alone in the session, her organization is missing too."""
    models = article_models()
    async with fresh_session(models) as session:
        user_2 = await first_user(session, select(models.user).where(models.user.id == 2))
        with raises_missing_greenlet(watched, "User 2"):
            _ = user_2.organization


@pytest.mark.usefixtures("watched")
async def test_cure_joinedload_at_the_query() -> None:
    """`options(joinedload(...))` loads the organization with the user."""
    models = article_models()
    user = models.user
    async with fresh_session(models) as session:
        user_100 = await first_user(
            session, select(user).options(joinedload(user.organization)).where(user.id == 100)
        )
        assert user_100.organization.id == 2


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("lazy", ["joined", "immediate"])
async def test_cure_lazy_on_the_relationship(lazy: Literal["joined", "immediate"]) -> None:
    """`lazy="joined"` and `lazy="immediate"` load it with every user."""
    models = article_models(lazy)
    async with fresh_session(models) as session:
        user_100 = await first_user(session, select(models.user).where(models.user.id == 100))
        assert user_100.organization.id == 2


@pytest.mark.usefixtures("watched")
async def test_lazy_raise_forbids_the_read() -> None:
    """`lazy="raise"` gives the article's InvalidRequestError, which is no MissingGreenlet."""
    models = article_models("raise")
    message = "'User.organization' is not available due to lazy='raise'"
    async with fresh_session(models) as session:
        user_100 = await first_user(session, select(models.user).where(models.user.id == 100))
        with pytest.raises(InvalidRequestError, match=message) as caught:
            _ = user_100.organization
        assert not isinstance(caught.value, MissingGreenlet)


@pytest.mark.usefixtures("watched")
async def test_lazy_raise_is_cured_by_joinedload() -> None:
    """An option at the query goes before `lazy="raise"`: planned loads are allowed."""
    models = article_models("raise")
    user = models.user
    async with fresh_session(models) as session:
        user_100 = await first_user(
            session, select(user).options(joinedload(user.organization)).where(user.id == 100)
        )
        assert user_100.organization.id == 2
