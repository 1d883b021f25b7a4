"""Columns that are deferred or left out, and undeferred or named where they are needed."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, load_only, mapped_column, relationship, undefer


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


async def main(session: AsyncSession) -> list[str]:
    user = await session.get_one(User, 1, options=[undefer(User.motto)])
    whole = [user.name, user.motto]
    session.expunge_all()
    part = await session.scalar(select(User).options(load_only(User.name)))
    return [*whole, part.name if part else ""]
