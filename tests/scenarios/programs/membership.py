# rule: lazy-read
# attribute: User.posts
# instance: User 1
# cause: never-loaded
# cure: safe: select(User).where(User.name == "Ann").options(selectinload(User.posts))
# adds: 1
"""Is it in the collection?"""

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


async def owns(session: AsyncSession, name: str, post: Post) -> bool:
    user = await session.scalar(select(User).where(User.name == "Ann"))  # load
    return user is not None and post in user.posts and name == user.name  # read


async def main(session: AsyncSession) -> bool:
    return await owns(session, "Ann", await session.get_one(Post, 2))
