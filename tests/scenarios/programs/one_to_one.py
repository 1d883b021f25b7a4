# rule: lazy-read
# attribute: User.profile
# instance: User 1
# cause: never-loaded
# marked: case User(profile=None):  # read
# cure: safe: session.get(User, 1, options=[joinedload(User.profile)])
"""The far end of a one-to-one: no key in the row says whether there is one."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    profile: Mapped["Profile"] = relationship(back_populates="user")


class Profile(Base):
    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    user: Mapped[User] = relationship(back_populates="profile")


def rows() -> list[Base]:
    return [User(id=1, profile=Profile(id=1, bio="I was here"))]


async def main(session: AsyncSession) -> str:
    user = await session.get(User, 1)  # load
    match user:
        case User(profile=None):  # read
            return "nobody"
        case User(profile=profile):
            return profile.bio
    raise AssertionError
