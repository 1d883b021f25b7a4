# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: select(User).order_by(User.id).options(joinedload(User.organization))
# error: ResponseValidationError
# marked: users.all()
"""An endpoint returns what a service gave it: a list, whose items are serialised."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
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


class OrganizationOut(BaseModel):
    name: str


class UserOut(BaseModel):
    name: str
    organization: OrganizationOut


app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with app.state.sessions() as session:
        yield session


@app.get("/users", response_model=list[UserOut])
async def list_users(session: Annotated[AsyncSession, Depends(get_session)]) -> Sequence[User]:
    users = await session.scalars(select(User).order_by(User.id))  # load
    return users.all()  # read


def rows() -> list[Base]:
    acme = Organization(id=1, name="Acme")
    return [User(id=1, name="Ann", organization=acme), User(id=2, name="Bob", organization=acme)]


async def main(sessions: async_sessionmaker[AsyncSession]) -> object:
    app.state.sessions = sessions
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        return (await client.get("/users")).json()
