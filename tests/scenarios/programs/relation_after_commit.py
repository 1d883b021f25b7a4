# rule: expired-read
# attribute: User.organization
# instance: User 1
# cause: expired-by-commit
# cure: safe: await session.refresh(user, ["organization"])
# adds: 1
"""The organization was loaded with the user; the commit takes it away again."""

from sqlalchemy import ForeignKey, select
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


async def main(session: AsyncSession) -> int:
    query = select(User).options(joinedload(User.organization)).where(User.id == 1)
    user = (await session.execute(query)).scalar_one()  # load
    user.name = "Anna"
    await session.commit()  # cause
    organization = user.organization  # read
    return len({organization})
