# rule: sync-call
# raises: SyncCallError
# attribute: MetaData.create_all
# instance:
# cause: outside-greenlet
# marked: Base.metadata.create_all(fresh.sync_engine)
# cure: display: async with engine.begin() as connection: await connection.run_sync(metadata.create_all)
# adds: 0
"""Tables are created over the synchronous engine: it has to connect."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
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
    fresh = create_async_engine(engine.url)
    Base.metadata.create_all(fresh.sync_engine)  # read
