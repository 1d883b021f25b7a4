"""Strategy: how an attribute comes to be loaded, in SQLAlchemy's own words."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Strategy(str, Enum):
    """What `lazy=` of a relationship or a loader option chooses for one attribute.

    `DEFER` and `UNDEFER` are for columns; `DEFER_RAISE` is `defer(…, raiseload=True)`.
    """

    SELECT = "select"
    JOINED = "joined"
    SELECTIN = "selectin"
    SUBQUERY = "subquery"
    IMMEDIATE = "immediate"
    RAISE = "raise"
    RAISE_ON_SQL = "raise_on_sql"
    NOLOAD = "noload"
    DYNAMIC = "dynamic"
    WRITE_ONLY = "write_only"
    CONTAINS_EAGER = "contains_eager"
    DEFER = "defer"
    DEFER_RAISE = "defer_raise"
    UNDEFER = "undefer"

    def __str__(self) -> str:
        return self.value

    @property
    def is_eager(self) -> bool:
        """Whether the attribute is there once the statement has run."""
        return self in EAGER


EAGER: Final = frozenset(
    {
        Strategy.JOINED,
        Strategy.SELECTIN,
        Strategy.SUBQUERY,
        Strategy.IMMEDIATE,
        Strategy.CONTAINS_EAGER,
        Strategy.UNDEFER,
    }
)

LAZY: Final = frozenset({Strategy.SELECT, Strategy.RAISE, Strategy.RAISE_ON_SQL})
"""What leaves a relationship to its first read, which loads it or refuses to."""

QUERIES: Final = frozenset({Strategy.DYNAMIC, Strategy.WRITE_ONLY})
"""What makes a relationship a query of its own, which no statement fills."""

COLUMNS: Final = frozenset({Strategy.DEFER, Strategy.DEFER_RAISE, Strategy.UNDEFER})
"""The strategies for columns; all others are for relationships."""
