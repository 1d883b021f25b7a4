"""The HTTP API: `uvicorn app.api:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app import repository, service
from app.database import open_database, session_factory
from app.models import User
from app.schemas import UserOut


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the database open while the application runs."""
    engine = await open_database()
    app.state.sessions = session_factory(engine)
    yield
    await engine.dispose()


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One session for each request."""
    async with request.app.state.sessions() as session:
        yield session


app = FastAPI(title="User directory", lifespan=lifespan)
Session = Annotated[AsyncSession, Depends(get_session)]


@app.get("/users/{user_id}", response_model=UserOut)
async def show_user(user_id: int, session: Session) -> User:
    """A user and her organization; 404 if there is no such user."""
    user = await repository.get_user(session, user_id)
    if user is None:
        raise HTTPException(status_code=404)
    return user


@app.get("/headcounts")
async def show_headcounts(session: Session) -> dict[str, int]:
    """How many users each organization has, by its name."""
    return await service.headcounts(session)
