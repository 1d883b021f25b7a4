"""merge() has to look for each object; no get() of the user's repeats."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(sessions: async_sessionmaker[AsyncSession]) -> list[str]:
    async with sessions() as session:
        customers = (await session.scalars(select(Customer))).all()
    async with sessions() as session:
        return [(await session.merge(customer)).name for customer in customers]
