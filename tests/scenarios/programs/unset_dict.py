# rule: unset-read
# attribute: Item.notes
# instance: Item 7
# cause: new-object
# cure: safe: Item(id=7, notes={})
"""The collection is a dictionary, keyed by an attribute of what it holds."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    attribute_keyed_dict,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    notes: Mapped[dict[str, Note]] = relationship(collection_class=attribute_keyed_dict("topic"))


def rows() -> list[Base]:
    return []


async def main(session: AsyncSession) -> bool:
    session.add(item := Item(id=7))  # load
    await session.flush()
    return "price" in item.notes  # read
