# rule: awaitable-in-loop
# attribute: Order.customer
# says: `Order.customer` is awaited 3 times for 5 Order objects
# cure: safe: select(Order).options(joinedload(Order.customer))
# saves: 3
"""A comprehension awaits a target of each row; some rows share one, one has none."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    orders = (await session.scalars(select(Order))).all()  # load
    return len([await order.awaitable_attrs.customer for order in orders])  # read
