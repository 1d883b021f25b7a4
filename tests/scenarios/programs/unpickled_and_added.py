# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: display: .options(joinedload(User.organization))
"""An object comes unpickled into a session that has loaded others of its class."""

import pickle


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
    async with sessions() as session:
        kept = pickle.dumps(await session.get_one(User, 1))
    async with sessions() as session:
        await session.get_one(User, 2)
        user = pickle.loads(kept)
        session.add(user)
        await session.get_one(Organization, 2)
        return user.organization.name  # read
