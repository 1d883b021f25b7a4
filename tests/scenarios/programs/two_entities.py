# rule: lazy-read
# attribute: Badge.photo
# instance: Badge 5
# cause: never-loaded
# cure: safe: select(User, Badge).join(Badge, Badge.user_id == User.id)
#   .options(joinedload(Badge.photo))
"""Two entities in a row: the cure begins at the second one."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    organization: Mapped[Organization] = relationship()


def rows() -> list[Base]:
    acme, globex = Organization(id=1, name="Acme"), Organization(id=2, name="Globex")
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=globex)]


class Photo(Base):
    __tablename__ = "photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]


class Badge(Base):
    __tablename__ = "badges"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id"))
    photo: Mapped[Photo] = relationship()


def more_rows() -> list[Base]:
    return [Badge(id=5, user_id=2, photo=Photo(id=1, url="/bob.png"))]


async def main(session: AsyncSession) -> list[tuple[str, str]]:
    session.add_all(more_rows())
    await session.commit()
    session.expunge_all()

    query = select(User, Badge).join(Badge, Badge.user_id == User.id)
    found = await session.execute(query)  # load
    return [(user.name, badge.photo.url) for user, badge in found]  # read
