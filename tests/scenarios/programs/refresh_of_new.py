# rule: expired-read
# attribute: User.badges
# instance: User 7
# cause: dropped-by-refresh
# cure: safe: await session.refresh(user, ["badges"])
# adds: 2
"""Added, committed, refreshed, as many do: the refresh brings columns alone."""

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


async def create(session: AsyncSession, name: str) -> tuple[str, int]:
    user = User(id=7, name=name, organization_id=2)
    session.add(user)  # load
    await session.commit()
    await session.refresh(user)  # cause
    return user.name, len(user.badges)  # read


async def main(session: AsyncSession) -> tuple[str, int]:
    return await create(session, "Eve")
