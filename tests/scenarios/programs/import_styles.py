# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: sa.select(User).order_by(User.id).options(joinedload(User.organization))
"""SQLAlchemy is called by the names of its modules, so that the cure needs an import."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext import asyncio as sa_asyncio


class Base(orm.DeclarativeBase):
    pass


class Organization(Base):
    __tablename__ = "organizations"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    organization_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("organizations.id"))
    organization: orm.Mapped[Organization] = orm.relationship()


def rows() -> list[Base]:
    return [User(id=1, organization=Organization(id=1, name="Acme"))]


async def main(session: sa_asyncio.AsyncSession) -> str:
    user = await session.scalar(sa.select(User).order_by(User.id))  # load
    assert user is not None
    return user.organization.name  # read
