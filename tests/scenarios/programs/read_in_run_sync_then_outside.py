# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: safe: select(User).where(User.name == name).options(joinedload(User.organization))
# blurred: display: .options(joinedload(User.organization))
"""Loaded by a synchronous function, read outside of it."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


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


def find(session: Session, name: str) -> User:
    return session.scalars(select(User).where(User.name == name)).one()  # load


async def main(session: AsyncSession) -> str:
    user = await session.run_sync(find, "Bob")
    return user.organization.name  # read
