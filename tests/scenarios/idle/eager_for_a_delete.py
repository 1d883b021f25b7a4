"""A delete goes through what is loaded."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    customer = await session.get_one(Customer, 1, options=[selectinload(Customer.badges)])
    name = customer.name
    await session.delete(customer)
    await session.flush()
    return name
