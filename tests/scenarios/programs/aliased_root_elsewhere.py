# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: display: .options(joinedload(<the alias of User>.organization))
"""The alias of the root is known to a function that has returned, by no name of the reader's."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship


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


def members() -> Select[tuple[User]]:
    return select(aliased(User)).limit(9)


async def find_members(session: AsyncSession) -> Sequence[User]:
    return (await session.scalars(members())).all()  # load


async def main(session: AsyncSession) -> str:
    found = await find_members(session)
    return found[1].organization.name  # read
