"""Reads the relationship of a parent in plain coroutine code, and says what that came to."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.exc import (
    InvalidRequestError,
    MissingGreenlet,
    PendingRollbackError,
    StatementError,
)
from sqlalchemy.orm import Query, WriteOnlyCollection
from sqlalchemy.orm.exc import DetachedInstanceError

from tests.truth.cells import Outcome, told
from tests.truth.kinds import Model
from tests.truth.shapes import NEW

Read = tuple[Outcome, str]

READ: Final = (Outcome.OK, Outcome.WRONG, Outcome.EMPTY)
"""What a read comes to where it is no error."""


def read(place: int, parent: Any, mapped: Model) -> Read:
    """Read the relationship of a parent in plain coroutine code."""
    try:
        value = parent.rel
    except Exception as error:
        forget(error)
        return failure(error)
    if isinstance(value, Query):
        _tried(value)
        return Outcome.QUERY, ""
    if isinstance(value, WriteOnlyCollection):
        return Outcome.WRITE_ONLY, ""
    found = value if mapped.many else [value] * (value is not None)
    keys = sorted(_key(target) for target in found)
    if keys == list(mapped.keys(_number(place, parent))):
        return Outcome.OK, ""
    if not found:
        return Outcome.EMPTY, ""
    return Outcome.WRONG, told(keys if mapped.many else keys[0])


def _tried(query: Query[Any]) -> None:
    """Iterate, which does not work where there is a session."""
    try:
        list(query)
    except (MissingGreenlet, StatementError) as error:
        forget(error)


def _key(target: Any) -> int:
    identity = inspect(target).identity
    return int(identity[0] if identity else target.id)


def _number(place: int, parent: Any) -> int:
    """The number of a parent: its key, or its place among those that are not in the database."""
    identity = inspect(parent).identity
    return int(identity[0]) if identity else NEW[place]


def forget(error: BaseException | None) -> None:
    """Let go of what the frames of an error hold: coroutines that were not awaited say so now.

    They would say it whenever they are collected, where nobody is prepared for a warning.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def failure(error: Exception) -> Read:
    """What an exception at a read is called in the table."""
    if isinstance(error, StatementError) and isinstance(error.orig, MissingGreenlet):
        error = error.orig
    if isinstance(error, MissingGreenlet):
        return Outcome.MISSING_GREENLET, ""
    if isinstance(error, DetachedInstanceError):
        return Outcome.DETACHED, ""
    if isinstance(error, InvalidRequestError) and not isinstance(error, PendingRollbackError):
        if "lazy='raise_on_sql'" in str(error):
            return Outcome.RAISE_ON_SQL, ""
        if "lazy='raise'" in str(error):
            return Outcome.RAISE, ""
    return Outcome.OTHER, type(error).__name__


def summary(reads: Sequence[Read]) -> Read:
    """What the parents of a cell came to: one outcome, or how many came to which."""
    wrong = [found for found in reads if found[0] in READ and found[0] is not Outcome.OK]
    if all(outcome in READ for outcome, _ in reads):
        return wrong[0] if wrong else reads[0]
    counts = Counter(f"{outcome.name} {detail}".strip() for outcome, detail in reads)
    if len(counts) == 1:
        return reads[0]
    return Outcome.MIXED, ", ".join(f"{counts[name]} {name}" for name in sorted(counts))
