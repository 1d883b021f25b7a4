"""A new object was not loaded by a statement."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> bool:
    order = Order(id=9, title="Nine")
    session.add(order)
    await session.flush()
    return order.customer is None
