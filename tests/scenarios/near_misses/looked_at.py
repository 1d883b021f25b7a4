"""Looking at an object's state loads nothing, and so does comparing, hashing and pickling it."""

import pickle

from sqlalchemy import ForeignKey, inspect
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


async def main(session: AsyncSession) -> list[object]:
    user = await session.get_one(User, 1)
    state = inspect(user)
    copy = pickle.loads(pickle.dumps(user))
    return [
        sorted(state.unloaded),
        sorted(key for key in vars(user) if not key.startswith("_")),
        state.attrs.posts.loaded_value is not None,
        "posts" in vars(user),
        user in {user},
        copy.name,
        inspect(copy).identity,
    ]
