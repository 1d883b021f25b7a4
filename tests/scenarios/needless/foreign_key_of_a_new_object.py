# rule: silent-wrong-value
# attribute: Order.customer
# instance: a new Order
# cause: new-object
# says: `Order.customer` is None here, though its foreign key is set
# cure: display: Order(..., customer=...)
"""A new object is asked for what only its foreign key knows."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Order, rows


__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> bool:
    order = Order(id=9, title="Nine", customer_id=1)
    session.add(order)  # load
    return order.customer is None  # read
