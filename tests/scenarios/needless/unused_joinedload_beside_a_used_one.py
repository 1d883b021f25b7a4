# rule: unused-eager-load
# attribute: Order.customer
# cure: unsafe: select(Order).options(selectinload(Order.lines))
"""Of two options, nobody needs the one."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    query = select(Order).options(joinedload(Order.customer), selectinload(Order.lines))
    return sum(len(order.lines) for order in await session.scalars(query))  # load
