# rule: unset-read
# attribute: User.posts
# instance: User 7
# cause: new-object
# cure: safe: await session.refresh(user, ["posts"])
# adds: 2
"""The constructor takes the name alone, and so no collection."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list[Post]] = relationship()

    def __init__(self, name: str) -> None:
        self.id = 7
        self.name = name


def rows() -> list[Base]:
    return []


async def main(session: AsyncSession) -> int:
    user = User("Eve")
    session.add(user)  # load
    await session.flush()
    return len(user.posts)  # read
