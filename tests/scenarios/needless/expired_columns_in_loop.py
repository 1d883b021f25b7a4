# rule: load-in-loop
# attribute: Customer.name
# cause: expired-by-commit
# cure: display: select(Customer).where(Customer.id.in_(<the
#   keys>)).execution_options(populate_existing=True)
"""A commit has expired all objects, and each is loaded again by its first read."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    customers = list(await session.scalars(select(Customer)))  # load
    await session.commit()  # cause

    def names(_: object) -> list[str]:
        return [customer.name for customer in customers]  # read

    return await session.run_sync(names)
