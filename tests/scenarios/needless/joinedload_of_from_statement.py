# rule: ineffective-loading
# attribute: Order.customer
# cause: options-ignored
# says: `Order.customer` is asked for here, and not loaded
# cure: safe: selectinload(Order.customer)
"""A joined load is asked for, and a text stays as it is."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> str:
    query = (
        select(Order)
        .from_statement(text("SELECT * FROM orders WHERE id = 2"))
        .options(joinedload(Order.customer))
    )
    order = (await session.scalars(query)).one()  # load
    customer = await order.awaitable_attrs.customer
    return customer.name
