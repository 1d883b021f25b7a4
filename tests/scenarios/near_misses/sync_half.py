"""The synchronous half is fine where it needs no IO, and inside run_sync()."""

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


async def main(session: AsyncSession) -> list[object]:
    task = await session.get_one(Task, 1)
    task.title = task.title
    sync = session.sync_session
    sync.flush()
    sync.add(Task(id=7, title="think"))
    sync.expunge_all()
    same = await session.run_sync(lambda one: one.get_one(Task, 1).title)
    await session.commit()
    sync.commit()
    sync.close()
    return [same, task.title]
