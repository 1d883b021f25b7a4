# rule: lazy-read
# attribute: User.name
# instance: User 2
# cause: never-loaded
# cure: safe: await session.refresh(user, ["name"])
# adds: 1
"""The text of a statement leaves a column out."""

from sqlalchemy import ForeignKey, select, text
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


async def main(session: AsyncSession) -> str:
    query = select(User).from_statement(text("SELECT id FROM users WHERE id = 2"))
    user = (await session.execute(query)).scalar_one()  # load
    return user.name  # read
