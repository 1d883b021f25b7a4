"""A synchronous session beside the asynchronous one, in this thread and in another."""

import asyncio

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


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


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


def titles() -> list[str]:
    with Session(engine) as session:
        user = session.scalars(select(User)).one()
        session.commit()
        return [user.name, *(post.title for post in user.posts), user.posts[0].author.name]


async def main(session: AsyncSession) -> list[str]:
    Base.metadata.create_all(engine)
    with Session(engine) as other:
        other.add_all(rows())
        other.commit()
    user = await session.get_one(User, 1)
    found = [user.name, *titles(), *await asyncio.to_thread(titles)]
    engine.dispose()
    return found
