"""What a read gives in plain async code, in the words of the page."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Query, WriteOnlyCollection
from sqlalchemy.orm.exc import DetachedInstanceError

from tests.observe.vanilla import close_coroutines, is_missing_greenlet

IO: Final = "IO"


@asynccontextmanager
async def database(metadata: Any) -> AsyncIterator[AsyncEngine]:
    """SQLite in memory, with these tables."""
    engine = create_async_engine("sqlite+aiosqlite://")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield engine
    finally:
        await engine.dispose()


def word(read: Callable[[], Any]) -> tuple[str, Any]:
    """What a read gives, in a word, and the value where there is one."""
    try:
        with warnings.catch_warnings():
            # of a cursor that 2.1 opens and does not await
            warnings.simplefilter("ignore", RuntimeWarning)
            value = read()
            if isinstance(value, Query):
                return "query", None
    except Exception as error:
        close_coroutines(error)
        return _failed(error), None
    if isinstance(value, WriteOnlyCollection):
        return "write-only", None
    if value is None:
        return "None", None
    return ("empty" if value == [] else "value"), value


def _failed(error: Exception) -> str:
    if is_missing_greenlet(error):
        return IO
    if isinstance(error, DetachedInstanceError):
        return "detached"
    if isinstance(error, InvalidRequestError) and "is not available due to lazy=" in str(error):
        return "raises"
    return repr(error)


def keys(value: Any) -> list[int]:
    """The keys of what a relationship holds, in order."""
    found = value if isinstance(value, list) else [value] * (value is not None)
    return sorted(one.__dict__["id"] if "id" in one.__dict__ else _key(one) for one in found)


def _key(one: Any) -> int:
    return int(one._sa_instance_state.key[1][0])
