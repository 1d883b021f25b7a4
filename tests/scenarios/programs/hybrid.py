# rule: lazy-read
# attribute: Order.lines
# instance: Order 1
# cause: never-loaded
# cure: safe: session.get_one(Order, 1, options=[selectinload(Order.lines)])
# adds: 1
"""The total of an order is a hybrid property, which sums up its lines."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    price: Mapped[int]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[Line]] = relationship()

    @hybrid_property
    def total(self) -> int:
        return sum(line.price for line in self.lines)  # read


def rows() -> list[Base]:
    return [Order(id=1, lines=[Line(id=1, price=3), Line(id=2, price=4)])]


async def main(session: AsyncSession) -> int:
    order = await session.get_one(Order, 1)  # load
    return order.total
