"""What was set is there; a factory does so all the time."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    customer = await session.get_one(Customer, 1)
    order = Order(id=9, title="Nine", customer=customer)
    session.add(order)
    await session.flush()
    return order.customer.name
