# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-by-commit
# cure: safe: await session.refresh(task)
# adds: 1
"""Committed, refreshed, and committed once more: the second commit is to blame."""

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


async def main(session: AsyncSession) -> str:
    task = await session.get_one(Task, 1)  # load
    task.done = True
    await session.commit()
    await session.refresh(task)
    task.done = False
    await session.commit()  # cause
    return task.title  # read
