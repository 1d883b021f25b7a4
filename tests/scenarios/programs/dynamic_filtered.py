# rule: dynamic-read
# attribute: User.posts
# instance: User 1
# cause: dynamic
# cure: safe: (await session.scalars(user.posts.filter_by(title="Two").statement)).first()
# marked: user.posts.filter_by(title="Two").first()
# adds: 1
"""A dynamic relation is filtered, which makes an ordinary query of it."""

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


async def main(session: AsyncSession) -> str:
    user = await session.get_one(User, 1)  # load
    post = user.posts.filter_by(title="Two").first()  # read
    return post.title
