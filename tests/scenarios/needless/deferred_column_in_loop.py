# rule: load-in-loop
# attribute: Customer.notes
# cause: deferred
# says: `Customer.notes` is loaded once for each of 3 Customer objects
# cure: safe: select(Customer).options(undefer(Customer.notes))
# saves: 3
"""A deferred column is read of each row."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    customers = list(await session.scalars(select(Customer)))  # load

    def notes(_: object) -> list[str]:
        return [customer.notes for customer in customers]  # read

    return await session.run_sync(notes)
