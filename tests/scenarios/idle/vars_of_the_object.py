"""What reads the dict of an object reads all of it."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


def dump(instance: object) -> list[str]:
    return sorted(name for name in vars(instance) if not name.startswith("_"))


async def main(session: AsyncSession) -> list[str]:
    customer = await session.get_one(Customer, 1, options=[selectinload(Customer.orders)])
    return dump(customer)
