# rule: swallowed-missing-greenlet
# attribute: Order.customer
# instance: Order 1
# cause: swallowed
# says: the MissingGreenlet of `Order.customer` is swallowed here
# beside: lazy-read
# cure: display: raise
"""The customer is not loaded, which an except clause makes "nobody"."""

import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


def customer_of(order: Order) -> str:
    return order.customer.name  # cause


async def main(session: AsyncSession) -> str:
    order = await session.get_one(Order, 1)
    try:
        return customer_of(order)
    except SQLAlchemyError:  # read
        logging.getLogger(__name__).debug("no customer", exc_info=True)
        return "nobody"
