# rule: expired-read
# attribute: User.organization
# instance: User 1
# cause: replaced-by-populate-existing
# cure: safe: select(User).execution_options(populate_existing=True)
#   .options(joinedload(User.organization))
"""A statement with populate_existing loads users anew, and their organizations are gone."""

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
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=globex)]


async def main(session: AsyncSession) -> str:
    options = [joinedload(User.organization)]
    user = await session.get_one(User, 1, options=options)
    query = select(User).execution_options(populate_existing=True)
    users = (await session.execute(query)).scalars().all()  # load
    assert user in users
    return user.organization.name  # read
