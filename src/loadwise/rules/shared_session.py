"""shared-session: one session is used by two tasks at once."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import rule


@rule(code=401, level=Level.WARNING)
def shared_session(use: Use) -> Iterator[Verdict]:
    """A session is used while another task waits for a statement of it."""
    hazard = use.hazard
    if hazard is not None and hazard.cause.kind is CauseKind.CONCURRENT_USE:
        yield Verdict(message=f"`{hazard.call}` meets a session that another task is using")
