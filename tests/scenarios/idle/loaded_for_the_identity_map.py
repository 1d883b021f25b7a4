"""What is loaded beside one object serves another one, where IO is legal."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    query = select(Order).options(joinedload(Order.customer)).where(Order.id == 1)
    first = (await session.scalars(query)).one()
    order = await session.get_one(Order, 4)
    customer = await order.awaitable_attrs.customer
    return first.title + customer.name
