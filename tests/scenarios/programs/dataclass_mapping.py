# rule: unset-read
# attribute: User.city
# instance: User 7
# cause: new-object
# cure: safe: await session.refresh(user, ["city"])
# adds: 2
"""The classes are dataclasses; the relation is not among the arguments."""

from typing import Optional

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class City(Base):
    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("cities.id"))
    city: Mapped[Optional[City]] = relationship(init=False, repr=False)


def rows() -> list[Base]:
    return [City(id=1, name="Lima")]


async def main(session: AsyncSession) -> str:
    user = User(id=7, city_id=1)
    session.add(user)  # load
    await session.flush()
    return user.city.name  # read
