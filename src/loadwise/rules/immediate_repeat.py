"""immediate-repeat: immediate loading loads for one object after the other."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use, Via
from loadwise.rules.registry import for_each, repeated, rule


@rule(code=205, level=Level.WARNING)
def immediate_repeat(use: Use) -> Iterator[Verdict]:
    """Immediate loading loads a relationship for one object after the other."""
    for gap in repeated(use, Via.IMMEDIATE):
        yield Verdict(gap=gap, message=for_each(use, gap))
