# rule: immediate-repeat
# attribute: Customer.orders
# says: `Customer.orders` is loaded once for each of 3 Customer objects
# cure: safe: selectinload(Customer.orders)
# saves: 2
"""immediateload() loads for one object after the other."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import immediateload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).options(immediateload(Customer.orders))
    customers = (await session.scalars(query)).all()  # load
    return sum(len(customer.orders) for customer in customers)
