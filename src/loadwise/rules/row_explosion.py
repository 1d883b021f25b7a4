"""row-explosion: a statement fetches far more rows than it makes objects of."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict, wastes
from loadwise.core.use import Use
from loadwise.rules.registry import rule


@rule(code=302, level=Level.WARNING)
def row_explosion(use: Use) -> Iterator[Verdict]:
    """Two collections are joined side by side, or one under a LIMIT, so that rows multiply."""
    if use.plan is None or not use.multiplies:
        return
    joined = [f"`{choice.path}`" for choice in use.plan.choices]
    how = "are joined side by side" if len(joined) > 1 else "is joined under a LIMIT"
    counted = use.counted
    numbers = f": {counted.rows} rows for {counted.objects} objects" if counted.rows else ""
    for waste in list(wastes(use))[-1:]:
        message = f"{' and '.join(joined)} {how}{numbers}"
        yield Verdict(gap=waste, message=message, waste=True)
