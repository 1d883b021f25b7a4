"""Two objects are got in two places, and a third one there."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def find(session: AsyncSession, number: int) -> Customer:
    return await session.get_one(Customer, number)


async def main(session: AsyncSession) -> str:
    one = await find(session, 1)
    two = await find(session, 2)
    three = await find(session, 3)
    return one.name + two.name + three.name
