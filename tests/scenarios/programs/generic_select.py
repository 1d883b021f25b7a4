# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: display: .options(joinedload(User.organization))
"""A function that selects any model: an option for users has no place in it."""

from typing import TypeVar

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
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
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


M = TypeVar("M", bound=Base)


async def all_of(session: AsyncSession, model: type[M]) -> list[M]:
    return list(await session.scalars(select(model)))  # load


def rows() -> list[Base]:
    return [User(id=1, organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> list[str]:
    names = [organization.name for organization in await all_of(session, Organization)]
    for user in await all_of(session, User):
        names.append(user.organization.name)  # read
    return names
