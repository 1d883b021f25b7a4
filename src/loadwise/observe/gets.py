"""Gets: `session.get()` with options, of an object that the session has already.

It returns the object as it is, without a statement and without an event. So the method is replaced
while a watch is on in the mode "full".
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.orm import Session

from loadwise.observe import hooks
from loadwise.observe.faults import fault
from loadwise.observe.journal import Entry, Journal, Kind, journal_of

Hit = Callable[[Any, Any, Journal], None]
"""What is told of such a get: the object, as its state, the options, and the session's journal."""

_replaced: Final[list[tuple[Any, Any]]] = []
"""What stands for `Session.get`, and what it was before."""


def watch_gets(hit: Hit) -> None:
    """Have gets told of that find their object in the session."""
    original: Any = vars(Session)["get"]

    @functools.wraps(original)
    def get(self: Any, *arguments: Any, **words: Any) -> Any:
        __tracebackhide__ = True
        before = _newest(self) if words.get("options") else None
        found = original(self, *arguments, **words)
        if before is not None:
            _look(self, found, words["options"], before, hit)
        return found

    Session.get = get  # type: ignore[method-assign]
    _replaced.append((get, original))


def let_gets_be() -> None:
    """Have `Session.get` be what it was; what somebody else has put in its place stays."""
    while _replaced:
        ours, original = _replaced.pop()
        if vars(Session)["get"] is ours:
            Session.get = original  # type: ignore[method-assign]


def _newest(session: Any) -> Entry | None:
    """What happened in a session last; None where nothing did, so that nothing is held."""
    try:
        journal = journal_of(session)
        return journal.last() if journal is not None else None
    except Exception as error:
        fault("get", error)
        return None


def _look(session: Any, found: object, options: Any, before: Entry, hit: Hit) -> None:
    try:
        state, journal = hooks.state_if_mapped(found), journal_of(session)
        last = journal.last() if journal is not None else None
        is_hit = last is before or (last is not None and last.kind is Kind.RELOAD)
        if state is not None and journal is not None and is_hit:
            hit(state, options, journal)
    except Exception as error:
        fault("get", error)
