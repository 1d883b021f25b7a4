# rule: lazy-read
# attribute: User.organization
# instance: User 7
# cause: never-loaded
# cure: safe: select(User).where(User.id == 7).options(joinedload(User.organization))
"""After a commit the object is selected once more, without its organization."""

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


async def main(session: AsyncSession) -> str:
    user = User(id=7, name="Eve", organization_id=1)
    session.add(user)
    await session.commit()
    query = select(User).where(User.id == 7)
    same = (await session.execute(query)).scalar_one()  # load
    assert same is user
    return same.organization.name  # read
