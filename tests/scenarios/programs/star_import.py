# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: select(User).options(joinedload(User.organization))
"""Everything is imported from SQLAlchemy's ORM, one way or another."""

from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.asyncio import AsyncSession


class Base(DeclarativeBase):
    pass


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    return [User(id=1, organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> str:
    user = await session.scalar(select(User))  # load
    return user.organization.name  # read
