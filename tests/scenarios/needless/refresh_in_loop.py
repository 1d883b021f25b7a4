# rule: refresh-in-loop
# attribute: Customer
# says: `Customer` is refreshed once for each of 3 objects
# cure: display: select(Customer).where(Customer.id.in_(<the
#   keys>)).execution_options(populate_existing=True)
"""Each object is refreshed by a statement of its own."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    customers = (await session.scalars(select(Customer))).all()  # load
    for customer in customers:
        await session.refresh(customer)  # read
    return [customer.name for customer in customers]
