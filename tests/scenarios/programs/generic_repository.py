# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: display: .options(joinedload(User.organization))
"""A repository for every model: an option for users has no place in it."""

from typing import Any, Generic, TypeVar

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
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


M = TypeVar("M", bound=Base)


class Repository(Generic[M]):
    model: type[M]

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, identity: Any) -> M | None:
        return await self.session.get(self.model, identity)  # load


class Users(Repository[User]):
    model = User


class Organizations(Repository[Organization]):
    model = Organization


def rows() -> list[Base]:
    return [User(id=1, organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> str:
    organization = await Organizations(session).get(1)
    assert organization is not None
    session.expunge(organization)
    user = await Users(session).get(1)
    assert user is not None
    return user.organization.name  # read
