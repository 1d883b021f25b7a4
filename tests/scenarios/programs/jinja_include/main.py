# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, 1, options=[joinedload(User.organization)])
"""A template is rendered, and one that it includes reads further."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader


from sqlalchemy import ForeignKey
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


templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


async def main(session: AsyncSession) -> str:
    user = await session.get_one(User, 1)  # load
    return templates.get_template("letter.txt").render(user=user)
