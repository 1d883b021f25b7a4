from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from type_checking_import import models

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from type_checking_import.models import User


async def find_user(session: AsyncSession, user_id: int) -> User:
    statement = select(models.User).where(models.User.id == user_id)
    return (await session.scalars(statement)).one()  # load
