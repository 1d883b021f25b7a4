"""The same object is got until it works."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    for _ in range(4):
        customer = await session.get_one(Customer, 1)
        session.expunge(customer)
    return customer.name
