"""populate_existing, in a statement that asks for the relation again."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship


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
    motto: Mapped[str] = mapped_column(default="", deferred=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    return [User(id=1, name="Ann", motto="Go", organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> str:
    query = select(User).options(joinedload(User.organization))
    user = (await session.scalars(query)).one()
    before = user.organization.name
    again = query.execution_options(populate_existing=True)
    assert (await session.scalars(again)).one() is user
    return before + user.organization.name
