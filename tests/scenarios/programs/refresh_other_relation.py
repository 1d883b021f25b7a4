# rule: lazy-read
# attribute: User.badges
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, 1, options=[selectinload(User.badges)])
# adds: 1
"""One relation is refreshed, and another one is read."""

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


class Badge(Base):
    __tablename__ = "badges"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


User.badges = relationship(Badge)


async def main(session: AsyncSession) -> tuple[str, int]:
    user = await session.get_one(User, 1)  # load
    await session.refresh(user, ["organization"])
    return user.organization.name, len(user.badges)  # read
