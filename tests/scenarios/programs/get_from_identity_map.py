# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: options-ignored
# cure: safe: select(User).options(joinedload(User.organization))
"""get() finds a user who is in the session, and so its options do nothing."""

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
    users = (await session.scalars(select(User))).all()  # load
    assert len(users) == 2
    user = await session.get(User, 2, options=[joinedload(User.organization)])  # cause
    assert user is not None
    return user.organization.name  # read
