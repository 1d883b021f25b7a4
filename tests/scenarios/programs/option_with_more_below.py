# rule: lazy-read
# attribute: Customer.country
# instance: Customer 1
# cause: never-loaded
# cure: safe: joinedload(Order.customer).joinedload(Customer.country)
"""The option for the first hop leads on to another attribute already."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Country(Base):
    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country_id: Mapped[int] = mapped_column(ForeignKey("countries.id"))
    country: Mapped[Country] = relationship()
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    lines: Mapped[list["Line"]] = relationship(order_by="Line.id")


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    product: Mapped["Product"] = relationship()
    note: Mapped[str] = mapped_column(default="")


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def rows() -> list[Base]:
    tea, milk = Product(id=1, name="Tea"), Product(id=2, name="Milk")
    ann = Customer(id=1, name="Ann", country=Country(id=1, name="Chile"))
    lines = [Line(id=1, product=tea), Line(id=2, product=milk)]
    return [Order(id=1, customer=ann, lines=lines)]


async def main(session: AsyncSession) -> str:
    query = select(Order).options(
        joinedload(Order.customer).selectinload(Customer.orders),
        selectinload(Order.lines),
    )
    order = (await session.scalars(query)).one()  # load
    return order.customer.country.name  # read
