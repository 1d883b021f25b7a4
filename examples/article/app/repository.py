"""The queries. Each function runs one statement in the caller's session."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.models import Organization, User


async def current_user(session: AsyncSession, user_id: int) -> User:
    """The user who is signed in, with the organization that every page shows."""
    result = await session.execute(
        select(User).options(joinedload(User.organization)).where(User.id == user_id)
    )
    return result.scalar_one()


async def get_user(session: AsyncSession, user_id: int) -> User | None:
    """The user with this id, or None."""
    return await session.get(User, user_id)


async def find_user(session: AsyncSession, email: str) -> User:
    """The user with this e-mail address; NoResultFound if there is none."""
    result = await session.execute(select(User).where(User.email == email))
    return result.scalar_one()


async def get_organization(session: AsyncSession, organization_id: int) -> Organization:
    """The organization with this id; NoResultFound if there is none."""
    return await session.get_one(Organization, organization_id)


async def list_organizations(session: AsyncSession) -> Sequence[Organization]:
    """All organizations by id, each with its users."""
    result = await session.execute(
        select(Organization).options(selectinload(Organization.users)).order_by(Organization.id)
    )
    return result.scalars().all()
