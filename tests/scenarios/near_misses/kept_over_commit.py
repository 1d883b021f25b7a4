"""The session keeps what it holds over commits, and one attribute is expired but never read."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    done: Mapped[bool] = mapped_column(default=False)


def rows() -> list[Base]:
    return [Task(id=1, title="write"), Task(id=2, title="read")]


async def main(sessions: async_sessionmaker[AsyncSession]) -> list[object]:
    async with sessions(expire_on_commit=False) as session:
        task = await session.get_one(Task, 1)
        task.done = True
        session.add(Task(id=3, title="think"))
        await session.commit()
        session.expire(task, ["title"])
        return [task.id, task.done]
