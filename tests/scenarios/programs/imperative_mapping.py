# rule: lazy-read
# attribute: Order.lines
# instance: Order 1
# cause: never-loaded
# cure: safe: select(Order).options(selectinload(Order.lines))
# adds: 1
"""The classes are plain ones, which are mapped to tables."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry, relationship


class Base:
    registry = registry()
    metadata = registry.metadata


class Line:
    def __init__(self, text: str) -> None:
        self.text = text


class Order:
    def __init__(self, number: int, lines: list[Line]) -> None:
        self.id = number
        self.lines = lines


orders = Table("orders", Base.metadata, Column("id", Integer, primary_key=True))
lines = Table(
    "lines",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("orders.id")),
    Column("text", String(50)),
)
Base.registry.map_imperatively(Line, lines)
Base.registry.map_imperatively(Order, orders, properties={"lines": relationship(Line)})


def rows() -> list[object]:
    return [Order(1, lines=[Line("Tea"), Line("Milk")])]


async def main(session: AsyncSession) -> int:
    order = (await session.scalars(select(Order))).one()  # load
    return len(order.lines)  # read
