# rule: unused-eager-load
# attribute: Customer.orders
# says: `Customer.orders` is loaded here and never read
# cure: unsafe: select(Customer)
# saves: 1
"""A collection is loaded that nobody reads."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    query = select(Customer).options(selectinload(Customer.orders))
    return [customer.name for customer in await session.scalars(query)]  # load
