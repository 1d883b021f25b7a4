"""The mapped classes of the regression tests: each attribute is there because a test needs it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ForeignKey, func
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    WriteOnlyMapped,
    column_property,
    foreign,
    mapped_column,
    relationship,
    remote,
)

from loadwise.schema.from_mappers import graph_of
from tests.machine.schemas import Schema


class Base(AsyncAttrs, DeclarativeBase):
    """What these classes share."""


class Team(Base):
    """The one side; its collection is eager where a test says so."""

    __tablename__ = "teams"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    made: Mapped[int | None] = mapped_column(server_default="7")
    users: Mapped[list[User]] = relationship(back_populates="team")
    log: WriteOnlyMapped[Note] = relationship(back_populates="team")


class User(Base):
    """The many side; a base of admins."""

    __tablename__ = "users"
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": "type",
        "polymorphic_identity": "User",
        "eager_defaults": True,
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    name: Mapped[str | None]
    plain: Mapped[int | None]
    bio: Mapped[int | None] = mapped_column(deferred=True)
    secret: Mapped[int | None] = mapped_column(deferred=True, deferred_raiseload=True)
    stamped: Mapped[int | None] = mapped_column(default=func.abs(-1), onupdate=func.abs(-2))
    touched: Mapped[int | None] = mapped_column(onupdate=lambda: 1)
    doubled: Mapped[int | None] = column_property(id * 2)  # noqa: A003
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team | None] = relationship(back_populates="users")
    likes: Mapped[str | None]
    liked: Mapped[Team | None] = relationship(
        primaryjoin=lambda: foreign(User.likes) == remote(Team.name), viewonly=True, uselist=False
    )


class Admin(User):
    """In a table of its own."""

    __tablename__ = "admins"
    __mapper_args__ = {"polymorphic_identity": "Admin"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    level: Mapped[int | None]


class Note(Base):
    """Its references are eager, and lead on."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team | None] = relationship(back_populates="log", lazy="raise_on_sql")
    root_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    root: Mapped[Note | None] = relationship(
        remote_side=lambda: Note.id, back_populates="answers", lazy="joined"
    )
    answers: Mapped[list[Note]] = relationship(back_populates="root", lazy="raise")
    marks: Mapped[list[Mark]] = relationship(back_populates="note", lazy="selectin")


class Mark(Base):
    """What a note has."""

    __tablename__ = "marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    note: Mapped[Note | None] = relationship(back_populates="marks", lazy="joined")


CLASSES: Final[dict[str, Any]] = {one.__name__: one for one in (Team, User, Admin, Note, Mark)}
ROWS: Final[dict[str, list[dict[str, Any]]]] = {
    "teams": [{"id": 1, "name": "a", "made": 1}, {"id": 2, "name": "b", "made": 2}],
    "users": [
        {"id": 1, "type": "User", "name": "u1", "team_id": 1, "likes": "a"},
        {"id": 2, "type": "Admin", "name": "u2", "team_id": 1, "likes": None},
        {"id": 3, "type": "User", "name": "u3", "team_id": None, "likes": None},
    ],
    "admins": [{"id": 2, "level": 1}],
    "notes": [
        {"id": 1, "team_id": 1, "root_id": None},
        {"id": 2, "team_id": 1, "root_id": 1},
        {"id": 3, "team_id": 2, "root_id": 2},
    ],
    "marks": [{"id": 1, "note_id": 1}, {"id": 2, "note_id": 2}, {"id": 3, "note_id": 2}],
}


def models() -> Schema:
    """The classes as a schema."""
    Base.registry.configure()
    return Schema(
        number=-1,
        base=Base,
        classes=CLASSES,
        graph=graph_of(Base),
        rows=tuple((table, ROWS[table.name]) for table in Base.metadata.sorted_tables),
    )
