"""Frameworks that read for the user, on whose stack the user's code does not stand any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import strawberry
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, ConfigDict
from sqladmin import Admin, ModelView
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload

import loadwise
from loadwise import Watch
from loadwise.core.text import full
from tests.observe.models import Organization, User, async_engine

HERE: Final = Path(__file__)
asynchronous: Final = pytest.mark.asyncio
opened: Final[list[AsyncSession]] = []
"""The session of the request, which a middleware opens and closes as a rule."""


@asynccontextmanager
async def watched() -> AsyncIterator[tuple[Watch, AsyncEngine]]:
    """A watch, an engine, and a session that the code below finds."""
    async with async_engine() as engine, async_sessionmaker(engine)() as session:
        opened.append(session)
        try:
            with loadwise.watch(root=HERE.parent) as watch:
                yield watch, engine
        finally:
            opened.clear()


def line_of(watch: Watch) -> tuple[str, str]:
    """The function and the code of the first read that was explained."""
    read = watch.findings[0].read
    assert read is not None
    assert read.file == HERE.name
    return read.function.rpartition(".")[2], read.code.strip()


async def get(app: Any, path: str) -> int:
    """Send a request, and return the status."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return (await client.get(path)).status_code


# --- Strawberry: the resolver that returned it ---------------------------------------------------


@strawberry.type
class OrganizationNode:
    """An organization, by its name."""

    name: str


@strawberry.type
class UserNode:
    """A user, with the organization."""

    name: str
    organization: OrganizationNode | None


@strawberry.type
class Query:
    """What can be asked for."""

    @strawberry.field
    async def user(self) -> UserNode:
        user: Any = await opened[0].get_one(User, 1)
        return user  # type: ignore[no-any-return]

    @strawberry.field
    async def users(self) -> list[UserNode]:
        users: Any = await opened[0].scalars(select(User))
        return users.all()  # type: ignore[no-any-return]


@asynchronous
@pytest.mark.parametrize(("query", "returns"), [("user", "user"), ("users", "users.all()")])
async def test_strawberry_is_read_where_its_resolver_returns(query: str, returns: str) -> None:
    async with watched() as (watch, _):
        found = await strawberry.Schema(Query).execute(
            f"{{ {query} {{ organization {{ name }} }} }}"
        )
        assert found.errors
    assert watch.findings[0].attribute == "User.organization"
    assert line_of(watch) == (query, f"return {returns}  # type: ignore[no-any-return]")
    assert "serialised as response.organization" in full(watch.findings[0])


# --- FastAPI: the endpoint, and the field of the response ----------------------------------------


class Out(BaseModel):
    """What is read from attributes."""

    model_config = ConfigDict(from_attributes=True)


class MemberOut(Out):
    """A member, with what is deferred."""

    motto: str


class TeamOut(Out):
    """A team, with its members."""

    users: list[MemberOut]


@asynchronous
async def test_fastapi_is_read_by_a_field_of_the_response() -> None:
    app = FastAPI()

    @app.get("/teams", response_model=list[TeamOut])
    async def teams() -> Any:
        query = select(Organization).options(selectinload(Organization.users))
        return (await opened[0].scalars(query)).all()

    async with watched() as (watch, _):
        assert await get(app, "/teams") == 500
    assert watch.findings[0].attribute == "User.motto"
    assert line_of(watch) == ("teams", "return (await opened[0].scalars(query)).all()")
    assert "serialised as response.users.motto in plain async code" in full(watch.findings[0])


# --- SQLAdmin: the template and its line ---------------------------------------------------------


class UserAdmin(ModelView, model=User):
    """A list of users, with a column that a formatter reads."""

    column_list = ("id", "name")
    column_formatters = {"name": lambda user, _: user.organization.name}  # noqa: RUF012


@asynchronous
async def test_sqladmin_is_read_in_the_view_of_the_user() -> None:
    app = FastAPI()
    async with watched() as (watch, engine):
        Admin(app, engine).add_view(UserAdmin)
        await get(app, "/admin/user/list")
    assert watch.findings[0].attribute == "User.organization"
    function, code = line_of(watch)
    assert function == "<lambda>"
    assert code.startswith("column_formatters")


class NamedAdmin(ModelView, model=User):
    """A list of users, with a column below a relation."""

    column_list = ("id", "organization.name")


@asynchronous
async def test_sqladmin_is_read_in_a_line_of_its_template() -> None:
    app = FastAPI()
    async with watched() as (watch, engine):
        Admin(app, engine).add_view(NamedAdmin)
        await get(app, "/admin/user/list")
    if watch.findings:  # some releases load what a column is below
        read = watch.findings[0].read
        assert read is not None
        assert read.file.endswith("templates/sqladmin/list.html")
        assert "get_list_value" in read.code
