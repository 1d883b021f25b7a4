# rule: expired-read
# attribute: Task.done
# instance: Task 1
# cause: expired-by-commit
# cure: safe: await session.refresh(task, ["done"])
# adds: 1
"""After the commit one attribute is refreshed, and another one is read."""

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


async def main(session: AsyncSession) -> tuple[str, bool]:
    task = await session.get_one(Task, 1)  # load
    task.done = True
    await session.commit()  # cause
    await session.refresh(task, ["title"])
    return task.title, task.done  # read
