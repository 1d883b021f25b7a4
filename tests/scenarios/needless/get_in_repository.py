# rule: get-in-loop
# attribute: Customer
"""The loop is in one function, the get in another."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def find(session: AsyncSession, number: int) -> Customer:
    return await session.get_one(Customer, number)  # read


async def main(session: AsyncSession) -> list[str]:
    return [(await find(session, number)).name for number in (1, 2, 3)]
