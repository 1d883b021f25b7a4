# rule: detached-read
# raises: DetachedReadError
# attribute: User.organization
# instance: User 1
# cause: detached
# cure: safe: select(User).order_by(User.id).options(joinedload(User.organization))
"""The session is closed by a call, before the object is used."""

from sqlalchemy import ForeignKey, select
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
    session = sessions()
    try:
        user = (await session.scalars(select(User).order_by(User.id))).first()  # load
    finally:
        await session.close()  # cause
    return user.organization.name if user else ""  # read
