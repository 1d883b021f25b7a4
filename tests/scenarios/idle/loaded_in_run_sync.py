"""All that is read is loaded."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).options(selectinload(Customer.orders))
    customers = (await session.scalars(query)).all()
    return await session.run_sync(lambda _: sum(len(one.orders) for one in customers))
