# rule: lazy-read
# attribute: Line.product
# instance: Line 1
# cause: never-loaded
# cure: safe: selectinload(Order.lines).joinedload(Line.product)
"""The repository imports the order alone: the cure has to import what else it names."""

from sqlalchemy.ext.asyncio import AsyncSession

from models_elsewhere.models import Base, Line, Order, Product
from models_elsewhere.repository import find_order


def rows() -> list[Base]:
    return [Order(id=1, lines=[Line(id=1, product=Product(id=1, name="Tea"))])]


async def main(session: AsyncSession) -> list[str]:
    order = await find_order(session, 1)
    return [line.product.name for line in order.lines]  # read
