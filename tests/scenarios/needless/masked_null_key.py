# rule: masked-read
# attribute: Order.customer
# instance: Order 5
# cause: never-loaded
# cure: safe: session.get_one(Order, 5, options=[joinedload(Order.customer)])
"""The foreign key is NULL, so that there is nothing to load."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> bool:
    order = await session.get_one(Order, 5)  # load
    return order.customer is None  # read
