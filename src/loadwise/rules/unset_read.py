"""unset-read: a relationship of a just-flushed new object is read that was never set."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import failing, is_write, not_loaded, rule

CAUSES = frozenset(
    {
        CauseKind.NEW_OBJECT,
    }
)


@rule(code=105, level=Level.ERROR)
def unset_read(use: Use) -> Iterator[Verdict]:
    """A relationship that was never set on a new object is read after its flush."""
    for gap in failing(use):
        if gap.cause.kind in CAUSES and not is_write(use, gap):
            yield Verdict(gap=gap, message=not_loaded(use, gap))
