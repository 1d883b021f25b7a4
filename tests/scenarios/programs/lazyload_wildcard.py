# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: options-ignored
# cure: safe: select(User).options(lazyload("*"), joinedload(User.organization)).filter_by(id=2)
"""lazyload("*") switches off what the mapping loads; an option for one attribute is stronger."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, lazyload, mapped_column, relationship


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
    organization: Mapped[Organization] = relationship(lazy="joined")


def rows() -> list[Base]:
    acme, globex = Organization(id=1, name="Acme"), Organization(id=2, name="Globex")
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=globex)]


async def main(session: AsyncSession) -> str:
    user = await session.scalar(select(User).options(lazyload("*")).filter_by(id=2))  # load
    assert user is not None
    return user.organization.name  # read
