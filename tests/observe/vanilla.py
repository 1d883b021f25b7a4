"""What SQLAlchemy does by itself, to compare with."""

from __future__ import annotations

from collections.abc import Callable
from inspect import CORO_CREATED, getcoroutinestate, iscoroutine
from traceback import walk_tb
from typing import Any, Final

import sqlalchemy
from sqlalchemy.exc import MissingGreenlet, StatementError

BARE_ERROR: Final[type[Exception]] = (
    StatementError if sqlalchemy.__version__ >= "2.1" else MissingGreenlet
)
"""What a lazy load in plain async code raises under aiosqlite (facts/truth.md C1)."""


def failure_of(call: Callable[[], Any]) -> BaseException | None:
    """What a call raises, None if nothing; coroutines that it leaves behind are closed."""
    try:
        call()
    except Exception as error:
        close_coroutines(error)
        return error.with_traceback(None)
    return None


def close_coroutines(error: BaseException | None) -> None:
    """Close what was to be awaited; else the collector warns of it, in the middle of another test.

    With aiosqlite, 2.1 drops `Connection.cursor()`, a coroutine in a wrapper.
    """
    while error is not None:
        for frame, _ in walk_tb(error.__traceback__):
            for value in frame.f_locals.values():
                wrapped = getattr(value, "_coro", None)
                if iscoroutine(wrapped) and getcoroutinestate(wrapped) == CORO_CREATED:
                    wrapped.close()
        error = error.__cause__ or error.__context__


def is_missing_greenlet(error: BaseException | None) -> bool:
    """Whether an error is MissingGreenlet, as such or in the wrapper that 2.1 puts around it."""
    original = error.orig if isinstance(error, StatementError) else error
    return isinstance(original, MissingGreenlet)
