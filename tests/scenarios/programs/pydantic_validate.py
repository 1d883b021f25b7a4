# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, user_id, options=[joinedload(User.organization)])
# error: ValidationError
# marked: UserOut.model_validate(user)
"""A schema is filled from a user, with an organization that is not loaded."""

from pydantic import BaseModel, ConfigDict
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


class OrganizationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    organization: OrganizationOut


def rows() -> list[Base]:
    return [User(id=1, name="Ann", organization=Organization(id=1, name="Acme"))]


async def show(session: AsyncSession, user_id: int) -> UserOut:
    user = await session.get_one(User, user_id)  # load
    return UserOut.model_validate(user)  # read


async def main(session: AsyncSession) -> dict[str, object]:
    return (await show(session, 1)).model_dump()
