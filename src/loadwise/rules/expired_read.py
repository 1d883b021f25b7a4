"""expired-read: an attribute is read that was loaded, and then taken away."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import failing, is_write, not_loaded, rule

CAUSES = frozenset(
    {
        CauseKind.EXPIRED_BY_COMMIT,
        CauseKind.EXPIRED_BY_ROLLBACK,
        CauseKind.EXPIRED_BY_BULK_UPDATE,
        CauseKind.EXPIRED_EXPLICITLY,
        CauseKind.DROPPED_BY_REFRESH,
        CauseKind.REPLACED_BY_POPULATE_EXISTING,
    }
)


@rule(code=103, level=Level.ERROR)
def expired_read(use: Use) -> Iterator[Verdict]:
    """A loaded attribute was expired (commit, rollback, expire, refresh) and is read afterwards."""
    for gap in failing(use):
        if gap.cause.kind in CAUSES and not is_write(use, gap):
            yield Verdict(gap=gap, message=not_loaded(use, gap))
