# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-by-rollback
# cure: safe: await session.refresh(task)
# adds: 1
"""A savepoint is rolled back: what was changed inside of it is expired, and nothing else."""

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


class Refused(Exception):
    pass


async def main(session: AsyncSession) -> tuple[str, str]:
    task = await session.get_one(Task, 1)  # load
    other = await session.get_one(Task, 2)
    try:
        async with session.begin_nested():  # cause
            task.title = "think"
            await session.flush()
            raise Refused
    except Refused:
        pass
    return other.title, task.title  # read
