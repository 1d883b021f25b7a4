# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: safe: session.get_one(User, number, options=[joinedload(User.organization)])
"""Two tasks, each with a session of its own, run side by side."""

import asyncio

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.orm import joinedload as eagerly


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


async def careful(sessions: async_sessionmaker[AsyncSession], number: int) -> str:
    async with sessions() as session:
        user = await session.get_one(User, number, options=[eagerly(User.organization)])
        await asyncio.sleep(0)
        return user.organization.name


async def careless(sessions: async_sessionmaker[AsyncSession], number: int) -> str:
    async with sessions() as session:
        user = await session.get_one(User, number)  # load
        await asyncio.sleep(0)
        return user.organization.name  # read


async def main(sessions: async_sessionmaker[AsyncSession]) -> list[str]:
    return list(await asyncio.gather(careful(sessions, 1), careless(sessions, 2)))
