"""A new object whose foreign key is not set has no customer."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Order, rows


__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> bool:
    order = Order(id=9, title="Nine")
    session.add(order)
    return order.customer is None
