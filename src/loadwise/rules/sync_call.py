"""sync-call: SQLAlchemy's synchronous half is called where its IO cannot be awaited."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import rule


@rule(code=402, level=Level.ERROR)
def sync_call(use: Use) -> Iterator[Verdict]:
    """A synchronous session, connection or engine does IO in plain async code."""
    hazard = use.hazard
    if hazard is not None and hazard.cause.kind is CauseKind.OUTSIDE_GREENLET:
        yield Verdict(message=f"`{hazard.call}()` is synchronous, and needs IO here")
