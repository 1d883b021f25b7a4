"""Cause: why an attribute is not among what an object holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from loadwise.core.site import Site


class CauseKind(str, Enum):
    """The vocabulary of causes, one word each, for every engine and every format."""

    NEVER_LOADED = "never-loaded"
    EXPIRED_BY_COMMIT = "expired-by-commit"
    EXPIRED_BY_ROLLBACK = "expired-by-rollback"
    EXPIRED_BY_FLUSH = "expired-by-flush"
    EXPIRED_BY_BULK_UPDATE = "expired-by-bulk-update"
    EXPIRED_EXPLICITLY = "expired-explicitly"
    DROPPED_BY_REFRESH = "dropped-by-refresh"
    REPLACED_BY_POPULATE_EXISTING = "replaced-by-populate-existing"
    NEW_OBJECT = "new-object"
    DEFERRED = "deferred"
    LOAD_ONLY = "load-only"
    DETACHED = "detached"
    SUBCLASS_COLUMN = "subclass-column"
    DEPTH_EXHAUSTED = "depth-exhausted"
    CYCLE_CUT = "cycle-cut"
    OPTIONS_IGNORED = "options-ignored"
    DYNAMIC = "dynamic"
    RAISE_CONFIGURED = "raise-configured"
    OUTSIDE_GREENLET = "outside-greenlet"
    CONCURRENT_USE = "concurrent-use"
    SWALLOWED = "swallowed"
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why, said to a reader in `text`; `site` is where it happened, where that is known.

    Of an object that is detached, and of a read that was asked to raise, `before` says why the
    attribute was not there.
    """

    kind: CauseKind
    site: Site | None = None
    text: str = ""
    before: CauseKind | None = None


UNKNOWN = Cause(kind=CauseKind.UNKNOWN, text="what took it away was not seen")

WORDS: Final[Mapping[CauseKind, str]] = {
    CauseKind.NEVER_LOADED: "the statement does not ask for it",
    CauseKind.EXPIRED_BY_COMMIT: "commit() expired it (expire_on_commit)",
    CauseKind.EXPIRED_BY_ROLLBACK: "rollback() expired it",
    CauseKind.EXPIRED_BY_FLUSH: "the flush let the database make a new value",
    CauseKind.EXPIRED_BY_BULK_UPDATE: "the bulk UPDATE or DELETE expired it",
    CauseKind.EXPIRED_EXPLICITLY: "expire() took it away",
    CauseKind.DROPPED_BY_REFRESH: (
        "refresh() loads columns, and of the relationships those that are eager or named"
    ),
    CauseKind.REPLACED_BY_POPULATE_EXISTING: (
        "populate_existing replaced the object's values, and the statement does not ask for it"
    ),
    CauseKind.DEFERRED: "the mapping defers it (deferred=True)",
    CauseKind.LOAD_ONLY: "load_only() leaves it out",
    CauseKind.OUTSIDE_GREENLET: "it does its IO at once, and only a greenlet could wait for that",
    CauseKind.CONCURRENT_USE: "a session runs one statement at a time, and that one is not over",
    CauseKind.SWALLOWED: "the error was raised here, and ends in the except clause",
    CauseKind.DYNAMIC: "lazy='dynamic' makes it a query, which runs each time it is iterated",
}
"""How a cause is said where there is no more to it than its kind."""


def immediately(*, by_option: bool) -> Cause:
    """Why a relationship is loaded at once, for each object on its own."""
    text = "immediateload()" if by_option else "lazy='immediate'"
    return Cause(kind=CauseKind.UNKNOWN, text=f"{text} asks for it")


def because(kind: CauseKind, site: Site | None = None) -> Cause:
    """A cause of a kind, in the words for it."""
    return Cause(kind=kind, site=site, text=WORDS[kind])
