# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-by-rollback
# cure: safe: await session.refresh(task)
# adds: 1
"""A title is taken already: the flush fails, and that is what rolls back."""

from sqlalchemy.exc import IntegrityError
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


async def rename(session: AsyncSession, task_id: int, title: str) -> str:
    task = await session.get_one(Task, task_id)  # load
    task.title = title
    try:
        await session.commit()  # cause
    except IntegrityError:
        await session.rollback()
        return f"{task.title} stays as it is"  # read
    return "done"


async def main(session: AsyncSession) -> str:
    return await rename(session, 1, "read")
