# rule: ineffective-loading
# attribute: Order.customer
# instance: Order 1
# cause: options-ignored
# says: `Order.customer` is asked for here, and not loaded
# cure: safe: session.get_one(Order, 1, options=[joinedload(Order.customer)])
# saves: 1
"""get() with options finds the object in the session; its customer takes one more statement."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def check(session: AsyncSession) -> Order:
    return await session.get_one(Order, 1)  # load


async def main(session: AsyncSession) -> str:
    checked = await check(session)
    order = await session.get_one(Order, 1, options=[joinedload(Order.customer)])  # read
    customer = await order.awaitable_attrs.customer
    return f"{checked.title} of {customer.name}"
