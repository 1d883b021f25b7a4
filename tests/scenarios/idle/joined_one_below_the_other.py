"""The lines are below the orders, so that each row is one line."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Customer, Order, rows


__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Customer).options(joinedload(Customer.orders).joinedload(Order.lines))
    customers = (await session.scalars(query)).unique().all()
    return sum(len(order.lines) for customer in customers for order in customer.orders)
