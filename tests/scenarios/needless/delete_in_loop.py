# rule: load-in-loop
# attribute: Customer.orders
# cure: safe: select(Customer).where(Customer.id > 1).options(selectinload(Customer.orders))
# says: `Customer.orders` is loaded once for each of 2 Customer objects
# saves: 4
"""Each delete() loads what it cascades to."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).where(Customer.id > 1)
    customers = list(await session.scalars(query))  # load
    for customer in customers:
        await session.delete(customer)  # read
    await session.flush()
    return len(customers)
