# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: display: .options(joinedload(User.organization))
"""The session is used by a task that has no code of its own: gather() waits for it."""

import asyncio

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
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
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    acme, globex = Organization(id=1, name="Acme"), Organization(id=2, name="Globex")
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=globex)]


async def main(sessions: async_sessionmaker[AsyncSession]) -> str:
    async with sessions() as one, sessions() as other:
        found = await asyncio.gather(one.get_one(User, 1), other.get_one(User, 2))  # load
        return found[1].organization.name  # read
