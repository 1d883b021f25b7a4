# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, 1, options=[joinedload(User.organization)])
# marked: letter.render(user=user)
"""A template that has no file: the line that renders it is shown."""

from jinja2 import Template


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


letter = Template("Hello,\n{{ user.organization.name }}")


async def main(session: AsyncSession) -> str:
    user = await session.get_one(User, 1)  # load
    return letter.render(user=user)  # read
