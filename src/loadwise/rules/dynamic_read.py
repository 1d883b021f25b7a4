"""dynamic-read: the query that a dynamic relationship is runs where nothing can be awaited."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict, attribute, gaps
from loadwise.core.use import Use
from loadwise.rules.registry import is_write, rule


@rule(code=109, level=Level.ERROR)
def dynamic_read(use: Use) -> Iterator[Verdict]:
    """A dynamic relationship is iterated or counted in plain async code."""
    for gap in gaps(use):
        if gap.cause.kind is CauseKind.DYNAMIC and not is_write(use, gap):
            verb = "is a query, and runs" if gap.certain else "is a query, and may run"
            name = attribute(use, gap.missing.path)
            yield Verdict(gap=gap, message=f"`{name}` {verb} here")
