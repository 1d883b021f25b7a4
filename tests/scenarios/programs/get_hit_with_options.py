# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: options-ignored
# cure: safe: session.get_one(User, 1, options=[joinedload(User.organization)])
"""get() with options finds the object in the session, and the options are dropped."""


from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
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


async def check(session: AsyncSession) -> User:
    return await session.get_one(User, 1)  # load


async def main(session: AsyncSession) -> str:
    checked = await check(session)
    user = await session.get_one(User, 1, options=[joinedload(User.organization)])  # cause
    assert user is checked
    return user.organization.name  # read
