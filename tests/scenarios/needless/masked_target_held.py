# rule: masked-read
# attribute: Order.customer
# instance: Order 4
# cause: never-loaded
# says: `Order.customer` is not loaded here, and works by luck
# cure: safe: session.get_one(Order, 4, options=[joinedload(Order.customer)])
"""The customer is in the session, because another order was loaded with it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    query = select(Order).options(joinedload(Order.customer)).where(Order.id == 1)
    first = (await session.scalars(query)).one()  # cause
    order = await session.get_one(Order, 4)  # load
    return first.customer.name + order.customer.name  # read
