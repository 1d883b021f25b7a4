# error: PendingRollbackError
"""A flush has failed; until the rollback, SQLAlchemy refuses every read."""

from sqlalchemy.exc import IntegrityError
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
    first = await session.get_one(Task, 1)
    session.add_all([Task(id=10, title="think"), Task(id=11, title="write")])
    try:
        await session.flush()
    except IntegrityError:
        return first.done
    return True
