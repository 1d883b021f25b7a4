"""What RETURNING brings is loaded further by a statement of its own."""

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    options = selectinload(Order.customer)
    new = insert(Order).values(id=9, title="Order 9", customer_id=1).returning(Order)
    order = (await session.scalars(new.options(options))).one()
    query = select(Order).from_statement(text("SELECT * FROM orders WHERE id = 2"))
    other = (await session.scalars(query.options(options))).one()
    return [order.customer.name, other.customer.name]
