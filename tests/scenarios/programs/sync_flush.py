# rule: sync-call
# raises: SyncCallError
# attribute: Session.flush
# instance:
# cause: outside-greenlet
# marked: session.sync_session.flush()
# cure: safe: await session.flush()
# adds: 1
"""The synchronous session flushes in async code: nothing is lost."""

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
    task = await session.get_one(Task, 1)
    task.done = True
    session.sync_session.flush()  # read
    return task.done
