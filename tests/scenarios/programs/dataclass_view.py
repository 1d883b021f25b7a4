# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: select(User).order_by(User.id).options(joinedload(User.organization))
"""A dataclass for the view is made from a user."""

from dataclasses import asdict, dataclass

from sqlalchemy import ForeignKey, select
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


@dataclass(frozen=True)
class UserView:
    name: str
    organization: str

    @classmethod
    def of(cls, user: User) -> "UserView":
        return cls(name=user.name, organization=user.organization.name)  # read


async def main(session: AsyncSession) -> list[dict[str, str]]:
    users = await session.scalars(select(User).order_by(User.id))  # load
    return [asdict(UserView.of(user)) for user in users]
