# rule: unused-eager-load
# attribute: Order.lines
# cure: unsafe: selectinload(Customer.orders)
# saves: 1
"""The orders are read, their lines are not."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).options(selectinload(Customer.orders).selectinload(Order.lines))
    return sum(len(customer.orders) for customer in await session.scalars(query))  # load
