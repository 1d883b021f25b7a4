"""Who unpickles it may read all of it."""

import pickle

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> bool:
    customer = await session.get_one(Customer, 1, options=[selectinload(Customer.orders)])
    return bool(pickle.dumps(customer))
