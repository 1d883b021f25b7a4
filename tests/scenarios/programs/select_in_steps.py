# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: safe: stmt.options(joinedload(User.organization))
"""The statement is built in steps, some of them depending on what is asked for."""

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


async def search(session: AsyncSession, name: str | None = None, page: int = 0) -> list[User]:
    stmt = select(User).order_by(User.id)
    if name is not None:
        stmt = stmt.where(User.name == name)
    stmt = stmt.limit(10).offset(10 * page)
    return list(await session.scalars(stmt))  # load


async def main(session: AsyncSession) -> list[str]:
    found = await search(session, name="Bob")
    return [user.organization.name for user in found]  # read
