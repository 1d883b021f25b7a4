# rule: lazy-read
# attribute: Member.teams
# instance: Member 1
# cause: cycle-cut
# cure: safe: select(Team).where(Team.id == 1)
#   .options(defaultload(Team.members).selectinload(Member.teams))
# adds: 1
"""Both ends are mapped eagerly, and SQLAlchemy stops where the way comes back."""

from sqlalchemy import Column, ForeignKey, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


membership = Table(
    "membership",
    Base.metadata,
    Column("team_id", ForeignKey("teams.id"), primary_key=True),
    Column("member_id", ForeignKey("members.id"), primary_key=True),
)


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    members: Mapped[list["Member"]] = relationship(
        secondary=membership, back_populates="teams", lazy="selectin"
    )


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    teams: Mapped[list[Team]] = relationship(
        secondary=membership, back_populates="members", lazy="selectin"
    )


def rows() -> list[Base]:
    return [Team(id=1, members=[Member(id=1)]), Team(id=2)]


async def main(session: AsyncSession) -> list[int]:
    team = (await session.scalars(select(Team).where(Team.id == 1))).one()  # load
    return [other.id for other in team.members[0].teams]  # read
