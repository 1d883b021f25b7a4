# rule: lazy-read
# attribute: User.organization
# instance: User 1
# cause: never-loaded
# cure: safe: session.get_one(UserModel, 1, options=[joinedload(UserModel.organization)])
"""The class has another name where it is used."""

from sqlalchemy.ext.asyncio import AsyncSession

from renamed_import.models import Base, Organization
from renamed_import.models import User as UserModel


def rows() -> list[Base]:
    return [UserModel(id=1, organization=Organization(id=1, name="Acme"))]


async def main(session: AsyncSession) -> str:
    user = await session.get_one(UserModel, 1)  # load
    return user.organization.name  # read
