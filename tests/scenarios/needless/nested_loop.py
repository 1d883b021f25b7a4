# rule: load-in-loop
# attribute: Order.lines
# cause: never-loaded
# says: `Order.lines` is loaded once for each of 4 Order objects
# cure: safe: selectinload(Customer.orders).selectinload(Order.lines)
# saves: 3
"""The orders come with the customers, their lines one order at a time."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).options(selectinload(Customer.orders))
    customers = list(await session.scalars(query))  # load

    def count(_: object) -> int:
        return sum(len(order.lines) for customer in customers for order in customer.orders)  # read

    return await session.run_sync(count)
