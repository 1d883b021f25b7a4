# rule: unset-read
# attribute: User.posts
# instance: User 7
# cause: new-object
# cure: safe: User(id=7, name=name, posts=[])
"""A new user is stored, and the answer lists her posts: she was never given any."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship()


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


def rows() -> list[Base]:
    return []


async def sign_up(session: AsyncSession, name: str) -> dict[str, object]:
    user = User(id=7, name=name)
    session.add(user)  # load
    await session.flush()
    return {"id": user.id, "posts": [post.id for post in user.posts]}  # read


async def main(session: AsyncSession) -> dict[str, object]:
    return await sign_up(session, "Eve")
