"""A fresh database in memory for each test, filled by a session of its own."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.api import app
from app.database import open_database, session_factory
from app.models import Organization, User


@pytest_asyncio.fixture
async def sessions() -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Users 1 and 2 share organization 1; user 100 has organization 2."""
    engine = await open_database("sqlite+aiosqlite://")
    sessions = session_factory(engine)
    async with sessions() as session:
        session.add_all(
            [
                Organization(id=1, name="Sales"),
                Organization(id=2, name="Research"),
                User(id=1, name="Aoi", email="aoi@example.com", organization_id=1),
                User(id=2, name="Hana", email="hana@example.com", organization_id=1),
                User(id=100, name="Yui", email="yui@example.com", organization_id=2),
            ]
        )
        await session.commit()
    yield sessions
    await engine.dispose()


@pytest_asyncio.fixture
async def session(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """A session that has loaded nothing yet."""
    async with sessions() as session:
        yield session


@pytest_asyncio.fixture
async def client(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the application, on the test's database."""
    app.state.sessions = sessions
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
