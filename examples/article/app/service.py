"""What the directory does, one transaction a function."""

import logging

from sqlalchemy.ext.asyncio import AsyncSession

from app import repository
from app.models import User

logger = logging.getLogger(__name__)


async def rename_user(session: AsyncSession, email: str, name: str) -> User:
    """Give the user another name, and return her."""
    user = await repository.find_user(session, email)
    user.name = name
    await session.commit()
    logger.info("%s is now called %s", email, user.name)
    return user


async def add_member(session: AsyncSession, organization_id: int, user: User) -> None:
    """Store a new user as a member of the organization."""
    organization = await repository.get_organization(session, organization_id)
    organization.users.append(user)
    await session.commit()


async def headcounts(session: AsyncSession) -> dict[str, int]:
    """How many users each organization has, by its name."""
    organizations = await repository.list_organizations(session)
    return {each.name: len(each.users) for each in organizations}
