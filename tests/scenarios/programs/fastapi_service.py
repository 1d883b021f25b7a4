# rule: expired-read
# attribute: User.name
# instance: User 1
# cause: expired-by-commit
# cure: display: await <the session>.refresh(<the User 1>)
# error: ResponseValidationError
# marked: await rename(session, user_id, body.name)
"""An endpoint returns what a service gives it, and its annotation is the response model."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class UserIn(BaseModel):
    name: str


class UserOut(BaseModel):
    name: str


app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


async def rename(session: AsyncSession, user_id: int, name: str) -> User:
    user = await session.get_one(User, user_id)  # load
    user.name = name
    await session.commit()  # cause
    return user


@app.put("/users/{user_id}")
async def rename_user(user_id: int, body: UserIn, session: Session) -> UserOut:
    return await rename(session, user_id, body.name)  # read


def rows() -> list[Base]:
    return [User(id=1, name="Ann")]


async def main(sessions: async_sessionmaker[AsyncSession]) -> object:
    app.state.sessions = sessions
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        return (await client.put("/users/1", json={"name": "Anna"})).json()
