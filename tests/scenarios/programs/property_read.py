# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, 1, options=[joinedload(User.organization)])
"""The label of a user is a property that reads her organization."""

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

    @property
    def label(self) -> str:
        return f"{self.name}, {self.organization.name}"  # read


def rows() -> list[Base]:
    return [User(id=1, name="Ann", organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> str:
    user = await session.get_one(User, 1)  # load
    return user.label
