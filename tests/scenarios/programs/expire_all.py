# rule: expired-read
# attribute: Task.title
# instance: Task 1
# cause: expired-explicitly
# cure: safe: await session.refresh(one)
# adds: 1
"""Everything is expired by hand."""

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


async def main(session: AsyncSession) -> str:
    one, two = await session.scalars(select(Task).order_by(Task.id))  # load
    session.expire_all()  # cause
    await session.refresh(two)
    return two.title + one.title  # read
