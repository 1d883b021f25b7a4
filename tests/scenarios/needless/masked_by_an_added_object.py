# rule: masked-read
# attribute: Order.customer
# instance: Order 6
# cause: never-loaded
# cure: safe: select(Order).where(Order.id == 6).options(joinedload(Order.customer))
"""A fixture has put the customer into the session of the test."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    customer = Customer(id=7, name="New")
    session.add_all([customer, Order(id=6, title="Six", customer_id=7)])  # cause
    await session.flush()
    order = await find(session)
    return f"{order.customer.name} of {customer.id}"  # read


async def find(session: AsyncSession) -> Order:
    session.expunge(await session.get_one(Order, 6))
    return (await session.scalars(select(Order).where(Order.id == 6))).one()  # load
