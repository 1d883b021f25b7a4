# rule: silent-wrong-value
# attribute: Order.customer
# instance: Order 1
# says: `Order.customer` is None here, though its foreign key is set
"""noload() makes the customer None."""

import warnings

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Load

from tests.scenarios.shop import Base, Order, rows


__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 2.1 deprecates it
        query = select(Order).options(Load(Order).noload(Order.customer)).where(Order.id == 1)
    order = (await session.scalars(query)).one()  # load
    return order.customer is None  # read
