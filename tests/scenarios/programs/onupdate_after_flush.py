# rule: generated-read
# attribute: Note.updated_at
# instance: Note 1
# cause: expired-by-flush
# cure: safe: await session.refresh(note, ["updated_at"])
# adds: 1
"""A note is changed and flushed; its `updated_at` is made by the database."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


def rows() -> list[Base]:
    return [Note(id=1, text="milk")]


async def main(session: AsyncSession) -> int:
    note = await session.get(Note, 1)  # load
    assert note is not None
    note.text = "milk and eggs"
    await session.flush()  # cause
    return note.updated_at.year  # read
