"""A session with the page's mapping in it, and what is done there to a user, row by row."""

from __future__ import annotations

import sys
import types
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, insert, inspect, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from loadwise.report.loading.example import SOURCE
from tests.loaded.live import database, keys, word

IMPORTS: Final = """\
from datetime import datetime
from typing import Optional

from sqlalchemy import ForeignKey, func
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
"""
COLLECTIONS: Final = {"orders": "Order", "addresses": "Address", "invoices": "Invoice"}


def mapping() -> Any:
    """The classes of the page, in a module of their own."""
    module = types.ModuleType(f"{__name__}.mapping")
    sys.modules[module.__name__] = module  # where SQLAlchemy looks for the names of annotations
    exec(IMPORTS + SOURCE, module.__dict__)
    module.Base.registry.configure()
    return module


MODELS: Final[Any] = mapping()
User: Final[Any] = MODELS.User
Organization: Final[Any] = MODELS.Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A session, and what is kept alive beside the user."""

    session: AsyncSession
    kept: list[Any] = field(default_factory=list)

    async def selected(self, *options: Any, **execution: Any) -> Any:
        """User 1, by a select."""
        statement = select(User).where(User.id == 1).options(*options)
        return (await self.session.scalars(statement.execution_options(**execution))).one()

    async def added(self) -> Any:
        """A new user, whose key is going to be 2."""
        user = User(name="Ann", organization_id=1)
        self.session.add(user)
        return user


@asynccontextmanager
async def stage(*, expire_on_commit: bool = True, hold: bool = False) -> AsyncIterator[Stage]:
    """A new database with user 1, and rows that belong to user 2, who is not there yet.

    `hold` has the organization in the session, and kept there.
    """
    async with database(MODELS.Base.metadata) as engine:
        async with engine.begin() as connection:
            await connection.execute(insert(Organization), [{"id": 1}])
            await connection.execute(
                insert(User), [{"id": 1, "name": "Ann", "bio": "-", "organization_id": 1}]
            )
            for name in COLLECTIONS.values():
                rows = [{"id": 1, "user_id": 1}, {"id": 2, "user_id": 1}]
                rows += [{"id": 3, "user_id": 2}, {"id": 4, "user_id": 2}]
                await connection.execute(insert(getattr(MODELS, name)), rows)
        async with AsyncSession(engine, expire_on_commit=expire_on_commit) as session:
            found = Stage(session=session)
            if hold:
                found.kept.append(await session.get(Organization, 1))
            yield found


async def outcome(there: Stage, user: Any, name: str) -> str:
    """What a plain read gives, in the words of the page; "stale" where the database has another."""
    found, value = word(lambda: getattr(user, name))
    if found not in {"value", "None", "empty"}:
        return found
    state = inspect(user)
    if state.transient or state.pending:
        return found
    if state.attrs[name].history.has_changes():  # not yet written
        return found
    connection = await there.session.connection()
    key = state.identity[0]
    if name in COLLECTIONS:
        table = MODELS.Base.metadata.tables[name]
        ids = (await connection.scalars(select(table.c.id).where(table.c.user_id == key))).all()
        return "value" if keys(value) == sorted(ids) else found if not value else "stale"
    column = User.__table__.c["organization_id" if name == "organization" else name]
    row = (await connection.execute(select(column).where(User.__table__.c.id == key))).first()
    assert row is not None
    given = inspect(value).identity[0] if name == "organization" and value is not None else value
    return "value" if given == row[0] else found if value is None else "stale"


async def _returned(there: Stage) -> Any:
    statement = insert(User).returning(User)
    return (await there.session.scalars(statement, [{"name": "Ann", "organization_id": 1}])).one()


async def _by_text(there: Stage) -> Any:
    statement = select(User).from_statement(text("SELECT * FROM users WHERE id = 1"))
    return (await there.session.scalars(statement)).one()


async def _flushed(there: Stage) -> Any:
    user = await there.added()
    await there.session.flush()
    return user


async def _added_committed(there: Stage) -> Any:
    user = await there.added()
    await there.session.commit()
    return user


async def _added_committed_refreshed(there: Stage) -> Any:
    user = await _added_committed(there)
    await there.session.refresh(user)
    return user


async def _flushed_refreshed(there: Stage) -> Any:
    user = await _flushed(there)
    await there.session.refresh(user, ["orders"])
    return user


async def _renamed(there: Stage) -> Any:
    user = await there.selected()
    user.name = "Eve"
    return user


async def _renamed_flushed(there: Stage) -> Any:
    user = await _renamed(there)
    await there.session.flush()
    return user


async def _assigned(there: Stage) -> Any:
    user = await there.selected()
    organization = await there.session.get(Organization, 1)
    user.organization = organization
    return user


async def _updated(there: Stage, name: Any) -> Any:
    user = await there.selected()
    await there.session.execute(update(User).values(name=name))
    return user


async def _committed(there: Stage) -> Any:
    user = await there.selected()
    await there.session.commit()
    return user


async def _rolled_back(there: Stage) -> Any:
    user = await there.selected()
    await there.session.rollback()
    return user


async def _back_to_savepoint(there: Stage, *, change: bool) -> Any:
    user = await there.selected()
    savepoint = await there.session.begin_nested()
    if change:
        user.name = "Eve"
        await there.session.flush()
    await savepoint.rollback()
    return user


async def _expired(there: Stage, *names: str) -> Any:
    user = await there.selected()
    there.session.expire(user, names or None)
    return user


async def _refreshed(there: Stage, *names: str, options: tuple[Any, ...] = ()) -> Any:
    user = await there.selected(*options)
    await there.session.refresh(user, names or None)
    return user


async def _committed_refreshed(there: Stage) -> Any:
    user = await _committed(there)
    await there.session.refresh(user)
    return user


async def _awaited(there: Stage, name: str, user: Any) -> Any:
    found = await user
    await getattr(found.awaitable_attrs, name)
    return found


async def _got_again(there: Stage, user: Any, *options: Any) -> Any:
    found = await user
    assert await there.session.get(User, 1, options=options) is found
    return found


async def _selected_again(there: Stage, user: Any, *options: Any, **execution: Any) -> Any:
    found = await user
    assert await there.selected(*options, **execution) is found
    return found


async def _merged_detached(there: Stage, *options: Any, load: bool = True) -> Any:
    user = await there.selected(*options)
    there.session.expunge(user)
    return await there.session.merge(user, load=load)


async def _closed(there: Stage, user: Any) -> Any:
    found = await user
    await there.session.close()
    return found


async def _made(there: Stage) -> Any:
    return User(name="Ann", organization_id=1)


def orders() -> Any:
    """The option that most rows speak of."""
    return selectinload(User.orders)


SCRIPTS: Final[dict[str, Callable[[Stage], Awaitable[Any]]]] = {
    "select(User)": lambda there: there.selected(),
    "select(User).options(selectinload(User.orders))": lambda there: there.selected(orders()),
    "select(User).options(joinedload(User.organization))": lambda there: there.selected(
        joinedload(User.organization)
    ),
    "session.get(User, 1)": lambda there: there.session.get(User, 1),
    "insert(User).returning(User)": _returned,
    "select(User).from_statement(text(...))": _by_text,
    "User(name=..., organization_id=1)": _made,
    "add(user)": lambda there: there.added(),
    "add(user), flush()": _flushed,
    "add(user), commit()": _added_committed,
    "add(user), commit() with expire_on_commit=False": _added_committed,
    "add(user), commit(), refresh(user)": _added_committed_refreshed,
    'add(user), flush(), refresh(user, ["orders"])': _flushed_refreshed,
    'user.name = "Eve"': _renamed,
    'user.name = "Eve", flush()': _renamed_flushed,
    "user.organization = organization": _assigned,
    'update(User).values(name="Eve")': lambda there: _updated(there, "Eve"),
    "update(User).values(name=func.upper(User.name))": lambda there: _updated(
        there, func.upper(User.name)
    ),
    "commit()": _committed,
    "commit() with expire_on_commit=False": _committed,
    "rollback()": _rolled_back,
    "rollback to a savepoint, user unchanged since": lambda there: _back_to_savepoint(
        there, change=False
    ),
    "rollback to a savepoint, user changed since": lambda there: _back_to_savepoint(
        there, change=True
    ),
    "expire(user)": _expired,
    'expire(user, ["name"])': lambda there: _expired(there, "name"),
    'expire(user, ["addresses"])': lambda there: _expired(there, "addresses"),
    "refresh(user)": _refreshed,
    'refresh(user, ["name"])': lambda there: _refreshed(there, "name"),
    'refresh(user, ["orders"])': lambda there: _refreshed(there, "orders"),
    "commit(), refresh(user)": _committed_refreshed,
    "selected with selectinload(User.orders), refresh(user)": lambda there: _refreshed(
        there, options=(orders(),)
    ),
    "await user.awaitable_attrs.orders": lambda there: _awaited(there, "orders", there.selected()),
    "commit(), await user.awaitable_attrs.name": lambda there: _awaited(
        there, "name", _committed(there)
    ),
    "get(User, 1, options=[selectinload(User.orders)])": lambda there: _got_again(
        there, there.selected(), orders()
    ),
    "commit(), get(User, 1)": lambda there: _got_again(there, _committed(there)),
    "select(User).options(selectinload(User.orders)), again": lambda there: _selected_again(
        there, there.selected(), orders()
    ),
    "selected with selectinload(User.orders), select(User)": lambda there: _selected_again(
        there, there.selected(orders())
    ),
    "selected with selectinload(User.orders), select(User) with populate_existing": (
        lambda there: _selected_again(there, there.selected(orders()), populate_existing=True)
    ),
    "commit(), select(User)": lambda there: _selected_again(there, _committed(there)),
    'merge(User(id=1, name="Eve"))': lambda there: there.session.merge(User(id=1, name="Eve")),
    "merge(user), detached, with orders loaded": lambda there: _merged_detached(there, orders()),
    "merge(user, load=False), detached": lambda there: _merged_detached(there, load=False),
    "expunge(user), close()": lambda there: _closed(there, there.selected()),
    "commit(), close()": lambda there: _closed(there, _committed(there)),
}
"""How each row of the page is done for real, by its code."""
