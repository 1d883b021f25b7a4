"""A reference is one row for each order."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Order, rows


__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    query = select(Order).options(joinedload(Order.customer)).where(Order.id < 4).limit(3)
    return [order.customer.name for order in await session.scalars(query)]
