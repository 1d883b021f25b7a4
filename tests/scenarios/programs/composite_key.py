# rule: lazy-read
# attribute: Ticket.seat
# instance: Ticket 1
# cause: never-loaded
# cure: safe: select(Ticket).options(load_only(Ticket.row), joinedload(Ticket.seat))
"""A foreign key of two columns, of which load_only() has left out one."""

from sqlalchemy import ForeignKeyConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, load_only, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Seat(Base):
    __tablename__ = "seats"

    row: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    view: Mapped[str]


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (ForeignKeyConstraint(["row", "number"], ["seats.row", "seats.number"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int]
    number: Mapped[int]
    seat: Mapped[Seat] = relationship()


def rows() -> list[Base]:
    return [Ticket(id=1, seat=Seat(row=1, number=12, view="good"))]


async def main(session: AsyncSession) -> str:
    seat = await session.get_one(Seat, (1, 12))
    ticket = await session.scalar(select(Ticket).options(load_only(Ticket.row)))  # load
    assert ticket is not None
    return ticket.seat.view + seat.view  # read
