# rule: awaitable-in-loop
# attribute: Customer.orders
# says: `Customer.orders` is awaited once for each of 3 Customer objects
# cure: safe: select(Customer).options(selectinload(Customer.orders))
# saves: 2
"""A collection of each row is awaited."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    total = 0
    for customer in await session.scalars(select(Customer)):  # load
        total += len(await customer.awaitable_attrs.orders)  # read
    return total
