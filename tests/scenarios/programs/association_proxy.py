# rule: lazy-read
# attribute: User.tags
# instance: User 1
# cause: never-loaded
# cure: safe: select(User).options(selectinload(User.tags))
# adds: 1
# marked: tag_names
"""The names of a user's tags are an association proxy over a relationship."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list["Tag"]] = relationship()
    tag_names: AssociationProxy[list[str]] = association_proxy("tags", "name")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


def rows() -> list[Base]:
    return [User(id=1, tags=[Tag(id=1, name="admin")])]


async def main(session: AsyncSession) -> list[str]:
    result = await session.execute(select(User))  # load
    user = result.scalar_one()
    return list(user.tag_names)  # read
