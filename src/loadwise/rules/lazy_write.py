"""lazy-write: a collection is changed that is not loaded."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict, attribute
from loadwise.core.use import Use
from loadwise.rules.registry import failing, is_write, rule


@rule(code=108, level=Level.ERROR)
def lazy_write(use: Use) -> Iterator[Verdict]:
    """A collection is changed (append, remove, assignment) that is not loaded."""
    for gap in failing(use):
        if is_write(use, gap):
            verb = "is not loaded" if gap.certain else "may not be loaded"
            name = attribute(use, gap.missing.path)
            level = Level.NOTE if gap.cause.kind is CauseKind.RAISE_CONFIGURED else None
            message = f"`{name}` is changed here and {verb}"
            yield Verdict(gap=gap, message=message, level=level)
