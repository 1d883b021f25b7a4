# rule: generated-read
# attribute: User.fullname
# instance: User 7
# cause: expired-by-flush
# cure: safe: await session.refresh(user, ["fullname"])
# adds: 1
"""A column property comes with the statement that loads an object; no statement loaded this one."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column()
    last: Mapped[str] = mapped_column()
    fullname: Mapped[str] = column_property(first + " " + last)


def rows() -> list[Base]:
    return []


async def main(session: AsyncSession) -> str:
    user = User(id=7, first="Eve", last="Adams")
    session.add(user)  # load
    await session.flush()  # cause
    return user.fullname  # read
