# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: display: .options(joinedload(User.organization))
"""A repository executes what it is given; nobody can say whose statement has to change."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ForeignKey, Select, select
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
    name: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    acme, globex = Organization(id=1, name="Acme"), Organization(id=2, name="Globex")
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=globex)]


class Repository:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def all(self, statement: Select[Any]) -> Sequence[Any]:
        result = await self.session.scalars(statement)  # load
        return result.all()


async def main(session: AsyncSession) -> list[str]:
    users = await Repository(session).all(select(User).where(User.id == 2))
    return [user.organization.name for user in users]  # read
