"""What was loaded stays loaded when the session is closed, and over a commit that expires nothing."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship


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


async def main(sessions: async_sessionmaker[AsyncSession]) -> list[str]:
    async with sessions(expire_on_commit=False) as session:
        user = await session.get_one(User, 1, options=[joinedload(User.organization)])
        await session.commit()
    other = User(id=7, name="New")
    assert other.organization is None
    return [user.name, user.organization.name, other.name]
