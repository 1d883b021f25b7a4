"""One of those who share a function reads what it loads."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def find(session: AsyncSession, number: int) -> Customer:
    options = [selectinload(Customer.orders)]
    return await session.get_one(Customer, number, options=options)


async def main(session: AsyncSession) -> int:
    one = await find(session, 1)
    two = await find(session, 2)
    three = await find(session, 3)
    return len(one.name + two.name) + len(three.orders)
