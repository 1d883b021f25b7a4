# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-by-bulk-update
# cure: safe: await session.refresh(task, ["title"])
# adds: 1
"""A bulk UPDATE that fetches the keys first, where there is no RETURNING or a second statement."""

from sqlalchemy import func, update
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
    statement = update(Task).where(Task.id < 10).values(title=func.upper(Task.title))
    options = {"synchronize_session": "fetch"}
    await session.execute(statement, execution_options=options)  # cause
    return task.title  # read
