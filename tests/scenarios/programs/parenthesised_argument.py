# rule: unset-read
# attribute: User.posts
# instance: User 7
# cause: new-object
# cure: safe: posts=[]
"""The last argument stands in brackets of its own, over several lines, with comments."""

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


async def main(session: AsyncSession) -> int:
    user = User(
        id=7,
        name=(
            "Eve of "  # (
            "the long name"
        ),  # the whole of it
    )
    session.add(user)  # load
    await session.flush()
    return len(user.posts)  # read
