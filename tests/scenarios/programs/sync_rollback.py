# rule: sync-call
# raises: SyncCallError
# attribute: Session.rollback
# instance:
# cause: outside-greenlet
# marked: session.sync_session.rollback()
# cure: safe: await session.rollback()
# adds: 0
"""The synchronous session is rolled back in async code."""

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
    await session.get_one(Task, 1)
    session.sync_session.rollback()  # read
