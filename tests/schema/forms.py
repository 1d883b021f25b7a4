"""Forms: the same things written in the many ways in which public code bases write them.

Each class stands for what one of them does: see `tests/packages`, which reads them whole.
"""

# mypy: ignore-errors

from __future__ import annotations

import warnings
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Null,
    PrimaryKeyConstraint,
    Text,
    and_,
    not_,
)
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import (
    Mapped,
    backref,
    declarative_base,
    declared_attr,
    foreign,
    query_expression,
    relationship,
    remote,
)

try:
    from sqlalchemy.orm import mapped_column
except ImportError:  # an older release

    def mapped_column(*arguments: Any, **words: Any) -> Any:  # type: ignore[no-redef]
        """What stands in for it."""
        return sa.Column(*arguments, **words)


_Column = sa.Column
Base: Any = declarative_base()
Elsewhere: Any = declarative_base()
number = Annotated[int, mapped_column(sa.Integer, server_default=sa.func.abs(1))]


def key(target: str, column: str = "id", *, ondelete: str, **words: Any) -> Any:
    """A foreign key, as a helper makes it (zenml)."""
    return sa.Column(ForeignKey(f"{target}.{column}", ondelete=ondelete), **words)


class Shelf(Elsewhere):
    """A class of another base, whose name and table are used twice (phoenix, google-adk)."""

    __tablename__ = "shelves"
    number = _Column(sa.Integer, primary_key=True)


class Owned:
    """A mixin whose method is not called `cls` (jupyterhub)."""

    @declared_attr
    def owner_id(self) -> Mapped[int]:
        """The key."""
        return mapped_column(ForeignKey("owners.id"))

    @declared_attr
    def owner(self) -> Mapped[Owner]:
        """Whose it is."""
        return relationship(
            "Owner", back_populates=self.__tablename__, foreign_keys=[self.owner_id]
        )


class Owner(Base):
    """Who has things."""

    __tablename__ = "owners"
    id = _Column(sa.Integer, primary_key=True)
    things = relationship("Thing", back_populates="owner")
    first = relationship(
        "Thing",
        primaryjoin="Thing.owner_id == Owner.id",
        uselist=False,
        viewonly=True,
        cascade="all, delete-orphan",
    )
    listed: Mapped[list[Shelf2]] = relationship(
        primaryjoin=lambda: foreign(Owner.id) == Shelf2.id, viewonly=True
    )

    @property
    def token(self) -> str:
        """An ordinary property (jupyterhub, optuna)."""
        return ""

    @token.setter
    def token(self, value: str) -> None: ...


class Shelf2(Base):
    """A key that a constraint names (mlflow, phoenix)."""

    __tablename__ = "shelf2"
    id: Mapped[number]
    part: Mapped[int]
    found = query_expression()
    nothing: Mapped[str | None] = mapped_column(Text, default=Null())
    none: Mapped[str | None] = mapped_column(Text, default=None, server_default=None)

    @declared_attr.directive
    def __table_args__(self) -> Any:
        """Arguments that a method gives."""
        return (PrimaryKeyConstraint("id", "part", name="shelf_key"),)


class Thing(Owned, Base):
    """A thing on a shelf, by a composite key."""

    __tablename__ = "things"
    id = _Column(sa.Integer, primary_key=True)
    shelf_id = _Column(sa.Integer)
    shelf_part = _Column(sa.Integer)
    kind = _Column(sa.String)
    shelf = relationship(Shelf2, backref=backref("things", lazy="selectin"))

    __table_args__ = (
        ForeignKeyConstraint(
            columns=["shelf_id", "shelf_part"], refcolumns=["shelf2.id", "shelf2.part"]
        ),
    )
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}  # noqa: RUF012


with warnings.catch_warnings():
    warnings.simplefilter("ignore", SAWarning)  # it finds the two columns of one name strange

    class Tool(Thing):
        """A joined subclass that has the discriminator again (phoenix)."""

        __tablename__ = "tools"
        id = _Column(
            key("things", ondelete="CASCADE").type, ForeignKey("things.id"), primary_key=True
        )
        kind: Mapped[str] = mapped_column(server_default="tool")
        __mapper_args__ = {"polymorphic_identity": "tool"}  # noqa: RUF012


class Folder(Base):
    """References to itself, with and without `remote_side` (galaxy, zenml)."""

    __tablename__ = "folders"
    id = _Column(sa.Integer, primary_key=True)
    gone = _Column(sa.Boolean)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey(id))  # noqa: A003
    owner_id = key("owners", ondelete="CASCADE", nullable=False)
    children: Mapped[list[Folder]] = relationship(back_populates="parent")
    parent: Mapped[Folder | None] = relationship(back_populates="children", remote_side=[id])  # noqa: A003
    present: Mapped[list[Folder]] = relationship(
        primaryjoin="and_(Folder.parent_id == Folder.id, not_(Folder.gone))", viewonly=True
    )
    up: Mapped[Folder | None] = relationship(
        primaryjoin=lambda: Folder.parent_id == remote(Folder.id), viewonly=True
    )
    itself: Mapped[Folder | None] = relationship(
        primaryjoin="Folder.parent_id == foreign(Folder.id)", viewonly=True
    )
    owner = relationship(Owner, primaryjoin=and_(owner_id == Owner.id, not_(gone)))


links = sa.Table(
    "links",
    Base.metadata,
    sa.Column("folder_id", ForeignKey("folders.id"), primary_key=True),
    sa.Column("thing_id", ForeignKey("things.id"), primary_key=True),
)
Folder.things = relationship(
    Thing,
    secondary=links,
    primaryjoin=and_(Folder.id == links.c.folder_id, Folder.gone == sa.false()),
    viewonly=True,
)
