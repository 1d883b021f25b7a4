# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(User, user_id, options=[joinedload(User.organization)])
# error: ResponseValidationError
# marked: user
"""An endpoint that is `def` runs in a worker thread, and so does what serialises its user."""

from typing import Annotated

from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel
from sqlalchemy import ForeignKey
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


async def get_session():
    async with app.state.sessions() as session:
        yield session


async def find_user(user_id: int, session: Annotated[AsyncSession, Depends(get_session)]):
    return await session.get_one(User, user_id)  # load


@app.get("/users/{user_id}", response_model=UserOut)
def show_user(user: Annotated[User, Depends(find_user)]):
    return user  # read


def rows() -> list[Base]:
    return [User(id=1, name="Ann", organization=Organization(id=1, name="Acme"))]


async def main(sessions: async_sessionmaker[AsyncSession]) -> object:
    app.state.sessions = sessions
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        return (await client.get("/users/1")).json()
