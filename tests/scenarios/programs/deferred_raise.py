# rule: lazy-read
# raises: InvalidRequestError
# attribute: User.name
# instance: User 1
# cause: raise-configured
# cure: display: .options(undefer(User.name))
"""A deferred column that is not to be loaded by a read."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, defer, mapped_column, relationship


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
    async with sessions() as session:
        user = await session.get_one(User, 1, options=[defer(User.name, raiseload=True)])  # load
        return user.name  # read
