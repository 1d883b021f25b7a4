"""It is read when the session is closed."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(sessions: async_sessionmaker[AsyncSession]) -> int:
    async with sessions() as session:
        options = [selectinload(Customer.orders)]
        customer = await session.get_one(Customer, 1, options=options)
    return len(customer.orders)
