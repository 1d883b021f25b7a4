# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: .options(selectinload(User.organization))
# adds: 1
"""Users come with a count, grouped: columns of a join would have to be grouped, too."""

from sqlalchemy import ForeignKey, func, select
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


async def main(session: AsyncSession) -> list[tuple[str, int]]:
    query = (
        select(User, func.count(Badge.id))
        .outerjoin(Badge, Badge.user_id == User.id)
        .group_by(User.id)
        .order_by(User.id)
    )
    found = await session.execute(query)  # load
    return [(user.organization.name, count) for user, count in found]  # read
