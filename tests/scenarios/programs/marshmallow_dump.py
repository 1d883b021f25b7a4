# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, 1, options=[joinedload(User.organization)])
# marked: UserSchema().dump(user)
"""A schema dumps an object, and asks for more than was loaded."""

from marshmallow import Schema, fields


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


class OrganizationSchema(Schema):
    name = fields.String()


class UserSchema(Schema):
    name = fields.String()
    organization = fields.Nested(OrganizationSchema)


async def main(session: AsyncSession) -> object:
    user = await session.get_one(User, 1)  # load
    return UserSchema().dump(user)  # read
