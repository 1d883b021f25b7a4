"""Each page is another statement."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> int:
    total = 0
    for page in range(3):
        query = select(Customer).order_by(Customer.id).offset(page).limit(1)
        customer = (await session.scalars(query)).one()
        total += len(await customer.awaitable_attrs.orders)
    return total
