"""masked-read: a relationship is read that is not loaded, and works by luck."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict, attribute, gaps
from loadwise.core.use import Spared, Use
from loadwise.rules.registry import rule


@rule(code=102, level=Level.NOTE)
def masked_read(use: Use) -> Iterator[Verdict]:
    """A relationship is read that was not loaded, and works because of what the session holds."""
    if use.spared in {Spared.NO, Spared.BLANK}:
        return
    for gap in gaps(use):
        name = attribute(use, gap.missing.path)
        yield Verdict(gap=gap, message=f"`{name}` is not loaded here, and works by luck")
