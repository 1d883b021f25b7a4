# rule: refresh-in-loop
# attribute: Badge
"""New objects are refreshed one by one, after the commit that wrote them."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.scenarios.shop import Badge, Base, rows

__all__ = ["Base", "main", "rows"]


async def main(session: AsyncSession) -> list[int]:
    badges = [Badge(id=10 + number, customer_id=number) for number in (1, 2, 3)]
    session.add_all(badges)  # load
    await session.commit()
    for badge in badges:
        await session.refresh(badge)  # read
    return [badge.customer_id for badge in badges]
