"""Sharing: one session used by two tasks at once, which it is not made for.

SQLAlchemy runs each call of an asynchronous session in a greenlet of its own, which lives until the
call is over. So a call that meets a living greenlet of the same session, not its own and none that
it is nested in, meets another task.
"""

from __future__ import annotations

from typing import Final
from weakref import ref

from greenlet import getcurrent

from loadwise.core.cause import CauseKind
from loadwise.observe import hooks, sites
from loadwise.observe.calls import found_hazard
from loadwise.observe.journal import Journal
from loadwise.observe.sites import Mark
from loadwise.observe.watchers import record_all

PAIRS: Final = 1000
"""Pairs of lines that are remembered, so that each is told once."""

_told: set[tuple[Mark | None, Mark]] = set()


def forget_pairs() -> None:
    """Tell of each pair of lines once more."""
    _told.clear()


def note_use(journal: Journal, mark: Mark | None) -> None:
    """Note that a session is used here and now; tell of it where another task is using it."""
    current, before = getcurrent(), journal.running
    other = before[0]() if before is not None else None
    if other is current:
        return
    journal.running = ref(current), mark
    if before is None or other is None or other.dead:
        return
    here, there = mark or sites.capture_of_waiter(), before[1]
    if here is None or (there, here) in _told or _is_nested():
        return
    if len(_told) < PAIRS:
        _told.add((there, here))
        record_all(found_hazard(CauseKind.CONCURRENT_USE, here, there))


def _is_nested() -> bool:
    """Whether the call is part of another one, as one that is awaited in `run_sync()`."""
    return sum(frame.f_code is hooks.SPAWN for frame in sites.frames()) > 1
