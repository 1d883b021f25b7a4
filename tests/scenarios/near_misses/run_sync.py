"""Lazy loads of every kind, inside of run_sync()."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


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


def report(session: Session) -> list[str]:
    user = session.scalars(select(User)).one()
    lines = [f"{post.title} by {post.author.name}" for post in user.posts]
    session.commit()
    user.posts.append(Post(id=3, title="Three"))
    session.flush()
    session.expire_all()
    return [*lines, user.name, user.posts[-1].title]


async def main(session: AsyncSession) -> list[str]:
    return await session.run_sync(report)
