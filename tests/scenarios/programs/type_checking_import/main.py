# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: select(models.User).where(models.User.id == user_id)
#   .options(joinedload(models.User.organization))
"""The queries call the models by the name of their module, and import a class for types alone."""

from sqlalchemy.ext.asyncio import AsyncSession

from type_checking_import.models import Base, Organization, User
from type_checking_import.queries import find_user


def rows() -> list[Base]:
    return [User(id=1, organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> str:
    user = await find_user(session, 1)
    return user.organization.name  # read
