# rule: expired-read
# attribute: User.name
# instance: User 1
# cause: expired-by-commit
# cure: safe: await session.refresh(author)
# adds: 1
"""The object crosses functions, each with names of its own for it and for the session."""

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


def signature(person: User) -> str:
    return f"-- {person.name}"  # read


async def store(database: AsyncSession, user_id: int) -> User:
    found = await database.get_one(User, user_id)  # load
    found.name = "Anna"
    await database.commit()  # cause
    return found


async def main(session: AsyncSession) -> str:
    db = session
    author = await store(db, 1)
    text = "Hello"
    return text + signature(author)
