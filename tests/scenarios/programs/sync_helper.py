# rule: sync-call
# raises: SyncCallError
# attribute: Session.scalars
# instance:
# cause: outside-greenlet
# marked: session.scalars(select(User))
# cure: display: await session.scalars(...)
# adds: 0
"""A helper that is written for a synchronous session is called with one of async code."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


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


def count(session: Session) -> int:
    return len(session.scalars(select(User)).all())  # read


async def main(session: AsyncSession) -> int:
    return count(session.sync_session)
