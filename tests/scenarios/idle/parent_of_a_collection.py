"""Whoever reads the collection of an object holds that object."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    query = select(Customer).options(selectinload(Customer.orders))
    customers = (await session.scalars(query)).all()
    return [order.customer.name for customer in customers for order in customer.orders]
