# rule: detached-read
# raises: DetachedReadError
# attribute: User.organization
# instance: User 1
# cause: detached
# cure: safe: session.get_one(User, 1, options=[joinedload(User.organization)])
"""The session is closed by the end of its block."""

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


async def find(sessions: async_sessionmaker[AsyncSession]) -> User:
    async with sessions() as session:  # cause
        return await session.get_one(User, 1)  # load


async def main(sessions: async_sessionmaker[AsyncSession]) -> str:
    user = await find(sessions)
    assert user.name == "Ann"
    return user.organization.name  # read
