# rule: get-in-loop
# attribute: Customer
# says: `Customer` is loaded by get() for each of 3 keys
# cure: display: select(Customer).where(Customer.id.in_(<the keys>))
"""Objects are got one by one."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[str]:
    names = []
    for number in (1, 2, 3):
        customer = await session.get_one(Customer, number)  # read
        names.append(customer.name)
    return names
