# rule: lazy-read
# attribute: User.posts
# instance: User 1
# cause: never-loaded
# cure: safe: options=[selectinload(User.posts)]
# adds: 1
"""A call over several lines, with comments, whose last argument stands in brackets."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), nullable=True)
    author: Mapped[User] = relationship(back_populates="posts")


def rows() -> list[Base]:
    return [User(id=1, name="Ann", posts=[Post(id=1, title="One"), Post(id=2, title="Two")])]


async def count(session: AsyncSession, number: int | None) -> int:
    user = await session.get_one(  # load
        User,
        (
            number  # the number, if there is one
            if number is not None
            else 1
        )  # or else that of Ann (1)
    )  # fmt: skip
    return len(user.posts)  # read


async def main(session: AsyncSession) -> int:
    return await count(session, None)
