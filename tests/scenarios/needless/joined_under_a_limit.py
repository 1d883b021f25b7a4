# rule: row-explosion
# attribute: Customer.orders
# says: `Customer.orders` is joined under a LIMIT: 3 rows for 5 objects
# cure: safe: selectinload(Customer.orders)
# saves: -1
"""The limit is one of customers, and what comes back are orders."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Customer, rows


__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).options(joinedload(Customer.orders)).order_by(Customer.id).limit(2)
    customers = (await session.scalars(query)).unique().all()  # load
    return sum(len(customer.orders) for customer in customers)
