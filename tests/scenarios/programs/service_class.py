# rule: lazy-read
# attribute: User.organization
# instance: User 2
# cause: never-loaded
# cure: safe: select(User).where(User.name == name).options(joinedload(User.organization))
"""A service holds its session in an attribute."""

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


class Directory:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def find(self, name: str) -> User:
        query = select(User).where(User.name == name)
        return (await self.session.execute(query)).scalar_one()  # load

    async def line(self, name: str) -> str:
        user = await self.find(name)
        return f"{user.name} ({user.organization.name})"  # read


async def main(session: AsyncSession) -> str:
    return await Directory(session).line("Bob")
