# rule: sync-call
# raises: SyncCallError
# attribute: Connection.commit
# instance:
# cause: outside-greenlet
# marked: connection.sync_connection.commit()
# cure: safe: await connection.commit()
# adds: 0
"""The synchronous connection is used in async code."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
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


async def main(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(select(Task.id))
        connection.sync_connection.commit()  # read
