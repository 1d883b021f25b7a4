# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-by-commit
# cure: safe: await session.refresh(task)
# adds: 1
"""Code of the synchronous days commits inside of run_sync()."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    done: Mapped[bool] = mapped_column(default=False)


def rows() -> list[Base]:
    return [Task(id=1, title="write"), Task(id=2, title="read")]


def close_all(session: Session) -> None:
    for task in session.query(Task):
        task.done = True
    session.commit()  # cause


async def main(session: AsyncSession) -> str:
    task = await session.get_one(Task, 1)  # load
    await session.run_sync(close_all)
    return task.title  # read
