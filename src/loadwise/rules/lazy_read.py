"""lazy-read: an attribute is read that the statement did not load."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import failing, is_write, not_loaded, rule

CAUSES = frozenset(
    {
        CauseKind.NEVER_LOADED,
        CauseKind.SUBCLASS_COLUMN,
        CauseKind.DEPTH_EXHAUSTED,
        CauseKind.CYCLE_CUT,
        CauseKind.OPTIONS_IGNORED,
        CauseKind.RAISE_CONFIGURED,
        CauseKind.UNKNOWN,
    }
)


@rule(code=101, level=Level.ERROR)
def lazy_read(use: Use) -> Iterator[Verdict]:
    """An attribute is read that was not loaded, where loading it needs IO."""
    for gap in failing(use):
        if gap.cause.kind in CAUSES and not is_write(use, gap):
            level = Level.NOTE if gap.cause.kind is CauseKind.RAISE_CONFIGURED else None
            yield Verdict(gap=gap, message=not_loaded(use, gap), level=level)
