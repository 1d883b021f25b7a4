"""merge() goes through what the other session loaded, and the copy is read."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(sessions: async_sessionmaker[AsyncSession]) -> list[str]:
    async with sessions() as session:
        customer = await session.get_one(Customer, 1, options=[selectinload(Customer.orders)])
    async with sessions() as session:
        merged = await session.merge(customer)
        return [order.title for order in merged.orders]
