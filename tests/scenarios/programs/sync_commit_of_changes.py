# rule: sync-call
# raises: SyncCallError
# attribute: Session.commit
# instance:
# cause: outside-greenlet
# marked: session.sync_session.commit()
# cure: safe: await session.commit()
# adds: 1
"""The synchronous session is committed, which flushes first."""

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


async def main(session: AsyncSession) -> None:
    task = await session.get_one(Task, 1)
    task.done = True
    session.sync_session.commit()  # read
