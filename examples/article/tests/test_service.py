"""What the directory does, without HTTP."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import service
from app.models import User

pytestmark = pytest.mark.asyncio


async def test_headcounts(session: AsyncSession) -> None:
    """The listing loads its users with the organizations."""
    assert await service.headcounts(session) == {"Sales": 2, "Research": 1}


async def test_rename_user(session: AsyncSession) -> None:
    """The commit expires the name that is read after it."""
    user = await service.rename_user(session, "hana@example.com", "Hanako")
    assert user.name == "Hanako"


async def test_add_member(session: AsyncSession) -> None:
    """Appending to a list needs the list."""
    user = User(name="Rin", email="rin@example.com")
    await service.add_member(session, 2, user)
    assert await service.headcounts(session) == {"Sales": 2, "Research": 2}
