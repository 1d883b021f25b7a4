# rule: lazy-read
# attribute: Post.tags
# instance: Post 1
# cause: never-loaded
# cure: safe: select(Post).order_by(Post.id).options(selectinload(Post.tags))
# adds: 1
"""A post has tags, and a tag has posts."""

from sqlalchemy import Column, ForeignKey, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


tagged = Table(
    "tagged",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[set["Tag"]] = relationship(secondary=tagged, back_populates="posts")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[set[Post]] = relationship(secondary=tagged, back_populates="tags")


def rows() -> list[Base]:
    return [Post(id=1, tags={Tag(id=1, name="asyncio")}), Post(id=2)]


async def main(session: AsyncSession) -> list[int]:
    posts = (await session.scalars(select(Post).order_by(Post.id))).all()  # load
    return [post.id for post in posts if any(tag.name == "asyncio" for tag in post.tags)]  # read
