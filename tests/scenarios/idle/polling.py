"""One object is asked for again and again."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    customer = await session.get_one(Customer, 1)
    names = []
    for _ in range(3):
        await session.refresh(customer)
        names.append(customer.name)
    return names
