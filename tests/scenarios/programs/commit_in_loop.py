# rule: expired-read
# attribute: Task.title
# instance: Task 2
# cause: expired-by-commit
# cure: safe: await session.refresh(task)
# adds: 2
"""Each turn of a loop commits, and expires what the next one reads."""

from sqlalchemy import select
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


async def main(session: AsyncSession) -> list[str]:
    titles = []
    for task in (await session.scalars(select(Task).order_by(Task.id))).all():  # load
        titles.append(task.title)  # read
        await session.commit()  # cause
    return titles
