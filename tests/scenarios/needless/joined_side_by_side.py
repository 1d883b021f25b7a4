# rule: row-explosion
# attribute: Customer.orders
# says: `Customer.badges` and `Customer.orders` are joined side by side: 8 rows for 10 objects
# cure: safe: selectinload(Customer.orders)
# saves: -1
"""Each order is fetched with each badge."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Customer, rows


__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).options(joinedload(Customer.orders), joinedload(Customer.badges))
    customers = (await session.scalars(query)).unique().all()  # load
    return sum(len(customer.orders) * len(customer.badges) for customer in customers)
