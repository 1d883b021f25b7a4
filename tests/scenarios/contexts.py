"""Contexts: where a program runs: by itself, as a script does, or inside a request."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

Main = Callable[..., Awaitable[object]]
Context = Callable[[Main, AsyncEngine], Awaitable[object]]
"""Calls the `main` of a program with what it asks for, and returns or raises what that does."""
Given = dict[str, Any]


@asynccontextmanager
async def given(main: Main, engine: AsyncEngine) -> AsyncIterator[Given]:
    """What the parameters of `main` name."""
    sessions = async_sessionmaker(engine)
    async with sessions() as session:
        known = {"session": session, "sessions": sessions, "engine": engine}
        yield {name: known[name] for name in inspect.signature(main).parameters}


async def in_script(main: Main, engine: AsyncEngine) -> object:
    """As `asyncio.run(main())` does."""
    async with given(main, engine) as words:
        return await main(**words)


async def in_fastapi(main: Main, engine: AsyncEngine) -> object:
    """In an endpoint of FastAPI that depends on a session."""
    outcome = _Outcome()

    async def provide() -> AsyncIterator[Given]:
        async with given(main, engine) as words:
            yield words

    async def endpoint(words: Given = Depends(provide)) -> None:  # noqa: B008 - FastAPI's way
        await outcome.of(main, words)

    app = FastAPI(openapi_url=None)
    app.add_api_route("/", endpoint, response_model=None, status_code=204)
    return await _requested(app, outcome)


async def in_litestar(main: Main, engine: AsyncEngine) -> object:
    """In a handler of Litestar that a session is injected into."""
    outcome = _Outcome()

    async def provide() -> AsyncIterator[Given]:
        async with given(main, engine) as words:
            yield words

    @get("/", dependencies={"words": Provide(provide)}, status_code=204)
    async def handler(words: NamedDependency[Given]) -> None:
        await outcome.of(main, words)

    logging.getLogger("litestar").setLevel(logging.CRITICAL)
    app = Litestar([handler], openapi_config=None, logging_config=None)
    return await _requested(app, outcome)


CONTEXTS: Final[dict[str, Context]] = {
    "script": in_script,
    "fastapi": in_fastapi,
    "litestar": in_litestar,
}
"""The contexts, by the names that tests show."""


class _Outcome:
    """What a program returned or raised inside a request."""

    def __init__(self) -> None:
        self.value: object = None
        self.error: Exception | None = None

    async def of(self, main: Main, words: Given) -> None:
        """Keep what `main` returns; keep what it raises, and raise it."""
        try:
            self.value = await main(**words)
        except Exception as error:
            self.error = error
            raise


async def _requested(app: Any, outcome: _Outcome) -> object:
    """What the program of an application came to, by one request."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/")
    error, outcome.error = outcome.error, None
    if error is None:
        return outcome.value
    try:
        raise error
    finally:  # else the error and this frame hold each other
        del error
