"""get() with options loads the object, or finds it with what they ask for, or finds a new one."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tests.scenarios.shop import Base, Order, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    options = [joinedload(Order.customer)]
    loaded = await session.get_one(Order, 1, options=options)
    again = await session.get_one(Order, 1, options=options)
    added = Order(id=9, title="Order 9")
    session.add(added)
    await session.flush()
    found = await session.get_one(Order, 9, options=options)
    bare = await session.get_one(Order, 2)
    replaced = await session.get_one(Order, 2, options=options, populate_existing=True)
    assert again is loaded and found is added and replaced is bare
    return [loaded.customer.name, found.title, replaced.customer.name]
