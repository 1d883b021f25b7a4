# rule: awaitable-in-loop
# attribute: Customer.orders
# says: `Customer.orders` may be loaded once for each Customer object here
# cure: safe: select(Customer).where(Customer.id == 1).options(selectinload(Customer.orders))
# needs: columns
# saves: 0
"""This time the statement returned one row; the loop shows that it may be more."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    total = 0
    customers = await session.scalars(select(Customer).where(Customer.id == 1))  # load
    for customer in customers.all():
        total += len(await customer.awaitable_attrs.orders)  # read
    return total
