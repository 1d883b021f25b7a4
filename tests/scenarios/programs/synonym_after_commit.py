# rule: expired-read
# attribute: Place.title
# instance: Place 1
# cause: expired-by-commit
# cure: safe: await session.refresh(place)
# adds: 1
# marked: name
"""A column is read by its other name."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, synonym


class Base(DeclarativeBase):
    pass


class Place(Base):
    __tablename__ = "places"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    name: Mapped[str] = synonym("title")


def rows() -> list[Base]:
    return [Place(id=1, title="Here")]


async def main(session: AsyncSession) -> str:
    place = await session.get_one(Place, 1)  # load
    await session.commit()  # cause
    return place.name  # read
