"""Models of SQLModel, in the forms of its documentation."""

import datetime
import uuid
from typing import Optional

import sqlalchemy as sa
from sqlmodel import Field, Relationship, SQLModel


class Link(SQLModel, table=True):
    """What stands between."""

    hero_id: Optional[int] = Field(default=None, foreign_key="hero.id", primary_key=True)
    power_id: Optional[int] = Field(default=None, foreign_key="power.id", primary_key=True)
    learned: bool = False


class TeamBase(SQLModel):
    """What a team and its schemas share."""

    name: str = Field(index=True)
    motto: Optional[str] = None


class Team(TeamBase, table=True):
    """A team."""

    id: Optional[int] = Field(default=None, primary_key=True)
    made: datetime.datetime = Field(
        sa_column=sa.Column(sa.DateTime, server_default=sa.func.now(), onupdate=sa.func.now())
    )
    heroes: list["Hero"] = Relationship(
        back_populates="team", cascade_delete=True, sa_relationship_kwargs={"lazy": "selectin"}
    )


class Hero(SQLModel, table=True):
    """A hero."""

    __tablename__ = "hero"

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    secret: str = "x"
    age: Optional[int] = Field(None, sa_column_kwargs={"server_default": "1"})
    team_id: Optional[int] = Field(default=None, foreign_key="team.id", ondelete="CASCADE")
    leader_id: Optional[uuid.UUID] = Field(default=None, foreign_key="hero.id")
    team: Optional[Team] = Relationship(back_populates="heroes")
    leader: Optional["Hero"] = Relationship(
        sa_relationship_kwargs={"remote_side": "Hero.id", "lazy": "joined"}
    )
    powers: list["Power"] = Relationship(back_populates="heroes", link_model=Link)


class Power(SQLModel, table=True):
    """A power."""

    id: Optional[int] = Field(default=None, primary_key=True)
    heroes: list[Hero] = Relationship(back_populates="powers", link_model=Link)


class TeamOut(TeamBase):
    """A schema, which is no table."""

    id: int
