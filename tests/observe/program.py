"""A program that goes through all that `watch()` listens to, and what comes of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session, selectinload

from tests.observe.models import Organization, User, async_engine
from tests.observe.vanilla import failure_of, is_missing_greenlet


async def outcome() -> list[Any]:
    """What the program sees, on a database of its own."""
    async with async_engine() as engine:
        return await program(engine)


async def program(engine: AsyncEngine) -> list[Any]:
    """Loads, writes, commits, refreshes, expires, rolls back, reads lazily, and fails to."""
    seen: list[Any] = []
    async with AsyncSession(engine) as session:
        users = (await session.scalars(select(User).order_by(User.id))).all()
        seen.append([user.name for user in users])
        new = User(id=7, name="New", organization_id=2)
        session.add(new)
        await session.flush()
        users[0].name = "Changed"
        await session.commit()
        await session.refresh(users[0])
        seen.append(users[0].name)
        await session.execute(update(User).where(User.id > 1).values(name="Many"))
        session.expire(users[1], ["name"])
        seen.append(await users[1].awaitable_attrs.name)
        async with session.begin_nested():
            users[1].name = "Nested"
        await session.rollback()
        seen.append(await session.run_sync(names))
        statement = select(Organization).options(selectinload(Organization.users))
        organizations = (await session.scalars(statement)).all()
        seen.append([[user.name for user in one.users] for one in organizations])
        seen.append(is_missing_greenlet(failure_of(lambda: users[2].organization)))
        session.expunge(users[2])
        session.add(users[2])
        await session.delete(await session.get_one(User, 2))
        await session.flush()
        seen.append(await session.scalar(select(func.count()).select_from(User)))
    return seen


def names(session: Session) -> list[str | None]:
    """Lazy loads, where they are legal."""
    users = session.scalars(select(User).order_by(User.id)).all()
    return [user.organization.name if user.organization else None for user in users]
