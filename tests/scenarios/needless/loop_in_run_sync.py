# rule: load-in-loop
# attribute: Customer.orders
# cause: never-loaded
# says: `Customer.orders` is loaded once for each of 3 Customer objects
# cure: safe: select(Customer).options(selectinload(Customer.orders))
# saves: 2
"""A function that runs where IO is legal reads a collection of each row."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


def total(customers: list[Customer]) -> int:
    return sum(len(customer.orders) for customer in customers)  # read


async def main(session: AsyncSession) -> int:
    customers = list(await session.scalars(select(Customer)))  # load
    return await session.run_sync(lambda _: total(customers))
