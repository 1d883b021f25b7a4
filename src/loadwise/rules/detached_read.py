"""detached-read: an attribute is read that was not loaded, of an object that is in no session."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import failing, is_write, not_loaded, rule


@rule(code=107, level=Level.ERROR)
def detached_read(use: Use) -> Iterator[Verdict]:
    """An attribute that is not loaded is read when the object's session is gone."""
    for gap in failing(use):
        if gap.cause.kind is CauseKind.DETACHED and not is_write(use, gap):
            yield Verdict(gap=gap, message=not_loaded(use, gap))
