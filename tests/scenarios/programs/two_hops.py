# rule: lazy-read
# attribute: Line.product
# instance: Line 1
# cause: never-loaded
# cure: safe: selectinload(Order.lines).joinedload(Line.product)
"""An order's lines are loaded; what each line is about is not."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list["Line"]] = relationship(order_by="Line.id")


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    product: Mapped["Product"] = relationship()


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def rows() -> list[Base]:
    tea, milk = Product(id=1, name="Tea"), Product(id=2, name="Milk")
    return [Order(id=1, lines=[Line(id=1, product=tea), Line(id=2, product=milk)])]


async def find_order(session: AsyncSession, order_id: int) -> Order:
    query = select(Order).options(selectinload(Order.lines)).where(Order.id == order_id)
    return (await session.scalars(query)).one()  # load


async def main(session: AsyncSession) -> list[str]:
    order = await find_order(session, 1)
    return [line.product.name for line in order.lines]  # read
