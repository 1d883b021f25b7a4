"""Cause: why an attribute is not among what an object holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

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
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why, said to a reader in `text`; `site` is where it happened, where that is known."""

    kind: CauseKind
    site: Site | None = None
    text: str = ""


UNKNOWN = Cause(kind=CauseKind.UNKNOWN, text="what took it away was not seen")
