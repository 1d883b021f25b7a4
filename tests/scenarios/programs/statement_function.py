# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: unsafe: users_called(name).options(joinedload(User.organization))
"""The statement comes from another function; the call does not show what it selects."""

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


def users_called(name: str) -> Select[tuple[User]]:
    return select(User).where(User.name == name)


async def find(session: AsyncSession, name: str) -> User | None:
    return await session.scalar(users_called(name))  # load


async def main(session: AsyncSession) -> str | None:
    user = await find(session, "Bob")
    return user.organization.name if user else None  # read
