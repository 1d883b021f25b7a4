"""The models of these tests: a plain many-to-one, its collection, and a column of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, ForeignKey, MetaData, create_engine, func
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(AsyncAttrs, DeclarativeBase):
    """What these models share."""


class Organization(Base):
    """A group of users."""

    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="Acme")
    users: Mapped[list[User]] = relationship(back_populates="organization")


class User(Base):
    """A person in an organization; `motto` is deferred, `visits` is made by the database."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="Ann")
    motto: Mapped[str] = mapped_column(default="", deferred=True)
    visits: Mapped[int] = mapped_column(default=0, onupdate=func.abs(-1))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization | None] = relationship(back_populates="users")


def rows() -> list[Any]:
    """Users 1 and 2 in organization 1, user 100 in organization 2; new objects each time."""
    return [
        Organization(id=1),
        Organization(id=2, name="Globex"),
        User(id=1, organization_id=1),
        User(id=2, name="Bob", organization_id=1),
        User(id=100, name="Cleo", organization_id=2),
    ]


@contextmanager
def sync_engine(metadata: MetaData = Base.metadata) -> Iterator[Engine]:
    """A synchronous SQLite in memory with the tables and, of these models, the rows.

    Its one connection may be used from any thread.
    """
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    try:
        metadata.create_all(engine)
        _fill(Session(engine), metadata)
        yield engine
    finally:
        engine.dispose()


@asynccontextmanager
async def async_engine(
    metadata: MetaData = Base.metadata, file: Path | None = None, **words: Any
) -> AsyncIterator[AsyncEngine]:
    """A SQLite under aiosqlite, in memory or in a file, with the tables and the rows."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file or ':memory:'}", **words)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            await connection.run_sync(lambda sync: _fill(Session(sync), metadata))
        yield engine
    finally:
        await engine.dispose()


def _fill(session: Session, metadata: MetaData) -> None:
    with session:
        if metadata is Base.metadata:
            session.add_all(rows())
        session.commit()
