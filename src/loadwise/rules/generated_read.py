"""generated-read: a value that the database makes is read after a flush that did not fetch it."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import failing, is_write, not_loaded, rule

CAUSES = frozenset(
    {
        CauseKind.EXPIRED_BY_FLUSH,
    }
)


@rule(code=104, level=Level.ERROR)
def generated_read(use: Use) -> Iterator[Verdict]:
    """A value that the database generates is read after a flush that did not fetch it."""
    for gap in failing(use):
        if gap.cause.kind in CAUSES and not is_write(use, gap):
            yield Verdict(gap=gap, message=not_loaded(use, gap))
