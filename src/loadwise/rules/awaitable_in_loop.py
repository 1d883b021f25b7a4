"""awaitable-in-loop: an attribute is awaited for one object after the other."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use, Via
from loadwise.rules.registry import for_each, repeated, rule


@rule(code=202, level=Level.WARNING)
def awaitable_in_loop(use: Use) -> Iterator[Verdict]:
    """An attribute is awaited for one object after the other, and not loaded for all."""
    for gap in repeated(use, Via.AWAITABLE):
        yield Verdict(gap=gap, message=for_each(use, gap, "is awaited"))
