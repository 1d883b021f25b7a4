# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: select(User).order_by(User.id).options(joinedload(User.organization))
"""A plain generator yields what it reads, one after the other."""

from collections.abc import Iterable, Iterator

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
    name: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    acme, globex = Organization(id=1, name="Acme"), Organization(id=2, name="Globex")
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=globex)]


def lines(users: Iterable[User]) -> Iterator[str]:
    for user in users:
        yield f"{user.name}: {user.organization.name}"  # read


async def main(session: AsyncSession) -> str:
    users = await session.scalars(select(User).order_by(User.id))  # load
    with session.no_autoflush:
        return "\n".join(lines(users))
