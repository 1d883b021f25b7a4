# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-explicitly
# cure: safe: await session.refresh(task)
# adds: 1
"""A bulk UPDATE does not synchronize, so the object is expired by hand in the next line."""

from sqlalchemy import update
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
    statement = update(Task).values(done=True).execution_options(synchronize_session=False)
    await session.execute(statement)
    session.expire(task)  # cause
    return task.title  # read
