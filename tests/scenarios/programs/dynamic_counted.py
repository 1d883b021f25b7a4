# rule: dynamic-read
# attribute: User.posts
# instance: User 1
# cause: dynamic
# cure: unsafe: len((await session.scalars(user.posts.statement)).all())
# marked: user.posts.count()
# adds: 1
"""A dynamic relation is counted; awaited, it is by loading what is to be counted."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: DynamicMapped["Post"] = relationship(back_populates="author", lazy="dynamic")


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), nullable=True)
    author: Mapped[User] = relationship(back_populates="posts")


def rows() -> list[Base]:
    return [User(id=1, name="Ann", posts=[Post(id=1, title="One"), Post(id=2, title="Two")])]


async def main(session: AsyncSession) -> int:
    user = await session.get_one(User, 1)  # load
    return user.posts.count()  # read
