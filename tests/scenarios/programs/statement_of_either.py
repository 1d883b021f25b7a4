# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: display: .options(joinedload(User.organization))
"""A condition decides what is selected, and the cure for one would break the other."""

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


async def first(session: AsyncSession, kind: str) -> Base:
    if kind == "user":
        stmt = select(User).order_by(User.id)
    else:
        stmt = select(Organization).order_by(Organization.id)
    return (await session.scalars(stmt)).first()  # load


async def main(session: AsyncSession) -> str:
    await first(session, "organization")
    user = await first(session, "user")
    return user.organization.name  # read
