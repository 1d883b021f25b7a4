"""In a greenlet it would have been loaded."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    customer = await session.get_one(Customer, 1)
    order = await session.get_one(Order, 4)
    return (await order.awaitable_attrs.customer).name + customer.name
