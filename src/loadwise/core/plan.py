"""Plan: what a statement promises to load."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from loadwise.core.path import Path
from loadwise.core.tree import NOTHING, Tree


class Strategy(str, Enum):
    """How an attribute comes to be loaded, in SQLAlchemy's own words for `lazy=` and options."""

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
    UNDEFER = "undefer"

    def __str__(self) -> str:
        return self.value

    @property
    def is_eager(self) -> bool:
        """Whether the attribute is there once the statement has run."""
        return self in EAGER


EAGER = frozenset(
    {
        Strategy.JOINED,
        Strategy.SELECTIN,
        Strategy.SUBQUERY,
        Strategy.IMMEDIATE,
        Strategy.CONTAINS_EAGER,
        Strategy.UNDEFER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The strategy that a statement or a mapping chose for one path."""

    path: Path
    strategy: Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The tree that a statement loads under its root entities, and how where that was chosen."""

    tree: Tree = NOTHING
    choices: tuple[Choice, ...] = ()

    def strategy(self, path: Path) -> Strategy | None:
        """The strategy chosen for a path; None where the mapping's default stands."""
        return next((c.strategy for c in reversed(self.choices) if c.path == path), None)

    def __str__(self) -> str:
        return str(self.tree)
