# rule: expired-read
# attribute: User.name
# instance: User 1
# cause: expired-by-commit
# cure: safe: await session.refresh(user)
# adds: 1
"""Read in the condition of an elif: the line is put before the if that it belongs to."""

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


async def main(session: AsyncSession) -> str:
    name = ""
    user = await session.get_one(User, 1)  # load
    await session.commit()  # cause
    if name:
        return name
    elif user.name == "Ann":  # read
        return "it is Ann"
    return "nobody"
