# rule: deferred-read
# attribute: User.name
# instance: User 1
# cause: load-only
# cure: safe: select(User).options(load_only(User.organization_id), undefer(User.name))
#   .order_by(User.id)
"""load_only() leaves out the column that is read."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, load_only, mapped_column, relationship


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


async def main(session: AsyncSession) -> list[str]:
    query = select(User).options(load_only(User.organization_id)).order_by(User.id)
    users = (await session.execute(query)).scalars().all()  # load
    return [user.name for user in users]  # read
