"""A join fills the orders of customers, and they are read."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[int]:
    query = select(Customer).join(Customer.orders).options(contains_eager(Customer.orders))
    return sorted(len(one.orders) for one in (await session.scalars(query)).unique())
