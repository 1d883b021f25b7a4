"""User 1 is signed in, with her organization, and looks at other users."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import repository

pytestmark = pytest.mark.asyncio


async def test_user_2_reads_her_organization(session: AsyncSession) -> None:
    """The session already holds organization 1: user 1 brought it in."""
    me = await repository.current_user(session, 1)
    user = await repository.find_user(session, "hana@example.com")
    assert user.organization.name == "Sales"
    assert user.organization is me.organization


async def test_user_100_reads_her_organization(session: AsyncSession) -> None:
    """No user before her brought organization 2 into the session."""
    me = await repository.current_user(session, 1)
    user = await repository.find_user(session, "yui@example.com")
    assert user.organization.name == "Research"
    assert user.organization is not me.organization
