"""Both entities of a row are there."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    query = select(Order, Customer).join(Order.customer)
    return [order.customer.name for order, customer in await session.execute(query)]
