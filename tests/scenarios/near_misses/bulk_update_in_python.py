"""A bulk UPDATE whose value Python computes as well: the objects get it."""

from sqlalchemy import ForeignKey, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    motto: Mapped[str] = mapped_column(default="", deferred=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    return [User(id=1, name="Ann", motto="Go", organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> str:
    user = await session.get_one(User, 1)
    await session.execute(update(User).where(User.id == 1).values(name="Anna"))
    return user.name
