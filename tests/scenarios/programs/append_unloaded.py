# rule: lazy-write
# attribute: User.posts
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, user_id, options=[selectinload(User.posts)])
# adds: 2
"""A post is appended to the posts of a user, which were not loaded."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship()


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


def rows() -> list[Base]:
    return [User(id=1, posts=[Post(id=1, title="One")])]


async def publish(session: AsyncSession, user_id: int, title: str) -> None:
    user = await session.get_one(User, user_id)  # load
    user.posts.append(Post(id=2, title=title))  # read
    await session.commit()  # the INSERT is the second statement that the cure adds


async def main(session: AsyncSession) -> None:
    await publish(session, 1, "Two")
