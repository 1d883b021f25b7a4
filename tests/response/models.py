"""Models: a shop with every kind of relationship that a schema can lead through, and its rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    mapped_column,
    relationship,
    synonym,
)
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    """What all models share."""


tagged = Table(
    "tagged",
    Base.metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Organization(Base):
    """A group of users."""

    __tablename__ = "organizations"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    about: Mapped[str] = mapped_column(default="about it", deferred=True)
    users: Mapped[list[User]] = relationship(back_populates="organization")


class User(Base):
    """Someone with orders."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization | None] = relationship(back_populates="users")
    orders: Mapped[list[Order]] = relationship(back_populates="user", order_by="Order.id")
    recent: Mapped[list[Order]] = relationship(viewonly=True, lazy="selectin")
    events: DynamicMapped[Order] = relationship(viewonly=True)
    title = synonym("name")

    @property
    def label(self) -> str:
        """Made of a column."""
        return f"{self.name}!"

    @property
    def number_of_orders(self) -> int:
        """Made of a relationship."""
        return len([one for one in self.orders if one.id])

    @hybrid_property
    def first_order(self) -> Order | None:
        """Made of a relationship."""
        return self.orders[0] if self.orders else None


class Order(Base):
    """What a user bought."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    seller: Mapped[Employee | None] = relationship()
    items: Mapped[list[Item]] = relationship(order_by="Item.id")
    tags: Mapped[list[Tag]] = relationship(secondary=tagged, order_by="Tag.id")
    tag_names: AssociationProxy[list[str]] = association_proxy("tags", "name")


class Item(Base):
    """A line of an order."""

    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product: Mapped[str]


class Tag(Base):
    """A word."""

    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Node(Base):
    """A tree."""

    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(default="note", deferred=True)
    parent: Mapped[Node | None] = relationship(remote_side="Node.id", back_populates="children")
    children: Mapped[list[Node]] = relationship(back_populates="parent", order_by="Node.id")
    owner: Mapped[User] = relationship()


class Employee(Base):
    """Someone who works, of two kinds."""

    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}  # noqa: RUF012


class Manager(Employee):
    """With a table of its own."""

    __tablename__ = "managers"
    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    budget: Mapped[int]
    office_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    office: Mapped[Organization] = relationship()
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Engineer(Employee):
    """In the table of all."""

    language: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012


@asynccontextmanager
async def opened() -> AsyncIterator[AsyncEngine]:
    """An engine on a database with rows."""
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all(
            [
                Organization(id=1, name="Research"),
                User(id=1, name="Ann", organization_id=1),
                User(id=2, name="Bob"),
                *(Tag(id=number, name=f"tag {number}") for number in (1, 2)),
                *(Node(id=n, parent_id=parent, owner_id=1) for n, parent in TREE),
                Manager(id=1, name="Max", budget=7, office_id=1),
                Engineer(id=2, name="Eve", language="Python"),
            ]
        )
        await session.flush()
        tags = [await session.get_one(Tag, number) for number in (1, 2)]
        for number, user in ((1, 1), (2, 1), (3, 2)):
            items = [Item(product=f"product {number}"), Item(product="bag")]
            session.add(
                Order(
                    id=number,
                    total=number,
                    user_id=user,
                    seller_id=1,
                    items=items,
                    tags=tags[:number],
                )
            )
        await session.commit()
    yield engine
    await engine.dispose()


TREE = ((1, None), (2, 1), (3, 2), (4, 1))
"""The nodes, each with its parent."""
