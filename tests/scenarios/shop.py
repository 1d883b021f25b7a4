"""The models of the programs in `needless/` and `idle/`: customers, and what they order."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    """What the models share."""


class Region(Base):
    """Where customers live."""

    __tablename__ = "regions"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Customer(Base):
    """Who orders."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    notes: Mapped[str] = mapped_column(default="", deferred=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))
    region: Mapped[Region | None] = relationship()
    orders: Mapped[list[Order]] = relationship(
        back_populates="customer", order_by="Order.id", cascade="all, delete-orphan"
    )
    badges: Mapped[list[Badge]] = relationship(order_by="Badge.id")


class Badge(Base):
    """What a customer is praised with."""

    __tablename__ = "badges"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))


class Order(Base):
    """What is ordered."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer | None] = relationship(back_populates="orders")
    lines: Mapped[list[Line]] = relationship(order_by="Line.id")


class Line(Base):
    """One thing of an order."""

    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    product: Mapped[str]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))


def rows() -> list[Base]:
    """Customers 1 to 3 with an order of two lines each, customer 1 with two; order 5 of nobody."""
    return [
        Region(id=1, name="North"),
        *(Customer(id=i, name=f"Customer {i}", region_id=1) for i in (1, 2, 3)),
        *(Badge(id=i, customer_id=1) for i in (1, 2, 3)),
        *(Order(id=i, title=f"Order {i}", customer_id=i) for i in (1, 2, 3)),
        Order(id=4, title="Order 4", customer_id=1),
        Order(id=5, title="Order 5"),
        *(Line(id=i, product=f"Product {i}", order_id=(i + 1) // 2) for i in range(1, 9)),
    ]
