"""The models that pages and specs speak of, and the rows that every example starts with.

`User` and `Organization` are a plain many-to-one with its collection. The other attributes are
there because a rule speaks of them.
"""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import ForeignKey, func
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    mapped_column,
    relationship,
)


class Base(AsyncAttrs, DeclarativeBase):
    """What all models share: `awaitable_attrs`."""


class Organization(Base):
    """A group of users."""

    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    users: Mapped[list[User]] = relationship(back_populates="organization")
    logs: DynamicMapped[Log] = relationship()
    visits: WriteOnlyMapped[Visit] = relationship()


class Log(Base):
    """What an organization did; never loaded with it, but queried."""

    __tablename__ = "logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))


class Visit(Base):
    """A visit to an organization; never loaded with it, but selected."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))


class User(Base):
    """A person, in an organization or in none."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization | None] = relationship(back_populates="users")
    posts: Mapped[list[Post]] = relationship(back_populates="author")


class Post(Base):
    """What a user wrote. The text is deferred, the time of change is made by the database."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(deferred=True)
    views: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User | None] = relationship(back_populates="posts")
    comments: Mapped[list[Comment]] = relationship(back_populates="post")


class Comment(Base):
    """The mapping that needs no care at the statement: eager relationship, eager defaults."""

    __tablename__ = "comments"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    edits: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    edited_at: Mapped[datetime | None] = mapped_column(onupdate=lambda: datetime.now(timezone.utc))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    post: Mapped[Post] = relationship(back_populates="comments", lazy="selectin")


MODELS = (Organization, Log, Visit, User, Post, Comment)


async def seed(session: AsyncSession) -> None:
    """Users 1 and 2 in organization 1, user 100 in organization 2, user 200 in none; posts."""
    session.add_all(
        [
            Organization(id=1, name="Acme"),
            Organization(id=2, name="Globex"),
            Log(id=1, text="Opened", organization_id=1),
            Visit(id=1, day="Monday", organization_id=1),
            User(id=1, name="Ann", email="ann@example.com", organization_id=1),
            User(id=2, name="Bob", email="bob@example.com", organization_id=1),
            User(id=100, name="Cleo", email="cleo@example.com", organization_id=2),
            User(id=200, name="Dan", email="dan@example.com"),
            Post(id=1, title="Hello", body="Hello, world", author_id=1),
            Post(id=2, title="Again", body="Once more", author_id=1),
            Post(id=3, title="News", body="Nothing new", author_id=100),
            Comment(id=1, text="Nice", post_id=1),
        ]
    )
    await session.commit()
