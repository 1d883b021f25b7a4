# rule: unused-eager-load
# attribute: Customer.orders
# cure: unsafe: select(Customer)
# saves: 2
"""Neither the orders are read nor their lines: that is one finding."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    query = select(Customer).options(selectinload(Customer.orders).selectinload(Order.lines))
    return [customer.name for customer in await session.scalars(query)]  # load
