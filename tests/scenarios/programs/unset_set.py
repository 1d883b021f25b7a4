# rule: unset-read
# attribute: Post.tags
# instance: Post 7
# cause: new-object
# cure: safe: Post(id=7, tags=set())
"""The collection is a set, which an empty list does not fit."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[set[Tag]] = relationship()


def rows() -> list[Base]:
    return []


async def main(session: AsyncSession) -> bool:
    session.add_all([post := Post(id=7)])  # load
    await session.flush()
    return Tag(id=1) in post.tags  # read
