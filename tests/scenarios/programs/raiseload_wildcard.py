# rule: lazy-read
# raises: InvalidRequestError
# attribute: User.organization
# instance: User 1
# cause: raise-configured
# cure: safe: session.get_one(User, 1, options=[raiseload("*"), joinedload(User.organization)])
"""An option forbids all lazy loads: the error is another one, stays, and is explained."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, raiseload, relationship


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


async def main(session: AsyncSession) -> str:
    user = await session.get_one(User, 1, options=[raiseload("*")])  # load
    return user.organization.name  # read
