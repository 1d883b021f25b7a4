"""One mapped class, or a few, for every shape that a graph can have."""

from __future__ import annotations

import warnings
from typing import Any

from sqlalchemy import (
    Column,
    Computed,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    String,
    Table,
    and_,
    case,
    func,
)
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    aliased,
    backref,
    column_property,
    composite,
    foreign,
    mapped_column,
    registry,
    relationship,
    remote,
    synonym,
)


class Base(DeclarativeBase):
    """What these classes share."""


class Made(Base):
    """Columns by who makes their values, and what is loaded of them."""

    __tablename__ = "made"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    plain: Mapped[int] = mapped_column()
    scalar: Mapped[int] = mapped_column(default=1, onupdate=2)
    called: Mapped[int] = mapped_column(default=lambda: 1, onupdate=lambda: 2)
    expression: Mapped[int] = mapped_column(default=func.abs(-1), onupdate=func.abs(-2))
    server: Mapped[int] = mapped_column(server_default="1", server_onupdate=FetchedValue())
    both: Mapped[int] = mapped_column(default=1, server_default="1")
    fetched: Mapped[int] = mapped_column(FetchedValue())
    doubled: Mapped[int] = mapped_column(Computed("plain * 2"))
    later: Mapped[int] = mapped_column(deferred=True, deferred_group="late")
    forbidden: Mapped[int] = mapped_column(deferred=True, deferred_raiseload=True)
    total: Mapped[int] = column_property(plain.column + 1)  # type: ignore[attr-defined]


class Versioned(Base):
    """A version that Python counts."""

    __tablename__ = "versioned"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}  # noqa: RUF012


class VersionedThere(Base):
    """A version that the database counts."""

    __tablename__ = "versioned_there"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(FetchedValue())
    __mapper_args__ = {  # noqa: RUF012
        "version_id_col": version,
        "version_id_generator": False,
    }


class Point:
    """Two numbers."""

    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    __hash__ = None  # type: ignore[assignment]


class Others(Base):
    """What is no load of its own."""

    __tablename__ = "others"

    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[int]
    y: Mapped[int]
    made_id: Mapped[int | None] = mapped_column(ForeignKey("made.id"))
    point: Mapped[Point] = composite(Point, "x", "y")
    other_x: Mapped[int] = synonym("x")
    made: Mapped[Made | None] = relationship()
    numbers: AssociationProxy[int] = association_proxy("made", "plain")

    @hybrid_property
    def area(self) -> int:
        """The product."""
        return self.x * self.y


links = Table(
    "links",
    Base.metadata,
    Column("parent_id", ForeignKey("parents.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Parent(Base):
    """The one side, with a collection of every sort."""

    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    children: Mapped[list[Child]] = relationship(
        foreign_keys="Child.parent_id", back_populates="parent", cascade="all, delete-orphan"
    )
    dynamic: DynamicMapped[Child] = relationship(foreign_keys="Child.parent_id", viewonly=True)
    write_only: WriteOnlyMapped[Child] = relationship(foreign_keys="Child.parent_id", viewonly=True)
    tags: Mapped[list[Tag]] = relationship(secondary=links, lazy="selectin", join_depth=2)
    detail: Mapped[Detail | None] = relationship(lazy="subquery", back_populates="parent")


class Tag(Base):
    """What many parents have."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)


class Detail(Base):
    """One row for each parent, with the parent's key for its own: a get in both directions."""

    __tablename__ = "details"

    id: Mapped[int] = mapped_column(ForeignKey("parents.id"), primary_key=True)
    parent: Mapped[Parent] = relationship(back_populates="detail", lazy="raise_on_sql")


class Child(Base):
    """The many side: what is a get of the primary key, and what only looks like one."""

    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parents.id"))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("parents.code"))
    parent_text: Mapped[str | None] = mapped_column(String)
    parent: Mapped[Parent | None] = relationship(
        foreign_keys=parent_id, back_populates="children", lazy="joined", innerjoin=True
    )
    swapped: Mapped[Parent | None] = relationship(
        primaryjoin=lambda: foreign(Child.parent_id) == remote(Parent.id), viewonly=True, lazy=True
    )
    by_code: Mapped[Parent | None] = relationship(foreign_keys=parent_code, lazy=False)
    by_text: Mapped[Parent | None] = relationship(
        primaryjoin=lambda: foreign(Child.parent_text) == Parent.id, viewonly=True, lazy="raise"
    )
    narrowed: Mapped[Parent | None] = relationship(
        primaryjoin=lambda: and_(Child.parent_id == Parent.id, Parent.code == "a"),
        foreign_keys=parent_id,
        viewonly=True,
        lazy="immediate",
    )
    compared: Mapped[Parent | None] = relationship(
        primaryjoin=lambda: foreign(Child.parent_id) >= Parent.id, viewonly=True, uselist=False
    )
    raised: Mapped[Parent | None] = relationship(
        primaryjoin=lambda: foreign(Child.parent_id) + 1 == Parent.id, viewonly=True
    )
    through: Mapped[Parent | None] = relationship(
        secondary=links,
        primaryjoin=lambda: foreign(links.c.tag_id) == Child.id,
        secondaryjoin=lambda: foreign(links.c.parent_id) == Parent.id,
        uselist=False,
        viewonly=True,
    )


class Folder(Base):
    """A composite key, and a reference to itself that shares a column with it."""

    __tablename__ = "folders"
    __table_args__ = (
        ForeignKeyConstraint(["account", "parent_id"], ["folders.account", "folders.id"]),
    )
    __mapper_args__ = {"allow_partial_pks": False}  # noqa: RUF012

    account: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None]
    parent: Mapped[Folder | None] = relationship(
        remote_side=lambda: [Folder.account, Folder.id],
        primaryjoin=lambda: and_(
            Folder.account == remote(Folder.account), Folder.parent_id == remote(Folder.id)
        ),
        back_populates="children",
    )
    children: Mapped[list[Folder]] = relationship(
        primaryjoin=lambda: and_(
            Folder.account == remote(Folder.account), remote(Folder.parent_id) == Folder.id
        ),
        back_populates="parent",
    )


class Page(Base):
    """A reference to a composite key, its columns in another order."""

    __tablename__ = "pages"
    __table_args__ = (
        ForeignKeyConstraint(["folder_id", "owner"], ["folders.id", "folders.account"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int | None]
    owner: Mapped[int | None]
    folder: Mapped[Folder | None] = relationship(backref=backref("pages", lazy="selectin"))
    half: Mapped[Folder | None] = relationship(
        primaryjoin=lambda: foreign(Page.folder_id) == Folder.id, viewonly=True, uselist=False
    )


class Employee(Base):
    """Joined inheritance, whose base brings all."""

    __tablename__ = "employees"
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": "type",
        "polymorphic_identity": "employee",
        "with_polymorphic": "*",
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("managers.id"))
    boss: Mapped[Manager | None] = relationship(
        primaryjoin=lambda: foreign(Employee.boss_id) == remote(Manager.id)
    )


class Manager(Employee):
    """Its key has the name of the base's; a reference to it is one to the base's."""

    __tablename__ = "managers"

    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    budget: Mapped[int] = mapped_column(default=0)
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_identity": "manager",
        "inherit_condition": id == Employee.id,  # noqa: A003 - the column
    }


class Director(Manager):
    """Its key has a name of its own."""

    __tablename__ = "directors"

    director_id: Mapped[int] = mapped_column(ForeignKey("managers.id"), primary_key=True)
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("directors.director_id"))
    deputy: Mapped[Director | None] = relationship(
        primaryjoin=lambda: foreign(Director.deputy_id) == remote(Director.director_id)
    )
    second: Mapped[Manager | None] = relationship(
        primaryjoin=lambda: foreign(Director.deputy_id) == remote(Manager.id), viewonly=True
    )
    twice: Mapped[Director | None] = relationship(
        foreign_keys=deputy_id, remote_side=director_id, viewonly=True
    )
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_identity": "director",
        "inherit_condition": director_id == Manager.id,
    }


class Chief(Manager):
    """Three tables, whose keys have one name."""

    __tablename__ = "chiefs"
    __mapper_args__ = {"polymorphic_identity": "chief"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("managers.id"), primary_key=True)
    chief_id: Mapped[int | None]
    chief: Mapped[Chief | None] = relationship(
        primaryjoin=lambda: foreign(Chief.chief_id) == remote(Chief.id), viewonly=True
    )


class Animal(Base):
    """Single inheritance, by a discriminator; the base names one of the subclasses."""

    __tablename__ = "animals"
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "animal"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]


class Cat(Animal):
    """Comes along in the statement itself."""

    __mapper_args__ = {"polymorphic_identity": "cat", "polymorphic_load": "inline"}  # noqa: RUF012

    lives: Mapped[int | None]


class Dog(Animal):
    """Comes along with a statement of its own."""

    __mapper_args__ = {"polymorphic_identity": "dog", "polymorphic_load": "selectin"}  # noqa: RUF012

    legs: Mapped[int | None]


class Fish(Animal):
    """Does not come along."""

    __mapper_args__ = {"polymorphic_identity": "fish"}  # noqa: RUF012

    fins: Mapped[int | None]


class Shape(Base):
    """A discriminator that is an expression; it lists what comes along."""

    __tablename__ = "shapes"

    id: Mapped[int] = mapped_column(primary_key=True)
    sides: Mapped[int] = mapped_column()
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": case((sides == 0, "circle"), else_="shape"),
        "polymorphic_identity": "shape",
    }


class Circle(Shape):
    """A shape without sides."""

    __mapper_args__ = {"polymorphic_identity": "circle"}  # noqa: RUF012


class Vehicle(Base):
    """Concrete inheritance: tables of their own."""

    __tablename__ = "vehicles"

    id: Mapped[int] = mapped_column(primary_key=True)
    wheels: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent | None] = relationship()


class Boat(Vehicle):
    """Has no wheels, though the class has the name."""

    __tablename__ = "boats"
    __mapper_args__ = {"concrete": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    sails: Mapped[int]


other_parent = aliased(Parent)
Child.__mapper__.add_property(
    "of_alias",
    relationship(
        other_parent,
        primaryjoin=foreign(Child.__table__.c.parent_id) == other_parent.id,
        viewonly=True,
    ),
)


def namesakes() -> tuple[registry, list[type[Any]]]:
    """Three mapped classes of one name, two of which one line made; and one that points to them."""
    made = registry()

    def make(table: str, module: str = __name__) -> type[Any]:
        found = type("Item", (), {"__module__": module})
        columns: tuple[Column[Any], ...] = (
            Column("id", Integer, primary_key=True),
            Column("owner_id", ForeignKey("owners.id")),
            Column("class", Integer),
            Column("two words", Integer),
        )
        made.map_imperatively(found, Table(table, made.metadata, *columns))
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # it is what is tried
        items = [make("items"), make("more_items"), make("stored", "shop.models")]
    owner = type("Owner", (), {})
    table = Table("owners", made.metadata, Column("id", Integer, primary_key=True))
    made.map_imperatively(owner, table, properties={"items": relationship(items[0])})
    return made, [*items, owner]
