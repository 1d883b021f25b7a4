"""selectinload() loads 500 objects at a time."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    session.add_all(Customer(id=number, name="") for number in range(1000, 2100))
    await session.flush()
    session.expunge_all()
    query = select(Customer).options(selectinload(Customer.orders))
    customers = (await session.scalars(query)).all()
    return sum(len(customer.orders) for customer in customers)
