"""The engine, its tables and the factory of sessions."""

from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from app.models import Base

DATABASE_URL = "sqlite+aiosqlite:///directory.db"


async def open_database(url: str = DATABASE_URL) -> AsyncEngine:
    """An engine whose database has all the tables."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return engine


def session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions as SQLAlchemy makes them: a commit expires what they hold."""
    return async_sessionmaker(engine)
