# rule: lazy-read
# attribute: User.organization
# instance: User 100
# cause: never-loaded
# cure: safe: select(User).where(User.id == user_id).options(joinedload(User.organization))
"""The article's bug: users 1 and 2 share an organization, user 100 has one of her own."""

from sqlalchemy import ForeignKey, select
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
    return [
        User(id=1, name="Ann", organization=acme),
        User(id=2, name="Bob", organization=acme),
        User(id=100, name="Cleo", organization=globex),
    ]


async def find_user(session: AsyncSession, user_id: int) -> User:
    result = await session.execute(select(User).where(User.id == user_id))  # load
    return result.scalars().one()


async def main(session: AsyncSession) -> None:
    query = select(User).options(joinedload(User.organization)).where(User.id == 1)
    user_1 = (await session.execute(query)).scalars().one()
    assert user_1.organization.name == "Acme"

    user_2 = await find_user(session, 2)
    assert user_2.organization is user_1.organization

    user_100 = await find_user(session, 100)
    assert user_100.organization.name == "Globex"  # read
