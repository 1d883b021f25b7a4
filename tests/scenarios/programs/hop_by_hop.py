# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, 1, options=[joinedload(User.organization)])
# rounds: 2
"""Hop by hop, in one statement each: every finding is about its own hop."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Country(Base):
    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    country_id: Mapped[int] = mapped_column(ForeignKey("countries.id"))
    country: Mapped[Country] = relationship()


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    acme = Organization(id=1, name="Acme", country=Country(id=1, name="Chile"))
    return [User(id=1, name="Ann", organization=acme)]


async def main(session: AsyncSession) -> str:
    user = await session.get_one(User, 1)  # load
    organization = user.organization  # read
    country = organization.country
    return country.name
