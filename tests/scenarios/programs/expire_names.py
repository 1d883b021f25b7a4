# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-explicitly
# cure: safe: await session.refresh(task, ["title"])
# adds: 1
"""Two attributes of an object are expired by hand; the third one is still there."""

from sqlalchemy.ext.asyncio import AsyncSession
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


async def main(session: AsyncSession) -> tuple[int, str]:
    task = await session.get_one(Task, 1)  # load
    session.expire(task, ["title", "done"])  # cause
    return task.id, task.title  # read
