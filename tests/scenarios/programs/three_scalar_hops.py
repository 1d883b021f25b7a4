# rule: lazy-read
# attribute: Comment.post
# instance: Comment 1
# cause: never-loaded
# cure: safe: select(Comment).limit(1)
#   .options(joinedload(Comment.post).joinedload(Post.author).joinedload(Author.team))
"""Three relations in one expression, none of which is loaded: one cure for all."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team] = relationship()


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship()


class Comment(Base):
    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    post: Mapped[Post] = relationship()


def rows() -> list[Base]:
    author = Author(id=1, team=Team(id=1, name="Docs"))
    return [Comment(id=1, post=Post(id=1, author=author))]


async def main(session: AsyncSession) -> str:
    comment = (await session.scalars(select(Comment).limit(1))).one()  # load
    return comment.post.author.team.name.upper()  # read
