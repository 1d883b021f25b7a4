# rule: expired-read
# attribute: User.name
# instance: User 1
# cause: expired-by-commit
# cure: safe: await session.refresh(user)
# adds: 1
"""The session is a scoped one, a proxy."""

from asyncio import current_task

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker
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
    session = async_scoped_session(sessions, scopefunc=current_task)
    try:
        user = await session.get_one(User, 1)  # load
        await session.commit()  # cause
        return user.name  # read
    finally:
        await session.remove()
