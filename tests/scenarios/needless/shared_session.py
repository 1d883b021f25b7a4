# rule: shared-session
# cause: concurrent-use
"""Two tasks use one session at once."""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Base, Badge, Customer, rows

__all__ = ["Base", "main", "rows"]


async def customers(session: AsyncSession) -> int:
    return len((await session.scalars(select(Customer))).all())  # load


async def badges(session: AsyncSession) -> int:
    return len((await session.scalars(select(Badge))).all())  # read


async def main(session: AsyncSession) -> list[int]:
    return list(await asyncio.gather(customers(session), badges(session)))
