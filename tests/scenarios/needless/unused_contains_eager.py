# rule: unused-eager-load
# attribute: Customer.orders
# says: `Customer.orders` is loaded here and never read
# cure: unsafe: select(Customer).join(Customer.orders)
"""A join is there to choose customers, and fills their orders, which nobody reads."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    query = select(Customer).join(Customer.orders).options(contains_eager(Customer.orders))
    return sorted(one.name for one in (await session.scalars(query)).unique())  # load
