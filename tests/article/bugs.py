"""Run the bugs of the article's service, as `python -m tests.article.bugs` in a process of its own.

Prints JSON: by the name of the bug, its plain traceback, and the finding of `watch()`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, Final

import loadwise
from loadwise.core.finding import Finding
from loadwise.core.wire import encode

ARTICLE: Final = Path(__file__).parents[2] / "examples" / "article"


async def sessions(engine: Any) -> Any:
    """Makes sessions on a database with two users and their organizations."""
    from app.database import session_factory  # type: ignore[import-not-found]
    from app.models import Organization, User  # type: ignore[import-not-found]

    make = session_factory(engine)
    async with make() as session:
        session.add_all(Organization(id=number, name=f"{number}") for number in (1, 2))
        session.add(User(id=1, name="1", email="1@example.com", organization_id=1))
        session.add(User(id=100, name="100", email="100@example.com", organization_id=2))
        await session.commit()
    return make


async def rename(session: Any) -> None:
    """A column that the commit expired."""
    from app import service  # type: ignore[import-not-found]

    await service.rename_user(session, "1@example.com", "one")


async def add(session: Any) -> None:
    """A collection that is changed."""
    from app import service
    from app.models import User

    await service.add_member(session, 2, User(id=5, name="5", email="5@example.com"))


async def show(make: Any) -> None:
    """What the response model reads."""
    from app import api
    from httpx import ASGITransport, AsyncClient

    api.app.state.sessions = make
    async with AsyncClient(transport=ASGITransport(api.app), base_url="http://app") as client:
        await client.get("/users/100")


async def main() -> dict[str, dict[str, Any]]:
    """Run each bug twice, and leave no connection: its thread would keep the process alive."""
    from app.database import open_database

    engine = await open_database("sqlite+aiosqlite://")
    try:
        return await twice(await sessions(engine))
    finally:
        await engine.dispose()


async def twice(make: Any) -> dict[str, dict[str, Any]]:
    """Run each bug plainly, and with a watch."""
    found: dict[str, dict[str, Any]] = {}
    for bug in (rename, add, show):
        both: dict[str, Any] = {}
        findings: list[Finding] = []
        for watched in (False, True):
            watch = loadwise.watch(root=ARTICLE, on_finding=findings.append) if watched else None
            try:
                async with make() as session:
                    await bug(make if bug is show else session)
            except Exception:
                both["watched" if watched else "plain"] = traceback.format_exc()
            finally:
                if watch is not None:
                    watch.stop()
        both["finding"] = encode(findings[0])
        found[bug.__name__] = both
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ARTICLE))
    print(json.dumps(asyncio.run(main())))
