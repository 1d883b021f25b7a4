"""Models on the bases of fastapi-users."""

from __future__ import annotations

from fastapi_users_db_sqlalchemy import (
    SQLAlchemyBaseOAuthAccountTableUUID,
    SQLAlchemyBaseUserTable,
    SQLAlchemyBaseUserTableUUID,
)
from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyBaseAccessTokenTableUUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What the models share."""


class OAuthAccount(SQLAlchemyBaseOAuthAccountTableUUID, Base):
    """An account elsewhere."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """A user, with the accounts that she has elsewhere."""

    nickname: Mapped[str | None]
    oauth_accounts: Mapped[list[OAuthAccount]] = relationship(lazy="joined")


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    """A token."""


class Numbered(SQLAlchemyBaseUserTable[int], Base):
    """A user by number."""

    __tablename__ = "numbered"
    id: Mapped[int] = mapped_column(primary_key=True)
