"""Models on the bases of advanced-alchemy."""

from __future__ import annotations

from advanced_alchemy.base import (
    BigIntAuditBase,
    BigIntBase,
    UUIDAuditBase,
    UUIDBase,
    UUIDv7AuditBase,
)
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship


class Author(UUIDBase):
    """With a key alone."""

    name: Mapped[str]
    books: Mapped[list[Book]] = relationship(back_populates="author", lazy="selectin")


class Book(UUIDAuditBase):
    """With the times of its changes."""

    author_id: Mapped[str] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books", innerjoin=True)


class PageCount(BigIntBase):
    """With a number for a key, and a name that is made of two words."""

    count: Mapped[int]


class Printing(BigIntAuditBase):
    """With both."""

    page_count_id: Mapped[int] = mapped_column(ForeignKey("page_count.id"))
    page_count: Mapped[PageCount] = relationship()


class Edition(UUIDv7AuditBase):
    """With a key in the order of time."""

    __tablename__ = "editions"
    title: Mapped[str]
