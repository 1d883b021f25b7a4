"""The queries."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    selectinload,
)

from models_elsewhere.models import Order


async def find_order(session: AsyncSession, order_id: int) -> Order:
    query = select(Order).options(selectinload(Order.lines)).filter_by(id=order_id)
    result = await session.execute(query)  # load
    return result.scalar_one()
