# rule: expired-read
# attribute: Place.x
# instance: Place 1
# cause: expired-by-commit
# cure: safe: await session.refresh(place)
# adds: 1
# marked: point
"""Two columns make one attribute, and another one has two names."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    composite,
    mapped_column,
    synonym,
)


class Base(DeclarativeBase):
    pass


@dataclass
class Point:
    x: int
    y: int


class Place(Base):
    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    x: Mapped[int]
    y: Mapped[int]
    point: Mapped[Point] = composite("x", "y")
    name: Mapped[str] = synonym("title")


def rows() -> list[Base]:
    return [Place(id=1, title="Here", x=1, y=2)]


async def main(session: AsyncSession) -> str:
    place = await session.get_one(Place, 1)  # load
    place.title = "There"
    await session.commit()  # cause
    return f"{place.point.x} {place.name}"  # read
