# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: options-ignored
# cure: safe: selectinload(User.organization)
# adds: 1
"""A joined load is asked for, but a text stays as it is."""

from sqlalchemy import ForeignKey, select, text
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
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    acme, globex = Organization(id=1, name="Acme"), Organization(id=2, name="Globex")
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=globex)]


async def main(session: AsyncSession) -> str:
    query = (
        select(User)
        .from_statement(text("SELECT * FROM users WHERE id = 2"))
        .options(joinedload(User.organization))
    )
    user = (await session.execute(query)).scalar_one()  # load
    return user.organization.name  # read
