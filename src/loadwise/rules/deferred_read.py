"""deferred-read: a column is read that its statement left out."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import failing, is_write, not_loaded, rule

CAUSES = frozenset(
    {
        CauseKind.DEFERRED,
        CauseKind.LOAD_ONLY,
    }
)


@rule(code=106, level=Level.ERROR)
def deferred_read(use: Use) -> Iterator[Verdict]:
    """A deferred column, or one that load_only() left out, is read."""
    for gap in failing(use):
        if gap.cause.kind in CAUSES and not is_write(use, gap):
            yield Verdict(gap=gap, message=not_loaded(use, gap))
