# rule: expired-read
# attribute: Task.id
# instance: Task 3
# cause: expired-by-commit
# cure: safe: await session.refresh(task)
# adds: 1
"""A new object is stored, committed, and its number is the answer."""

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


async def create(session: AsyncSession, title: str) -> int:
    task = Task(id=3, title=title)
    session.add(task)  # load
    await session.commit()  # cause
    return task.id  # read


async def main(session: AsyncSession) -> int:
    return await create(session, "think")
