"""The databases that tests run against, and when a test may go without one.

SQLite needs no server. A database that cannot be reached is skipped, with its reason in pytest's
summary; where `LOADWISE_REQUIRE_DATABASES=1` is set, as in CI, that is a failure.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pytest
from sqlalchemy import String, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool

UNSAFE: Final = {"synchronous_commit": "off"}
"""What makes PostgreSQL fast where nothing has to outlive a crash."""
PATIENCE: Final = 10
"""Seconds until a server that does not answer counts as not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database, named by its driver. A server keeps the tables of a test in a schema of its own.

    `place` is the word for such a schema, and `drop` how it goes, with all that is in it.
    """

    name: str
    url: str
    place: str = ""
    drop: str = ""


AIOSQLITE: Final = Database(name="aiosqlite", url="sqlite+aiosqlite://")
ASYNCPG: Final = Database(
    name="asyncpg",
    url="postgresql+asyncpg://postgres@127.0.0.1:5432/test",
    place="SCHEMA",
    drop="CASCADE",
)
AIOMYSQL: Final = Database(
    name="aiomysql", url="mariadb+aiomysql://root@127.0.0.1:3306/test", place="DATABASE"
)
DATABASES: Final = (AIOSQLITE, ASYNCPG, AIOMYSQL)


def require(database: Database) -> None:
    """Skip the running test where the database cannot be reached, or fail where it has to be."""
    reason = unreachable(database)
    if reason and os.environ.get("LOADWISE_REQUIRE_DATABASES") == "1":
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)


@cache
def unreachable(database: Database) -> str:
    """Why the database cannot be reached; empty if it can. Asked once in a run.

    Must not be called in a running event loop.
    """
    try:
        asyncio.run(asyncio.wait_for(_connect(database), PATIENCE))
    except (SQLAlchemyError, OSError, ImportError, TimeoutError, asyncio.TimeoutError) as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        return f"{database.name}: {make_url(database.url).render_as_string()} is not there: {said}"
    return ""


async def _connect(database: Database) -> None:
    engine = create_async_engine(database.url, poolclass=NullPool)
    try:
        async with engine.connect():
            pass
    finally:
        await engine.dispose()


@asynccontextmanager
async def empty(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine on a database without tables, which is gone afterwards."""
    if not database.place:
        engine = create_async_engine(database.url)
        try:
            yield engine
        finally:
            await engine.dispose()
        return
    place = f"loadwise_{uuid.uuid4().hex[:12]}"
    await _administer(database, f"CREATE {database.place} {place}")
    engine = _engine_at(database, place)
    try:
        yield engine
    finally:
        await engine.dispose()
        await _administer(database, f"DROP {database.place} {place} {database.drop}")


def _engine_at(database: Database, place: str) -> AsyncEngine:
    """An engine for which a schema is the one that unqualified names mean."""
    if database is ASYNCPG:
        settings = {**UNSAFE, "search_path": place}
        return create_async_engine(database.url, connect_args={"server_settings": settings})
    return create_async_engine(make_url(database.url).set(database=place))


async def _administer(database: Database, command: str) -> None:
    engine = create_async_engine(
        database.url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"server_settings": UNSAFE} if database is ASYNCPG else {},
    )
    try:
        async with engine.connect() as connection:
            await connection.execute(text(command))
    finally:
        await engine.dispose()


@compiles(String, "mysql", "mariadb")
def _string_with_a_length(kind: Any, compiler: Any, **words: Any) -> str:
    """MariaDB wants the length of a VARCHAR, which models of tests leave out."""
    return str(compiler.visit_VARCHAR(kind if kind.length else String(200), **words))
