# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: display: .options(joinedload(User.organization))
"""merge() in a unit of work that saves whatever it is given."""

from typing import Any

from sqlalchemy import ForeignKey
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


class UnitOfWork:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def save(self, item: Any) -> Any:
        return await self.session.merge(item)  # load


async def main(session: AsyncSession) -> str:
    user = await UnitOfWork(session).save(User(id=2, name="Robert"))
    return user.organization.name  # read
