# rule: load-in-loop
# attribute: Customer.region
# cause: never-loaded
# says: `Customer.region` may be loaded once for each Customer object here
# cure: safe: select(Customer).options(joinedload(Customer.region))
# saves: 1
"""All rows have the same target, so that one statement was enough this time."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    customers = list(await session.scalars(select(Customer)))  # load

    def names(_: object) -> list[str]:
        return [customer.region.name for customer in customers]  # read

    return await session.run_sync(names)
