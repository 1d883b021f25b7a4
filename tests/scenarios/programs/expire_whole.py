# rule: expired-read
# attribute: Task.done
# instance: Task 2
# cause: expired-explicitly
# cure: safe: await session.refresh(task)
# adds: 1
"""An object is expired by hand."""

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


async def main(session: AsyncSession) -> bool:
    task = await session.get_one(Task, 2)  # load
    session.expire(task)  # cause
    return task.done  # read
