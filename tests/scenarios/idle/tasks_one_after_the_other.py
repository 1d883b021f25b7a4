"""Two tasks use one session, one when the other is over; and two sessions at once."""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.scenarios.shop import Badge, Base, Customer, rows

__all__ = ["Base", "main", "rows"]


async def count(session: AsyncSession, model: type[Base]) -> int:
    return len((await session.scalars(select(model))).all())


async def count_alone(sessions: async_sessionmaker[AsyncSession], model: type[Base]) -> int:
    async with sessions() as session:
        return await count(session, model)


async def main(sessions: async_sessionmaker[AsyncSession]) -> list[int]:
    async with sessions() as session:
        in_turn = [await asyncio.create_task(count(session, one)) for one in (Customer, Badge)]
    at_once = await asyncio.gather(*(count_alone(sessions, one) for one in (Customer, Badge)))
    return in_turn + list(at_once)
