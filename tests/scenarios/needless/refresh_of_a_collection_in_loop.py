# rule: refresh-in-loop
# attribute: Customer
# says: `Customer` is refreshed once for each of 3 objects
"""Each object is refreshed with a collection; nobody said immediateload()."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[int]:
    customers = (await session.scalars(select(Customer))).all()  # load
    for customer in customers:
        await session.refresh(customer, ["orders"])  # read
    return [len(customer.orders) for customer in customers]
