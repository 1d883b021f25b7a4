# rule: expired-read
# attribute: Post.title
# instance: Post 1
# cause: expired-by-commit
# cure: display: await <the session>.refresh(<the Post 1>)
"""A generator over rows that a commit has expired: no line can be put into it."""

from sqlalchemy import ForeignKey, select
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


async def main(session: AsyncSession) -> str:
    posts = (await session.scalars(select(Post).order_by(Post.id))).all()  # load
    await session.commit()  # cause
    return ", ".join(post.title for post in posts)  # read
