# rule: lazy-write
# attribute: User.tags
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, 1, options=[selectinload(User.tags)])
# adds: 1
# marked: tag_names
# needs: columns
"""An association proxy is appended to."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    def __init__(self, name: str) -> None:
        self.name = name


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list[Tag]] = relationship()
    tag_names: AssociationProxy[list[str]] = association_proxy("tags", "name")


def rows() -> list[Base]:
    return [User(id=1, tags=[Tag("admin")])]


async def main(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)  # load
    user.tag_names.append("reader")  # read
