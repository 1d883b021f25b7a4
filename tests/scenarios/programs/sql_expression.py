# rule: generated-read
# attribute: Counter.value
# instance: Counter 1
# cause: expired-by-flush
# cure: safe: await session.refresh(counter, ["value"])
# adds: 1
"""A value is counted up in the database, by an SQL expression."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


def rows() -> list[Base]:
    return [Counter(id=1, value=41)]


async def main(session: AsyncSession) -> int:
    counter = await session.get_one(Counter, 1)  # load
    counter.value = Counter.value + 1
    await session.flush()  # cause
    return counter.value  # read
