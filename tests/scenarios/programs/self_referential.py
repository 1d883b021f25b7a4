# rule: lazy-read
# attribute: Category.parent
# instance: Category 2
# cause: never-loaded
# cure: safe: joinedload(Category.parent).joinedload(Category.parent)
"""A category, its parent, and the parent of that one: each hop is an option of its own."""

from __future__ import annotations

from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Category(Base):
    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("categories.id"))
    parent: Mapped[Optional[Category]] = relationship(remote_side=[id])


def rows() -> list[Base]:
    food = Category(id=1, name="Food")
    tea = Category(id=2, name="Tea", parent=food)
    return [Category(id=3, name="Green tea", parent=tea)]


async def main(session: AsyncSession) -> str:
    category = await session.get_one(Category, 3, options=[joinedload(Category.parent)])  # load
    names = []
    above: Category | None = category
    while above is not None:
        names.append(above.name)
        above = above.parent  # read
    return " < ".join(names)
