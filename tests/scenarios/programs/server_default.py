# rule: generated-read
# attribute: Ticket.state
# instance: Ticket 7
# cause: expired-by-flush
# cure: safe: await session.refresh(ticket, ["state"])
# adds: 1
"""The database makes a default, which this mapping does not fetch with the INSERT."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Ticket(Base):
    __tablename__ = "tickets"
    __mapper_args__ = {"eager_defaults": False}

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="open")


def rows() -> list[Base]:
    return []


async def main(session: AsyncSession) -> str:
    ticket = Ticket(id=7)
    session.add(ticket)  # load
    await session.flush()  # cause
    return ticket.state  # read
