"""Each job has a session of its own, as it should."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(sessions: async_sessionmaker[AsyncSession]) -> list[str]:
    names = []
    for number in (1, 2, 3):
        async with sessions() as session:
            customer = await session.get_one(Customer, number)
            await session.refresh(customer)
            names.append(customer.name)
    return names
