# rule: lazy-read
# attribute: Line.product
# instance: Line 1
# cause: never-loaded
# cure: safe: selectinload(Order.lines).joinedload(Line.product)
# error: ValidationError
# marked: TypeAdapter(list[OrderOut]).validate_python(orders)
"""Schemas in schemas: the innermost one asks for what is not loaded."""

from pydantic import BaseModel, ConfigDict, TypeAdapter
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


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProductOut(Out):
    name: str


class LineOut(Out):
    product: ProductOut


class OrderOut(Out):
    id: int
    lines: list[LineOut]


def rows() -> list[Base]:
    tea, milk = Product(id=1, name="Tea"), Product(id=2, name="Milk")
    return [Order(id=1, lines=[Line(id=1, product=tea), Line(id=2, product=milk)])]


async def main(session: AsyncSession) -> list[dict[str, object]]:
    query = select(Order).options(selectinload(Order.lines))
    orders = (await session.scalars(query)).all()  # load
    found = TypeAdapter(list[OrderOut]).validate_python(orders)  # read
    return [one.model_dump() for one in found]
