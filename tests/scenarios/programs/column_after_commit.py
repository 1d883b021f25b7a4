# rule: expired-read
# attribute: User.name
# instance: User 1
# cause: expired-by-commit
# cure: safe: await session.refresh(user)
# adds: 1
"""A handler renames a user, commits, and answers with what it just stored."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


def rows() -> list[Base]:
    return [User(id=1, name="Ann", email="ann@example.com")]


async def main(session: AsyncSession) -> dict[str, str]:
    user = (await session.execute(select(User).where(User.id == 1))).scalar_one()  # load
    user.name = "Anna"
    await session.commit()  # cause
    return {"name": user.name, "email": user.email}  # read
