# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: safe: session.get(User, user_id, options=[joinedload(User.organization)])
"""get() takes loader options, too."""

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


async def organization_of(session: AsyncSession, user_id: int) -> str | None:
    user = await session.get(User, user_id)  # load
    return user.organization.name if user else None  # read


async def main(session: AsyncSession) -> str | None:
    return await organization_of(session, 2)
