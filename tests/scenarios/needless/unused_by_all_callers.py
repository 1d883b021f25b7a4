# rule: unused-eager-load
# attribute: Customer.orders
"""A function of a repository loads for three callers what none of them reads."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def find(session: AsyncSession, number: int) -> Customer:
    options = [selectinload(Customer.orders)]
    return await session.get_one(Customer, number, options=options)  # load


async def main(session: AsyncSession) -> list[str]:
    one = await find(session, 1)
    two = await find(session, 2)
    three = await find(session, 3)
    return [one.name, two.name, three.name]
